//! Deleting an operator token for good.

use super::change::{ChangeOperatorTokenError, entry, find};
use crate::control::operations::{OperationContext, Right};
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

/// Deletes an operator token, and tells what it was.
///
/// # Errors
/// Nothing has happened then.
pub async fn delete_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, ChangeOperatorTokenError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_operator_token(id).await??;
    let before = find(call, reach, &mut transaction, id).await?;
    transaction.delete_operator_token(id.as_str()).await?;
    transaction.audit(call.actor(), &entry("delete_operator_token", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
