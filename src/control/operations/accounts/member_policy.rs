//! Whether the members of an account have keys of their own.

use super::change::change;
use super::switch::SwitchAccountError;
use crate::control::operations::{OperationContext, Right};
use crate::credential::Label;
use crate::store::AccountRecord;

/// Lets the members of an account have keys of their own, or not: then those they have are refused.
///
/// # Errors
/// Nothing has happened then.
pub async fn set_member_policy(
    call: &OperationContext<'_>,
    account: &Label,
    allowed: bool,
) -> Result<AccountRecord, SwitchAccountError> {
    change(call, Right::SwitchAccess, ("set_member_policy", account), |record| {
        if allowed && !record.granted {
            return Err(SwitchAccountError::NotGranted);
        }
        record.members_allowed = allowed;
        Ok(())
    })
    .await
}
