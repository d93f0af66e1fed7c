//! A new secret for a credential that goes on.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::change::{change_once, seen};
use crate::control::operations::secrets::{Made, NewSecret, NoSecret, PlainSecret, make};
use crate::control::operations::{Invalid, Once, OperationContext, Refusal, Right};
use crate::credential::{PlainPassword, StoredSecret};
use crate::store::{CredentialRecord, PreviousSecret, RecordSecret, StoreError, whole_millis};

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
    /// A password that cannot be chosen.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// More than a year.
    #[error("the secret before cannot count for more than 366 days beside the new one")]
    OverlapTooLong,
    /// A password for a token.
    #[error("a token cannot be chosen; it is made")]
    TokenChosen,
    /// Nobody sees the secret of somebody's own key.
    #[error("this is a user's own key, and only they can make it a new secret; clear it, and they have to")]
    OwnKey,
    /// It is another kind of secret by now.
    #[error("somebody has changed it meanwhile; look at it again")]
    Changed,
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] NoSecret),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a credential a new secret. The one before is dead at once, or after the overlap.
///
/// # Errors
/// Nothing has happened then.
pub async fn reset(call: &OperationContext<'_>, id: &str, how: Reset) -> Result<Once<ResetDone>, ResetError> {
    let reach = call.reach_granted::<ResetError>(Right::ManageCredentials).await?;
    if let Some(answer) = call.answered::<ResetError>().await? {
        return Ok(Once::Repeated(answer));
    }
    if how.overlap > LONGEST_OVERLAP {
        return Err(ResetError::OverlapTooLong);
    }
    let known = seen::<ResetError>(call, reach, id).await?;
    if known.owner.is_some() {
        return Err(ResetError::OwnKey);
    }
    let new = match known.secret {
        RecordSecret::Token(_) if how.chosen.is_some() => return Err(ResetError::TokenChosen),
        RecordSecret::Token(_) => NewSecret::Token,
        RecordSecret::Password { username, .. } => {
            NewSecret::Password { username: username.into(), chosen: how.chosen }
        }
    };
    if let Err(stale) = call.expects(known.revision) {
        // By the same call, a moment ago.
        return call.answered::<ResetError>().await?.map(Once::Repeated).ok_or(stale.into());
    }
    // Before the transaction: hashing takes long.
    let made = make(new.fit()?, call.terms.format).await?;
    let overlap = SignedDuration::try_from(how.overlap).unwrap_or(SignedDuration::MAX);
    let outcome = change_once(call, ("reset", id), |record| {
        let is_same_kind = record.owner.is_none() && renew(record, &made, overlap, call.now);
        if is_same_kind { Ok(()) } else { Err(ResetError::Changed) }
    })
    .await?;
    Ok(match outcome {
        Once::Done(record) => Once::Done(ResetDone { record, secret: made.plain }),
        Once::Repeated(answer) => Once::Repeated(answer),
    })
}

/// Puts a secret in the place of one of the same kind, or of a cleared one; false when it is of another kind.
pub(super) fn renew(record: &mut CredentialRecord, made: &Made, overlap: SignedDuration, now: Timestamp) -> bool {
    let ends_at = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
    let ends_at = whole_millis(record.expires_at.map_or(ends_at, |end| end.min(ends_at)));
    let previous = match (&record.secret, &made.stored) {
        (RecordSecret::Token(old), StoredSecret::Token(_)) => {
            old.filter(|_| ends_at > now).map(|digest| PreviousSecret::Token { digest, ends_at })
        }
        (RecordSecret::Password { username: old, hash }, StoredSecret::Password { username: new, .. })
            if old == new =>
        {
            hash.clone().filter(|_| ends_at > now).map(|hash| PreviousSecret::Password { hash, ends_at })
        }
        (RecordSecret::Token(_) | RecordSecret::Password { .. }, _) => return false,
    };
    record.previous = previous;
    record.secret = made.stored.clone().into();
    record.hint.clone_from(&made.hint);
    record.secret_made_at = whole_millis(now);
    record.handed_over_at = None;
    true
}
