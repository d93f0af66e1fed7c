//! Cutting the overlap of a reset short.

use super::change::change;
use crate::control::operations::{OperationContext, Refusal};
use crate::store::{CredentialRecord, StoreError};

/// Why the secret before still counts.
#[derive(Debug, thiserror::Error)]
pub enum EndOverlapError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ends the secret from before the last reset now. Where there is none, nothing happens.
///
/// # Errors
/// Nothing has happened then.
pub async fn end_overlap(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, EndOverlapError> {
    change(call, ("end_overlap", id), |record| {
        record.previous = None;
        Ok(())
    })
    .await
}
