use super::change::{UserConflict, check_owners, is_last, lock_user, write};
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::UserRecord;

/// Disables a user: their sessions and set-up links end, and their own key is refused.
///
/// # Errors
/// [`UserConflict`] for the caller themselves, the last of the staff, and the last owner of an account.
pub async fn disable_user(call: &OperationContext<'_>, id: &Label) -> Result<UserRecord, OperationError<UserConflict>> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_user(id).await?;
    let staff = transaction.enabled_staff().await?;
    let before = lock_user(call, reach, &mut transaction, id).await?;
    if call.caller.user.as_ref() == Some(id) {
        return Err(UserConflict::Oneself.into());
    }
    if is_last(&before, &staff) {
        return Err(UserConflict::LastStaff.into());
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
