use super::change::change;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::CredentialRecord;

/// Enables a credential with the secret it had.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn enable(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, OperationError> {
    change(call, ("enable", id), |record| {
        enable_record(record);
        Ok(())
    })
    .await
}

pub(super) fn enable_record(record: &mut CredentialRecord) {
    record.enabled = true;
    record.disabled_reason = None;
}
