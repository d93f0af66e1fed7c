//! Switching a user off.

use super::change::{ChangeUserError, check_owners, find, is_last, write};
use crate::control::operations::{OperationContext, Right};
use crate::credential::Label;
use crate::store::UserRecord;

/// Switches a user off: their sessions end, their links are worthless, and keys of their own are refused. Not by
/// themselves, and never the last of the staff; the last owner only by the provider.
///
/// # Errors
/// Nothing has happened then.
pub async fn disable_user(call: &OperationContext<'_>, id: &Label) -> Result<UserRecord, ChangeUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_user(id).await??;
    let staff = transaction.enabled_staff().await?;
    let before = find(call, reach, &mut transaction, id).await?;
    if call.caller.user.as_ref() == Some(id) {
        return Err(ChangeUserError::Oneself);
    }
    if is_last(&before, &staff) {
        return Err(ChangeUserError::LastStaff);
    }
    check_owners(reach, &mut transaction, &before).await?;
    let mut after = UserRecord { enabled: false, ..before.clone() };
    if write(call, &mut transaction, "disable_user", &before, &mut after).await? {
        transaction.end_sessions_of(id, None).await?;
        transaction.void_setup_links(Some(id)).await?;
        transaction.commit().await?;
    }
    Ok(after)
}
