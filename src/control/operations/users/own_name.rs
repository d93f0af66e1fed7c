use super::change::{UserConflict, lock_user, write};
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::{Invalid, OperationContext, OperationError, OperationRefusal};
use crate::store::UserRecord;

/// Changes the name of the caller; `None` removes it.
///
/// # Errors
/// [`OperationRefusal::Forbidden`] for scripts and the shell, which are no users; [`Invalid`].
pub async fn change_own_name(
    call: &OperationContext<'_>,
    name: Option<String>,
) -> Result<UserRecord, OperationError<UserConflict>> {
    let id = call.caller.user.as_ref().ok_or_else(OperationRefusal::for_no_role)?;
    if let Some(problem) = name.as_deref().and_then(name_fault) {
        return Err(Invalid::one("name", problem).into());
    }
    let mut transaction = call.begin_with_user(id).await?;
    let before = lock_user(call, call.caller.accounts(), &mut transaction, id).await?;
    let mut after = UserRecord { name, ..before.clone() };
    if write(call, &mut transaction, "edit_user", &before, &mut after).await? {
        transaction.commit().await?;
    }
    Ok(after)
}
