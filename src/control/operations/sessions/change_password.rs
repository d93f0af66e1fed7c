//! Another password, by somebody who knows the one they have.

use std::time::Duration;

use super::context::{Busy, GuessError, SignInContext};
use crate::control::operations::users::entry;
use crate::control::operations::{Invalid, OperationContext, Refusal, secrets};
use crate::credential::{PlainLinkToken, PlainPassword};
use crate::store::{StoreError, UserRecord};

/// Why the password is the same as before.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// Not by this caller: a script or the shell has none.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The one they have is another.
    #[error("the current password is wrong")]
    Wrong,
    /// Too many wrong ones came from there; nobody has looked at this one.
    #[error("too many wrong passwords; try again in {} s", retry_after.as_secs())]
    TooMany {
        /// How long further ones are refused.
        retry_after: Duration,
    },
    /// Not to this one.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Too many are signing in.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes the password of whoever asks, and ends all their sessions but the one that they hold.
///
/// # Errors
/// Nothing has happened then.
pub async fn change_password(
    call: &OperationContext<'_>,
    at: &SignInContext<'_>,
    session: &str,
    current: PlainPassword,
    new: PlainPassword,
) -> Result<UserRecord, ChangePasswordError> {
    let id = call.caller.user.as_ref().ok_or(Refusal::Forbidden)?;
    let user = call.store.user(id.as_str()).await?.ok_or(Refusal::Forbidden)?;
    // Before anything is hashed.
    secrets::check(&user.email, &new).map_err(|unfit| Invalid::one("password", unfit.to_string()))?;
    if !at.verify(&user.email, (user.password_hash.clone(), true), current).await? {
        return Err(ChangePasswordError::Wrong);
    }
    let hash = at.hash(new).await?;
    let mut transaction = call.begin_with_user(id).await??;
    // They may have been switched off, or have another password, since that was looked at.
    let before = transaction.user(id.as_str()).await?;
    let before = before.filter(|now| now.enabled && now.password_hash == user.password_hash);
    let before = before.ok_or(ChangePasswordError::Wrong)?;
    let after = UserRecord { password_hash: Some(hash), revision: before.revision + 1, ..before.clone() };
    transaction.put_user(&after).await?;
    transaction.void_setup_links(Some(id)).await?;
    let own = PlainLinkToken::presented(session).map(|ticket| ticket.digest());
    transaction.end_sessions_of(id, own.as_ref()).await?;
    transaction.audit(call.actor(), &entry("change_password", &after, Some(&before), Some(&after))).await?;
    transaction.commit().await?;
    Ok(after)
}

impl From<GuessError> for ChangePasswordError {
    fn from(error: GuessError) -> Self {
        match error {
            GuessError::TooMany { retry_after } => Self::TooMany { retry_after },
            GuessError::Busy(busy) => Self::Busy(busy),
        }
    }
}
