//! Why a secret is not shown for a while.

use jiff::Timestamp;

use crate::store::{AccountRecord, CredentialRecord};

/// The first that applies. A link works again once it no longer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevealObstacle {
    /// API access of the account.
    Access,
    Disabled,
    Expired,
}

pub(super) fn reveal_obstacle(
    record: &CredentialRecord,
    account: Option<&AccountRecord>,
    now: Timestamp,
) -> Option<RevealObstacle> {
    if !account.is_some_and(AccountRecord::has_access) {
        Some(RevealObstacle::Access)
    } else if !record.enabled {
        Some(RevealObstacle::Disabled)
    } else if record.expires_at.is_some_and(|end| end <= now) {
        Some(RevealObstacle::Expired)
    } else {
        None
    }
}
