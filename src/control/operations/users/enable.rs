//! Switching a user on again, with the password they had.

use super::change::{ChangeUserError, find, write};
use crate::control::operations::{OperationContext, Right};
use crate::credential::Label;
use crate::store::UserRecord;

/// Switches a user on. Whoever has no password needs a new link.
///
/// # Errors
/// Nothing has happened then.
pub async fn enable_user(call: &OperationContext<'_>, id: &Label) -> Result<UserRecord, ChangeUserError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_user(id).await??;
    let before = find(call, reach, &mut transaction, id).await?;
    let mut after = UserRecord { enabled: true, ..before.clone() };
    if write(call, &mut transaction, "enable_user", &before, &mut after).await? {
        transaction.commit().await?;
    }
    Ok(after)
}
