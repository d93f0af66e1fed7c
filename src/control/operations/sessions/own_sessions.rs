//! The sessions of the person who is signed in.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::sign_in_context::SignInContext;
use crate::control::operations::users::entry;
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal};
use crate::credential::{PlainLinkToken, TokenDigest};
use crate::store::SessionRecord;

/// A session, without what it is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// Derived from the digest of the cookie, and not of use to present it.
    pub id: String,
    pub created_at: Timestamp,
    /// To a minute.
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    /// The client address of the sign-in.
    pub address: Option<String>,
    /// The session of this request.
    pub is_this: bool,
}

/// The caller's sessions that have not ended, the one used last first. `session` is the cookie of this request.
///
/// # Errors
/// [`OperationRefusal::Forbidden`] for scripts and the shell, which have no sessions.
pub async fn list_sessions(
    call: &OperationContext<'_>,
    at: &SignInContext<'_>,
    session: Option<&str>,
) -> Result<Vec<OwnSession>, OperationError> {
    let user = call.caller.user.as_ref().ok_or_else(OperationRefusal::for_no_role)?;
    let this = session.and_then(PlainLinkToken::presented).map(|token| token.digest());
    let found = call.store.sessions_of(user).await?;
    let live = found.into_iter().filter(|session| at.limits.is_live(session, call.now));
    Ok(live.map(|session| OwnSession::of(&session, this.as_ref())).collect())
}

/// Ends one session of the caller.
///
/// # Errors
/// [`NotFound`] for an id that none of them has.
pub async fn end_session(call: &OperationContext<'_>, id: &str) -> Result<(), OperationError> {
    let user = call.caller.user.as_ref().ok_or_else(OperationRefusal::for_no_role)?;
    let not_found = || OperationRefusal::from(NotFound("session"));
    let found = call.store.sessions_of(user).await?;
    let session = found.into_iter().find(|session| public_id(&session.digest) == id).ok_or_else(not_found)?;
    let mut transaction = call.begin().await?;
    let record = transaction.user(user.as_str()).await?.ok_or(OperationRefusal::Revoked)?;
    if !transaction.end_session(&session.digest).await? {
        return Err(not_found().into());
    }
    transaction.audit(call.actor(), &entry("end_session", &record, None, None)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Ends all sessions of the caller but this one; how many.
///
/// # Errors
/// [`OperationRefusal::Forbidden`] for scripts and the shell, which have no sessions.
pub async fn end_other_sessions(call: &OperationContext<'_>, session: Option<&str>) -> Result<u64, OperationError> {
    let user = call.caller.user.as_ref().ok_or_else(OperationRefusal::for_no_role)?;
    let this = session.and_then(PlainLinkToken::presented).map(|token| token.digest());
    let mut transaction = call.begin().await?;
    let record = transaction.user(user.as_str()).await?.ok_or(OperationRefusal::Revoked)?;
    let count = transaction.end_sessions_of(user, this.as_ref()).await?;
    transaction.audit(call.actor(), &entry("end_other_sessions", &record, None, None)).await?;
    transaction.commit().await?;
    Ok(count)
}

impl OwnSession {
    fn of(session: &SessionRecord, this: Option<&TokenDigest>) -> Self {
        Self {
            id: public_id(&session.digest),
            created_at: session.created_at,
            seen_at: session.seen_at,
            ends_at: session.ends_at,
            address: session.address.clone(),
            is_this: this == Some(&session.digest),
        }
    }
}

fn public_id(digest: &TokenDigest) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"session");
    hasher.update(digest.as_bytes());
    hasher.finalize()[..10].iter().map(|byte| format!("{byte:02x}")).collect()
}
