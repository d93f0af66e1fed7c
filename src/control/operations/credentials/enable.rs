//! Switching a credential on again, with the secret it had.

use super::change::change;
use crate::control::operations::{OperationContext, Refusal};
use crate::store::{CredentialRecord, StoreError};

/// Why it is still off.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Switches a credential on.
///
/// # Errors
/// Nothing has happened then.
pub async fn enable(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, EnableError> {
    change(call, ("enable", id), |record| {
        record.enabled = true;
        record.disabled_reason = None;
        Ok(())
    })
    .await
}
