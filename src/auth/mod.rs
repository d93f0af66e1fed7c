//! Who is calling, and may they? Decides; does no I/O of its own.
//!
//! A request becomes a [`Target`] and at most one [`Presented`] credential. The [`Authenticator`] proves the
//! credential against a [`Directory`], and [`Rules`] decide whether the proven credential may make this
//! [`RouteRequest`]. Every refusal is a [`Rejection`].

mod ambiguous_paths;
mod authenticator;
mod cors_origins;
mod credential_directory;
mod forwarded_for;
mod hash_pool;
mod password_cache;
mod presented;
mod rate_limit;
mod rejection;
mod request_target;
mod requested_version;
mod rules;
mod stripped_query;
mod throttle;

pub use ambiguous_paths::PathRules;
pub use authenticator::{AuthOutcome, Authenticator, NeedsFetch, PendingPassword, UnresolvedBasic};
pub use cors_origins::AllowedOrigins;
pub use credential_directory::{Directory, Lookup, LookupKey, Unavailable};
pub use forwarded_for::{forwarded_for, is_trusted_proxy};
pub use hash_pool::{HashError, HashPool, HashPoolSize, HashQueueFull};
pub use password_cache::PasswordCache;
pub use presented::{Accept, BasicCredentials, BasicPart, Presented, Scheme, StrippedProtocols};
pub use rate_limit::{RateLimiter, RateLimiters, RateStatus};
pub use rejection::{REJECTION_CODES, REJECTIONS, Rejection, RejectionRow};
pub use request_target::Target;
pub use requested_version::{NamedVersion, RequestedVersion};
pub use rules::{Admission, CHECKS, Check, RouteRequest, Rules};
pub use stripped_query::StrippedQuery;
pub use throttle::{Attempt, Throttle, ThrottleEntry, ThrottleRules};

pub use crate::credential::Network;
