//! Whose session it is.

use super::context::SignInContext;
use crate::control::operations::Caller;
use crate::credential::PlainLinkToken;
use crate::store::{ActorKind, StoreError};

/// Who holds this session; nobody where it is over, was never begun, or is of somebody who is switched off. Their
/// role is what it is now, not what it was when they signed in.
///
/// # Errors
/// When the database cannot be asked.
pub async fn who_is(at: &SignInContext<'_>, presented: &str) -> Result<Option<Caller>, StoreError> {
    let Some(ticket) = PlainLinkToken::presented(presented) else { return Ok(None) };
    let Some((session, user)) = at.store.session(&ticket.digest()).await? else { return Ok(None) };
    let now = at.clock.now();
    if !at.limits.is_live(&session, now) {
        // For good, and not until somebody puts the clock back.
        if let Err(error) = at.store.end_session(&session.digest, now).await {
            tracing::debug!(%error, "a session that is over stays in the database");
        }
        return Ok(None);
    }
    if !user.enabled {
        return Ok(None);
    }
    if let Some((seen_at, ends_at)) = at.limits.touch(&session, now)
        && let Err(error) = at.store.touch_session(&session.digest, seen_at, ends_at).await
    {
        // Whoever is signed in can read as long as the database can be read.
        tracing::debug!(%error, "when a session was seen is not written");
    }
    Ok(Some(at.caller(ActorKind::User, &user.id, user.role, user.account.as_ref())))
}
