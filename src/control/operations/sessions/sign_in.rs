use jiff::Timestamp;

use super::SignInContext;
use super::password_verification::{MAX_PASSWORD_BYTES, SignInError};
use crate::control::operations::contact_validation::email_fault;
use crate::control::operations::users::entry;
use crate::control::operations::{Caller, NoSecret, OperationError};
use crate::credential::{Label, PlainLinkToken, PlainPassword};
use crate::store::{ActorKind, SessionRecord, UserRecord, whole_millis};

/// A new session.
#[derive(Debug)]
pub struct SignedIn {
    /// Session secret for the cookie.
    pub ticket: PlainLinkToken,
    pub caller: Caller,
    pub user: UserRecord,
    /// Absolute end of the session.
    pub ends_at: Timestamp,
}

/// Signs a user in: always with a new session, whatever session the browser presented. The audit records a refused
/// attempt where the user exists.
///
/// # Errors
/// [`SignInError`], [`NoSecret`], or a store that does not answer.
pub async fn sign_in(
    at: &SignInContext<'_>,
    email: &str,
    password: PlainPassword,
) -> Result<SignedIn, OperationError<SignInError>> {
    if password.reveal().len() > MAX_PASSWORD_BYTES {
        return Err(SignInError::Wrong.into());
    }
    // Other text cannot be looked up; the comparison below takes as long.
    let user = if email_fault(email).is_none() { at.store.user_by_email(email).await? } else { None };
    let enabled = user.as_ref().filter(|user| user.enabled);
    let hash = enabled.and_then(|user| user.password_hash.clone());
    let is_right = at.verify(email, (hash, user.is_some()), password).await?;
    match user {
        Some(user) if is_right => begin_session(at, &user).await,
        Some(user) => {
            audit_refusal(at, user);
            Err(SignInError::Wrong.into())
        }
        None => Err(SignInError::Wrong.into()),
    }
}

/// Notes the language in which a user reads pages, for the mails to them. A failure changes nothing else.
pub async fn note_language(at: &SignInContext<'_>, signed_in: &SignedIn, language: &str) {
    let Some(user) = &signed_in.caller.user else { return };
    let noted = async {
        let mut transaction = at.store.begin(at.clock.now()).await?;
        transaction.note_locale(user.as_str(), language).await?;
        transaction.commit().await
    };
    if let Err(error) = noted.await {
        tracing::debug!("cannot note the language of a user: {error}");
    }
}

/// Signs the user of a demo link in, without a password.
///
/// # Errors
/// [`SignInError::Wrong`] for a user that does not exist or is disabled; [`NoSecret`], or a store that does not answer.
pub async fn sign_in_by_demo_link(
    at: &SignInContext<'_>,
    user: &Label,
) -> Result<SignedIn, OperationError<SignInError>> {
    let user = at.store.user(user.as_str()).await?.ok_or(SignInError::Wrong)?;
    begin_session(at, &user).await
}

async fn begin_session(at: &SignInContext<'_>, verified: &UserRecord) -> Result<SignedIn, OperationError<SignInError>> {
    let now = at.clock.now();
    let ticket = PlainLinkToken::mint().map_err(|_| NoSecret::Machine)?;
    let mut transaction = at.store.begin(now).await?;
    // The user may have been disabled, or have another password, since the comparison.
    let user = transaction.user(verified.id.as_str()).await?;
    let is_same = |user: &UserRecord| user.enabled && user.password_hash == verified.password_hash;
    let user = user.filter(is_same).ok_or(SignInError::Wrong)?;
    let caller = at.caller(ActorKind::User, &user.id, user.role, user.account.as_ref());
    let session = SessionRecord {
        digest: ticket.digest(),
        user: user.id.clone(),
        created_at: whole_millis(now),
        seen_at: whole_millis(now),
        ends_at: at.limits.end(now),
        address: Some(at.address.to_string()),
    };
    transaction.add_session(&session).await?;
    transaction.audit(&caller.actor, &entry("sign_in", &user, None, None)).await?;
    transaction.commit().await?;
    Ok(SignedIn { ticket, caller, user, ends_at: session.ends_at })
}

/// In a task of its own: writing before the response would take longer where the user exists.
fn audit_refusal(at: &SignInContext<'_>, user: UserRecord) {
    let (store, now) = (at.store.clone(), at.clock.now());
    let actor = at.actor(ActorKind::System, "claviger");
    tokio::spawn(async move {
        let written = async {
            let mut transaction = store.begin(now).await?;
            transaction.audit(&actor, &entry("refuse_sign_in", &user, None, None)).await?;
            transaction.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, user = %user.id, "cannot write the audit entry of a refused sign-in");
        }
    });
}
