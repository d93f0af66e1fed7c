use super::change::{UserConflict, lock_user, write};
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::UserRecord;

/// Enables a user with the password they had. One without a password needs a new set-up link.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn enable_user(call: &OperationContext<'_>, id: &Label) -> Result<UserRecord, OperationError<UserConflict>> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_user(id).await?;
    let before = lock_user(call, reach, &mut transaction, id).await?;
    let mut after = UserRecord { enabled: true, ..before.clone() };
    if write(call, &mut transaction, "enable_user", &before, &mut after).await? {
        transaction.commit().await?;
    }
    Ok(after)
}
