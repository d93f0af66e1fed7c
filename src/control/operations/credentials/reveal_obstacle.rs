//! Why a secret is not shown for a while.

use jiff::Timestamp;

use crate::store::{AccountRecord, CredentialRecord};

/// The first that applies. A link works again once it no longer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// API access of the account.
    Access,
    Disabled,
    Expired,
}

pub(super) fn off(record: &CredentialRecord, account: Option<&AccountRecord>, now: Timestamp) -> Option<Off> {
    if !account.is_some_and(AccountRecord::has_access) {
        Some(Off::Access)
    } else if !record.enabled {
        Some(Off::Disabled)
    } else if record.expires_at.is_some_and(|end| end <= now) {
        Some(Off::Expired)
    } else {
        None
    }
}
