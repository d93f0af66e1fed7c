//! The provider's word: an account may use the API, or not any more.

use super::change::{ChangeAccountError, change};
use crate::control::operations::{OperationContext, Right};
use crate::credential::Label;
use crate::store::AccountRecord;

/// Lets an account use the API, whether it has asked for that or not. What it has switched stays as it is.
///
/// # Errors
/// Nothing has happened then.
pub async fn grant_access(call: &OperationContext<'_>, account: &Label) -> Result<AccountRecord, ChangeAccountError> {
    change(call, Right::GrantAccess, ("grant_access", account), |record| {
        record.granted = true;
        Ok(())
    })
    .await
}

/// Lets it use the API no more: every credential of it is refused, until access is granted again.
///
/// # Errors
/// Nothing has happened then.
pub async fn withdraw_access(
    call: &OperationContext<'_>,
    account: &Label,
) -> Result<AccountRecord, ChangeAccountError> {
    change(call, Right::GrantAccess, ("withdraw_access", account), |record| {
        record.granted = false;
        Ok(())
    })
    .await
}
