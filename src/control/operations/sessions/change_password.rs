use super::{SignInContext, SignInError};
use crate::control::Sentence;
use crate::control::operations::secrets::check_password;
use crate::control::operations::users::entry;
use crate::control::operations::{Invalid, NoSecret, OperationContext, OperationError, OperationRefusal};
use crate::credential::{PlainLinkToken, PlainPassword};
use crate::store::UserRecord;

/// Changes the password of the caller, and ends all their sessions except this one.
///
/// # Errors
/// [`OperationRefusal::Forbidden`] for scripts and the shell, which have no password; [`Invalid`] for a wrong current password
/// or an unfit new one; [`SignInError::TooMany`].
pub async fn change_password(
    call: &OperationContext<'_>,
    at: &SignInContext<'_>,
    session: &str,
    current: PlainPassword,
    new: PlainPassword,
) -> Result<UserRecord, OperationError<SignInError>> {
    let id = call.caller.user.as_ref().ok_or_else(OperationRefusal::for_no_role)?;
    let user = call.store.user(id.as_str()).await?.ok_or_else(OperationRefusal::for_no_role)?;
    let wrong = || Invalid::one("current", Sentence::PasswordWrong);
    // Checked first: hashing is slow.
    check_password(&user.email, &new).map_err(|unfit| Invalid::one("password", unfit.into()))?;
    if !at.verify(&user.email, (user.password_hash.clone(), true), current).await? {
        return Err(wrong().into());
    }
    let (hash, _) = at.hashes.hash(new).await.map_err(NoSecret::from)?;
    let mut transaction = call.begin_with_user(id).await?;
    // The user may have been disabled, or have another password, since the comparison.
    let before = transaction.user(id.as_str()).await?;
    let before = before.filter(|now| now.enabled && now.password_hash == user.password_hash).ok_or_else(wrong)?;
    let after = UserRecord { password_hash: Some(hash), revision: before.revision + 1, ..before.clone() };
    transaction.put_user(&after).await?;
    transaction.void_setup_links(Some(id)).await?;
    let own = PlainLinkToken::presented(session).map(|ticket| ticket.digest());
    transaction.end_sessions_of(id, own.as_ref()).await?;
    transaction.audit(call.actor(), &entry("change_password", &after, Some(&before), Some(&after))).await?;
    transaction.commit().await?;
    Ok(after)
}
