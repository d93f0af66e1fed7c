use super::change::{UserConflict, check_owners, lock_user, write};
use super::delegation::check_grant;
use crate::control::Sentence;
use crate::control::operations::contact_validation::email_fault;
use crate::control::operations::text_rules::name_fault;
use crate::control::operations::{Invalid, OperationContext, OperationError, Patch, Right};
use crate::credential::Label;
use crate::store::{Role, UserRecord};

/// Fields of a user to change.
#[derive(Debug, Clone, Default)]
pub struct EditUser {
    pub name: Patch<String>,
    pub email: Option<String>,
    pub role: Option<Role>,
}

/// Changes a user. A new role holds from their next request on; a new e-mail address voids the set-up links that were
/// sent to the previous one.
///
/// # Errors
/// [`Invalid`], also for a change into or out of staff; [`UserConflict`].
pub async fn edit_user(
    call: &OperationContext<'_>,
    id: &Label,
    edit: EditUser,
) -> Result<UserRecord, OperationError<UserConflict>> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_user(id).await?;
    let before = lock_user(call, reach, &mut transaction, id).await?;
    let mut after = before.clone();
    let mut invalid = Invalid::default();
    if let Some(email) = edit.email {
        if let Some(problem) = email_fault(&email) {
            invalid.add("email", problem);
        }
        after.email = email;
    }
    if let Patch::Set(name) = &edit.name
        && let Some(problem) = name_fault(name)
    {
        invalid.add("name", problem);
    }
    edit.name.map(Some).apply(&mut after.name);
    if let Some(role) = edit.role {
        check_grant(reach, role, before.account.as_ref())?;
        if (role == Role::Staff) != (before.role == Role::Staff) {
            invalid.add("role", Sentence::RoleOfStaff);
        }
        if role != before.role {
            check_owners(reach, &mut transaction, &before).await?;
        }
        after.role = role;
    }
    invalid.into_result()?;
    if write(call, &mut transaction, "edit_user", &before, &mut after).await? {
        if after.email != before.email {
            transaction.void_setup_links(Some(id)).await?;
        }
        transaction.commit().await?;
    }
    Ok(after)
}
