use super::change::change;
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::AccountRecord;

/// Grants API access, whether the account has requested it or not. The account's own switch stays as it is.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn grant_access(call: &OperationContext<'_>, account: &Label) -> Result<AccountRecord, OperationError> {
    change(call, Right::GrantAccess, ("grant_access", account), |record| {
        record.granted = true;
        Ok(())
    })
    .await
}

/// Withdraws API access: every credential of the account is refused until access is granted again.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn withdraw_access(call: &OperationContext<'_>, account: &Label) -> Result<AccountRecord, OperationError> {
    change(call, Right::GrantAccess, ("withdraw_access", account), |record| {
        record.granted = false;
        Ok(())
    })
    .await
}
