//! Who is calling, and may they? Decides; does no I/O of its own.
//!
//! A request becomes a [`Target`] (what it asks for) and at most one [`Presented`] credential. The
//! [`Authenticator`] proves the credential against a [`Directory`], and [`Rules`] decide whether what
//! was proven may make this [`Call`]. Every way to say no is a [`Rejection`].

mod authenticator;
mod call;
mod directory;
mod give_way;
mod hashing;
mod password_cache;
mod presented;
mod rate;
mod rejection;
mod rules;
mod target;
mod throttle;

pub use authenticator::{Authenticator, PendingPassword, Recognition, Unsettled, UnsettledPair};
pub use call::{Call, NamedVersion, StatedVersion};
pub use directory::{Directory, Lookup, LookupKey, Unavailable};
pub use give_way::give_way;
pub use hashing::{HashPool, HashPoolSize};
pub use password_cache::PasswordCache;
pub use presented::{Accept, BasicPair, Presented, Scheme};
pub use rate::{Meter, Meters, Standing};
pub use rejection::{REJECTION_CODES, Rejection};
pub use rules::{Admission, CHECKS, Check, Rules};
pub use target::{StrippedQuery, Target};
pub use throttle::{Guess, Throttle, ThrottleEntry, ThrottleRules};

pub use crate::credential::Network;
