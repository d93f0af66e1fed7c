//! Switching a credential on again, with the secret it had.

use jiff::Timestamp;

use super::Target;
use super::change::{NotFound, change};
use crate::store::{Actor, CredentialRecord, Store, StoreError};

/// Why it is still off.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// No such credential.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Switches a credential on.
///
/// # Errors
/// Nothing has happened then.
pub async fn enable(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    target: Target<'_>,
) -> Result<CredentialRecord, EnableError> {
    change(store, actor, now, ("enable", target), |record| {
        record.enabled = true;
        record.disabled_reason = None;
        Ok(())
    })
    .await
}
