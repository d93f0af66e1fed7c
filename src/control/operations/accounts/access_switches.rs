use super::change::{AccountConflict, change};
use super::show_account;
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::AccountRecord;

/// Switches API access on or off on behalf of the account. While it is off, every credential of the account is refused.
///
/// # Errors
/// A refusal; [`AccountConflict::NotGranted`] when it is switched on.
pub async fn set_access(
    call: &OperationContext<'_>,
    account: &Label,
    on: bool,
) -> Result<AccountRecord, OperationError<AccountConflict>> {
    let verb = if on { "switch_account_on" } else { "switch_account_off" };
    change(call, Right::SwitchAccess, (verb, account), |record| {
        if on && !record.granted {
            return Err(AccountConflict::NotGranted.into());
        }
        record.switched_on = on;
        Ok(())
    })
    .await
}

/// The own keys of members that are refused as soon as members may have none; empty where they are refused already.
///
/// # Errors
/// A refusal, or a store that does not answer.
pub async fn member_keys_in_use(call: &OperationContext<'_>, account: &Label) -> Result<Vec<Label>, OperationError> {
    call.reach(Right::SwitchAccess)?;
    let account = show_account(call, account).await?;
    if !(account.has_access() && account.members_allowed) {
        return Ok(Vec::new());
    }
    Ok(call.store.usable_member_keys(&account.id, call.now).await?)
}

/// Sets whether members may have keys of their own. While they may not, those they have are refused.
///
/// # Errors
/// A refusal; [`AccountConflict::NotGranted`] when it is allowed.
pub async fn set_member_policy(
    call: &OperationContext<'_>,
    account: &Label,
    allowed: bool,
) -> Result<AccountRecord, OperationError<AccountConflict>> {
    change(call, Right::SwitchAccess, ("set_member_policy", account), |record| {
        if allowed && !record.granted {
            return Err(AccountConflict::NotGranted.into());
        }
        record.members_allowed = allowed;
        Ok(())
    })
    .await
}
