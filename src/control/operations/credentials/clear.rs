//! Taking the secret of a credential away, and leaving everything else.

use super::change::change;
use crate::control::operations::{OperationContext, Refusal};
use crate::store::{CredentialRecord, StoreError};

/// Why the secret still counts.
#[derive(Debug, thiserror::Error)]
pub enum ClearError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes the secret away, and the one before it: nobody is let in by it until it is reset. A Basic pair keeps its
/// user name.
///
/// # Errors
/// Nothing has happened then.
pub async fn clear(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, ClearError> {
    change(call, ("clear", id), |record| {
        cleared(record);
        Ok(())
    })
    .await
}

/// The same within another change.
pub(super) fn cleared(record: &mut CredentialRecord) {
    record.secret = record.secret.cleared();
    record.previous = None;
    record.hint = None;
    record.handed_over_at = None;
}
