use super::lock_and_audit::{entry, lock_operator_token};
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

/// Disables an operator token: its next request is refused.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn disable_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, OperationError> {
    set_enabled(call, "disable_operator_token", id, false).await
}

/// Enables an operator token with the secret it had.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn enable_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, OperationError> {
    set_enabled(call, "enable_operator_token", id, true).await
}

async fn set_enabled(
    call: &OperationContext<'_>,
    verb: &'static str,
    id: &Label,
    enabled: bool,
) -> Result<OperatorTokenRecord, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_operator_token(id).await?;
    let before = lock_operator_token(call, reach, &mut transaction, id).await?;
    if before.enabled == enabled {
        return Ok(before);
    }
    // The database increments it too.
    let after = OperatorTokenRecord { enabled, revision: before.revision + 1, ..before.clone() };
    transaction.put_operator_token(&after).await?;
    transaction.audit(call.actor(), &entry(verb, &after, Some(&before), Some(&after))).await?;
    transaction.commit().await?;
    Ok(after)
}
