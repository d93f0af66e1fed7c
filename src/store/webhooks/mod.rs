//! Webhooks: where the events of an account are sent, each under a credential.

mod backlog;
mod counts;
mod failing_list;
mod halted;
mod list;
mod orphans;
mod read;
mod record;
mod stop;
mod write;

pub use backlog::WebhookBacklog;
pub use list::{ListedWebhook, WebhookFilter};
pub use orphans::OrphanedRestHook;
pub(super) use read::{JOINS, Row as WebhookRow, columns as webhook_columns};
pub use record::{PreviousWebhookSecret, SwitchedOff, SwitchedOffWhy, WebhookKind, WebhookRecord, WebhookSecretRef};
pub(super) use stop::stop_expression;
pub use stop::{WebhookState, WebhookStop};
