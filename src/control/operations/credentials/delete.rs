use super::change::{entry, lock_credential};
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::store::CredentialRecord;

/// Deletes a credential and returns its last state.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn delete(call: &OperationContext<'_>, id: &str) -> Result<CredentialRecord, OperationError> {
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    let mut transaction = call.begin().await?;
    let before = lock_credential(&mut transaction, reach, id).await?;
    call.check_revision(before.revision)?;
    transaction.delete_credential(id).await?;
    call.record(&mut transaction, &entry("delete", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
