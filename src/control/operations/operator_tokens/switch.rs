//! Switching an operator token off, and on again with the secret it had.

use super::change::{ChangeOperatorTokenError, entry, find};
use crate::control::operations::{OperationContext, Right};
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

/// Switches an operator token off: its next request is refused.
///
/// # Errors
/// Nothing has happened then.
pub async fn disable_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, ChangeOperatorTokenError> {
    switch(call, "disable_operator_token", id, false).await
}

/// Switches an operator token on.
///
/// # Errors
/// Nothing has happened then.
pub async fn enable_operator_token(
    call: &OperationContext<'_>,
    id: &Label,
) -> Result<OperatorTokenRecord, ChangeOperatorTokenError> {
    switch(call, "enable_operator_token", id, true).await
}

async fn switch(
    call: &OperationContext<'_>,
    verb: &'static str,
    id: &Label,
    enabled: bool,
) -> Result<OperatorTokenRecord, ChangeOperatorTokenError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_operator_token(id).await??;
    let before = find(call, reach, &mut transaction, id).await?;
    if before.enabled == enabled {
        return Ok(before);
    }
    // As the database counts it.
    let after = OperatorTokenRecord { enabled, revision: before.revision + 1, ..before.clone() };
    transaction.put_operator_token(&after).await?;
    transaction.audit(call.actor(), &entry(verb, &after, Some(&before), Some(&after))).await?;
    transaction.commit().await?;
    Ok(after)
}
