//! Callers that present a session cookie or an operator token.

use super::sign_in_context::SignInContext;
use crate::control::operations::Caller;
use crate::control::operations::authorize::ActorState;
use crate::credential::{PlainLinkToken, TokenDigest, TokenFormat};
use crate::store::{ActorKind, StoreError};

/// The user of this session, with their current role; `None` for a session that is unknown or has ended, and for a
/// disabled user.
///
/// # Errors
/// A store that does not answer.
pub async fn caller_of_session(at: &SignInContext<'_>, presented: &str) -> Result<Option<Caller>, StoreError> {
    let Some(ticket) = PlainLinkToken::presented(presented) else { return Ok(None) };
    let Some((session, user)) = at.store.session(&ticket.digest()).await? else { return Ok(None) };
    let now = at.clock.now();
    if !at.limits.is_live(&session, now) {
        // Deleted, so that a clock that is put back does not revive it.
        if let Err(error) = at.store.end_session(&session.digest, now).await {
            tracing::debug!(%error, "an ended session stays in the database");
        }
        return Ok(None);
    }
    if !user.enabled {
        return Ok(None);
    }
    if let Some((seen_at, ends_at)) = at.limits.touch(&session, now)
        && let Err(error) = at.store.touch_session(&session.digest, seen_at, ends_at).await
    {
        // Reading goes on while the database is read-only.
        tracing::debug!(%error, "the last use of a session is not recorded");
    }
    Ok(Some(at.caller(ActorKind::User, &user.id, user.role, user.account.as_ref())))
}

/// The script with this operator token; `None` for one that is unknown, disabled or expired.
///
/// # Errors
/// A store that does not answer.
pub async fn caller_of_token(at: &SignInContext<'_>, presented: &str) -> Result<Option<Caller>, StoreError> {
    let format = TokenFormat::operator();
    if !presented.starts_with(format.prefix()) || format.is_junk(presented.as_bytes()) {
        return Ok(None);
    }
    let now = at.clock.now();
    let Some(token) = at.store.operator_token_by_digest(&TokenDigest::of(presented.as_bytes())).await? else {
        return Ok(None);
    };
    if ActorState::of_token(token.clone(), now).is_none() {
        return Ok(None);
    }
    if let Err(error) = at.store.record_operator_token_use(&token, now).await {
        tracing::debug!(%error, "the last use of an operator token is not recorded");
    }
    Ok(Some(at.caller(ActorKind::Token, &token.id, token.role, token.account.as_ref())))
}
