//! A new secret for a credential that goes on.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::change::{change, whole_millis};
use super::secrets::{NewSecret, PlainSecret, SecretError, make};
use super::{Call, NotFound, Refusal, Right};
use crate::credential::{PlainPassword, StoredSecret};
use crate::store::{CredentialRecord, PreviousSecret, StoreError};

const LONGEST_OVERLAP: Duration = Duration::from_secs(366 * 24 * 3600);

/// How it is reset.
#[derive(Debug, Default)]
pub struct Reset {
    /// Of a Basic pair: the new password, if it is not to be made.
    pub chosen: Option<PlainPassword>,
    /// How long the secret before counts beside the new one; zero for not at all. Never longer than the credential.
    pub overlap: Duration,
}

/// What has become of it.
#[derive(Debug)]
pub struct ResetDone {
    /// As it is kept.
    pub record: CredentialRecord,
    /// Seen once.
    pub secret: PlainSecret,
}

/// Why the secret is still the same.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// More than a year.
    #[error("the secret before cannot count for more than 366 days beside the new one")]
    OverlapTooLong,
    /// A password for a token.
    #[error("a token cannot be chosen; it is made")]
    TokenChosen,
    /// It is another kind of secret by now.
    #[error("somebody has changed it meanwhile; look at it again")]
    Changed,
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a credential a new secret. The one before is dead at once, or after the overlap.
///
/// # Errors
/// Nothing has happened then.
pub async fn reset(call: &Call<'_>, id: &str, how: Reset) -> Result<ResetDone, ResetError> {
    let reach = call.reach(Right::ManageCredentials)?;
    if how.overlap > LONGEST_OVERLAP {
        return Err(ResetError::OverlapTooLong);
    }
    let known = call.store.credential(id).await?.filter(|record| reach.covers(&record.account));
    let new = match known.ok_or(Refusal::from(NotFound("credential")))?.secret {
        StoredSecret::Token(_) if how.chosen.is_some() => return Err(ResetError::TokenChosen),
        StoredSecret::Token(_) => NewSecret::Token,
        StoredSecret::Password { username, .. } => {
            NewSecret::Password { username: username.into(), chosen: how.chosen }
        }
    };
    // Before the transaction: hashing takes long.
    let made = make(new, call.terms.format).await?;
    let overlap = SignedDuration::try_from(how.overlap).unwrap_or(SignedDuration::MAX);
    let now = call.now;
    let record = change(call, ("reset", id), |record| {
        let ends_at = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
        let ends_at = whole_millis(record.expires_at.map_or(ends_at, |end| end.min(ends_at)));
        record.previous = match (&record.secret, &made.stored) {
            (StoredSecret::Token(digest), StoredSecret::Token(_)) => {
                (ends_at > now).then_some(PreviousSecret::Token { digest: *digest, ends_at })
            }
            (StoredSecret::Password { username: old, hash }, StoredSecret::Password { username: new, .. })
                if old == new =>
            {
                (ends_at > now).then(|| PreviousSecret::Password { hash: hash.clone(), ends_at })
            }
            (StoredSecret::Token(_) | StoredSecret::Password { .. }, _) => return Err(ResetError::Changed),
        };
        record.secret = made.stored.clone();
        record.hint.clone_from(&made.hint);
        record.secret_made_at = whole_millis(now);
        record.handed_over_at = None;
        Ok(())
    })
    .await?;
    Ok(ResetDone { record, secret: made.plain })
}
