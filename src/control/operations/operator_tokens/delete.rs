use super::lock_and_audit::{entry, lock_operator_token};
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

/// Deletes an operator token and returns its last state.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn delete_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_operator_token(id).await?;
    let before = lock_operator_token(call, reach, &mut transaction, id).await?;
    transaction.delete_operator_token(id.as_str()).await?;
    transaction.audit(call.actor(), &entry("delete_operator_token", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
