use super::sign_in_context::SignInContext;
use crate::control::operations::users::entry;
use crate::credential::PlainLinkToken;
use crate::store::{ActorKind, StoreError};

/// Ends a session; false when there is none.
///
/// # Errors
/// A store that cannot be written; the session goes on.
pub async fn sign_out(at: &SignInContext<'_>, presented: &str) -> Result<bool, StoreError> {
    let Some(ticket) = PlainLinkToken::presented(presented) else { return Ok(false) };
    let Some((session, user)) = at.store.session(&ticket.digest()).await? else { return Ok(false) };
    let mut transaction = at.store.begin(at.clock.now()).await?;
    if !transaction.end_session(&session.digest).await? {
        return Ok(false);
    }
    let caller = at.caller(ActorKind::User, &user.id, user.role, user.account.as_ref());
    transaction.audit(&caller.actor, &entry("sign_out", &user, None, None)).await?;
    transaction.commit().await?;
    Ok(true)
}
