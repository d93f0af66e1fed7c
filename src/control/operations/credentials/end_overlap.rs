use super::change::change;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::CredentialRecord;

/// Refuses the previous secret from now on. Without a previous secret nothing changes.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn end_overlap(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, OperationError> {
    change(call, ("end_overlap", id), |record| {
        record.previous = None;
        Ok(())
    })
    .await
}
