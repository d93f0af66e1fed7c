//! Deliveries of events to webhooks, and the attempts at each.
//!
//! Lock order, for PostgreSQL: account, credential, webhooks in the order of ids, then deliveries. Statements on several
//! deliveries leave out those that another transaction has locked.

mod allowed;
mod attempt;
mod claim;
mod claimable;
mod delete;
mod due;
mod fan_out;
mod give_up;
mod overflow;
mod prune;
mod read;
mod replay;
mod skip;
mod state;
mod test_delivery;
mod waiting_replays;

pub use attempt::{AttemptRecord, EndedAttempt, NextStep, Recorded};
pub use claim::{ClaimedDeliveries, ClaimedDelivery};
pub use due::{MAX_DUE_WEBHOOKS, MAX_IN_FLIGHT};
pub use fan_out::{FanOut, FanOutLimits};
pub use prune::DeliveryRetention;
pub use read::{DeliveryDetail, DeliveryRecord};
pub use replay::{ReplayRange, ReplayWhat};
pub use skip::SkipScope;
pub use state::{DeliveryState, NotDelivered};
