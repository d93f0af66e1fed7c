//! Switching a credential off.

use jiff::Timestamp;

use super::Target;
use super::change::{NotFound, change};
use crate::store::{Actor, CredentialRecord, Store, StoreError};

/// Why it is still on.
#[derive(Debug, thiserror::Error)]
pub enum DisableError {
    /// No such credential.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// A text that cannot be kept.
    #[error("the reason holds control characters")]
    UnfitReason,
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Switches a credential off, for a reason that stays on record. One that is off already keeps being so, with the
/// reason that was given last.
///
/// # Errors
/// Nothing has happened then.
pub async fn disable(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    target: Target<'_>,
    reason: Option<String>,
) -> Result<CredentialRecord, DisableError> {
    if reason.as_ref().is_some_and(|reason| reason.chars().any(char::is_control)) {
        return Err(DisableError::UnfitReason);
    }
    change(store, actor, now, ("disable", target), |record| {
        if record.enabled || reason.is_some() {
            record.disabled_reason = reason;
        }
        record.enabled = false;
        Ok(())
    })
    .await
}
