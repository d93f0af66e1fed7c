//! Another name, e-mail address or role for a user.

use super::change::{ChangeUserError, check_owners, find, write};
use super::create::LONGEST_NAME;
use super::delegation::check_grant;
use super::email::check_email;
use crate::control::operations::text_rules::fault_of_line;
use crate::control::operations::{Invalid, OperationContext, Right};
use crate::credential::Label;
use crate::store::{Role, UserRecord};

/// What shall be different; what is not spoken of stays.
#[derive(Debug, Clone, Default)]
pub struct EditUser {
    /// Some name, or none.
    pub name: Option<Option<String>>,
    /// What they sign in with.
    pub email: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
}

/// Changes a user. A role is in force from their next request on; another e-mail address makes links worthless that
/// went to the one before.
///
/// # Errors
/// Nothing has happened then.
pub async fn edit_user(call: &OperationContext<'_>, id: &Label, edit: EditUser) -> Result<UserRecord, ChangeUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_user(id).await??;
    let before = find(call, reach, &mut transaction, id).await?;
    let mut after = before.clone();
    let mut invalid = Invalid::default();
    if let Some(email) = edit.email {
        check_email(&email, &mut invalid);
        after.email = email;
    }
    if let Some(name) = edit.name {
        if let Some(problem) = name.as_ref().and_then(|name| fault_of_line(name, LONGEST_NAME)) {
            invalid.add("name", problem);
        }
        after.name = name;
    }
    if let Some(role) = edit.role {
        check_grant(reach, role, before.account.as_ref())?;
        if (role == Role::Staff) != (before.role == Role::Staff) {
            invalid.add("role", "cannot lead into the staff or out of it: make another user");
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
