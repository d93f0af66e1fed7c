//! E-mail address and password become a session.

use std::time::Duration;

use jiff::Timestamp;

use super::context::{Busy, GuessError, LONGEST_PASSWORD, SignInContext};
use super::whole_millis;
use crate::control::operations::users::{entry, is_email};
use crate::control::operations::{Caller, NoRandomness};
use crate::credential::{PlainLinkToken, PlainPassword};
use crate::store::{ActorKind, SessionRecord, StoreError, UserRecord};

/// Somebody who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// For the browser. Seen once.
    pub ticket: PlainLinkToken,
    /// Who they are.
    pub caller: Caller,
    /// As they are kept.
    pub user: UserRecord,
    /// When the session ends at the latest.
    pub ends_at: Timestamp,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// E-mail address or password: nobody is told which, nor whether there is such a user.
    #[error("e-mail address or password is wrong")]
    Wrong,
    /// Too many wrong ones came from there; nobody has looked at this one.
    #[error("too many wrong passwords; try again in {} s", retry_after.as_secs())]
    TooMany {
        /// How long further ones are refused.
        retry_after: Duration,
    },
    /// Too many are signing in.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs somebody in: a new session each time, whatever the browser had before.
///
/// # Errors
/// Nothing has happened then, but for a line in the audit where there is such a user.
pub async fn sign_in(at: &SignInContext<'_>, email: &str, password: PlainPassword) -> Result<SignedIn, SignInError> {
    if password.reveal().len() > LONGEST_PASSWORD {
        return Err(SignInError::Wrong);
    }
    // What is no address cannot be looked for; it takes as long.
    let user = if is_email(email) { at.store.user_by_email(email).await? } else { None };
    let usable = user.as_ref().filter(|user| user.enabled);
    let hash = usable.and_then(|user| user.password_hash.clone());
    let is_right = at.verify(email, (hash, user.is_some()), password).await?;
    match user {
        Some(user) if is_right => begin(at, &user).await,
        Some(user) => {
            put_down_refusal(at, user);
            Err(SignInError::Wrong)
        }
        None => Err(SignInError::Wrong),
    }
}

async fn begin(at: &SignInContext<'_>, verified: &UserRecord) -> Result<SignedIn, SignInError> {
    let now = at.clock.now();
    let ticket = PlainLinkToken::mint().map_err(|_| NoRandomness)?;
    let mut transaction = at.store.begin(now).await?;
    // They may have been switched off, or have another password, since that was looked at.
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

/// Beside the answer and not before it: else it would take longer where there is such a user.
fn put_down_refusal(at: &SignInContext<'_>, user: UserRecord) {
    let (store, now) = (at.store.clone(), at.clock.now());
    let actor = at.actor(ActorKind::System, "claviger");
    tokio::spawn(async move {
        let written = async {
            let mut transaction = store.begin(now).await?;
            transaction.audit(&actor, &entry("refuse_sign_in", &user, None, None)).await?;
            transaction.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, user = %user.id, "a refused sign-in is not in the audit");
        }
    });
}

impl From<GuessError> for SignInError {
    fn from(error: GuessError) -> Self {
        match error {
            GuessError::TooMany { retry_after } => Self::TooMany { retry_after },
            GuessError::Busy(busy) => Self::Busy(busy),
        }
    }
}
