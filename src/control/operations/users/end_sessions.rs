use super::change::{entry, lock_user};
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::UserRecord;

/// Ends every session of a user, who has to sign in again. Their password and their own key stay.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn end_sessions_of_user(call: &OperationContext<'_>, id: &Label) -> Result<UserRecord, OperationError> {
    let reach = call.reach(Right::ManageUsers)?;
    let mut transaction = call.begin_with_user(id).await?;
    let user = lock_user(call, reach, &mut transaction, id).await?;
    if transaction.end_sessions_of(id, None).await? > 0 {
        transaction.audit(call.actor(), &entry("end_sessions", &user, None, None)).await?;
        transaction.commit().await?;
    }
    Ok(user)
}
