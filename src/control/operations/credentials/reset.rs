use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::change::{
    CredentialConflict, change_idempotently, entry, lock_credential, read_credential, with_way, write,
};
use super::create::Created;
use super::delivery_choice::{Deliver, contact_faults, is_operator};
use super::enable::enable_record;
use super::refusal_reasons::unserved_version;
use super::start_delivery::start_delivery;
use crate::control::Sentence;
use crate::control::operations::secrets::{CreatedSecret, NewSecret, PlainSecret, create_secret};
use crate::control::operations::{
    AccountScope, Invalid, OperationContext, OperationError, Outcome, Right, notice_mails,
};
use crate::control::views::CredentialView;
use crate::credential::{Label, PlainPassword};
use crate::store::{
    CredentialRecord, DeliveryProgress, OldStops, PreviousSecret, RecordSecret, Role, SupersededBy, whole_millis,
};

const MAX_OVERLAP: Duration = Duration::from_secs(366 * 24 * 3600);

#[derive(Debug, Default)]
pub struct Reset {
    /// New password of Basic credentials; generated when `None`.
    pub chosen: Option<PlainPassword>,
    /// How long the previous secret is accepted beside the new one: at most 366 days, and not beyond the credential.
    pub overlap: Duration,
    /// Of a secret that is sent: the overlap begins when the new one is shown, and the previous one works until then.
    pub from_showing: bool,
    /// By default as the settings have it.
    pub deliver: Option<Deliver>,
    /// Enables a disabled credential in the same step. A user's own key is reset only so, and by staff only.
    pub enable: bool,
}

/// Gives a credential a new secret. The previous one is refused at once, or after the overlap.
///
/// # Errors
/// A refusal; [`Invalid`] for an unfit password or overlap; [`CredentialConflict::OwnKeyReset`];
/// [`CredentialConflict::OwnKeyNotShown`];
/// [`CredentialConflict::OwnKeyUnusable`]; [`CredentialConflict::Changed`]; [`CredentialConflict::TextsUsedUp`];
/// [`OperationError::Secret`].
pub async fn reset(
    call: &OperationContext<'_>,
    id: &str,
    how: Reset,
) -> Result<Outcome<Created>, OperationError<CredentialConflict>> {
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    if how.overlap > MAX_OVERLAP {
        return Err(Invalid::one("overlap_seconds", Sentence::OverlapTooLong).into());
    }
    let before = read_credential(call, reach, id).await?;
    let may_reset_own_key = how.enable && call.caller.role == Role::Staff;
    if let Some(owner) = &before.owner {
        if !may_reset_own_key {
            return Err(CredentialConflict::OwnKeyReset.into());
        }
        if call.terms.delivery.is_on() && !is_operator(call) {
            return Err(CredentialConflict::OwnKeyNotShown.into());
        }
        check_usable(call, &before, owner).await?;
    }
    let way = Deliver::resolved(how.deliver, call, before.owner.is_some())?;
    if way == Deliver::Send {
        let mut faults = contact_faults(call, before.contact_email.as_deref(), before.contact_mobile.as_deref());
        if how.chosen.is_some() {
            faults.add("password", Sentence::PasswordOfContact);
        }
        faults.into_result()?;
        return reset_and_send(call, reach, id, &how).await;
    }
    let new = match before.secret {
        RecordSecret::Token(_) if how.chosen.is_some() => {
            return Err(Invalid::one("password", Sentence::PasswordOfToken).into());
        }
        RecordSecret::Token(_) => NewSecret::Token,
        RecordSecret::Password { username, .. } => {
            NewSecret::Password { username: username.into(), chosen: how.chosen }
        }
    };
    if let Err(stale) = call.check_revision(before.revision) {
        // A parallel request with the same key may have reset it.
        return call.stored_response().await?.map(Outcome::Replayed).ok_or(stale.into());
    }
    // Before the transaction: hashing is slow.
    let created = create_secret(call, new.validated()?).await?;
    let overlap = SignedDuration::try_from(how.overlap).unwrap_or(SignedDuration::MAX);
    let verb = if how.enable { "reset_and_enable" } else { "reset" };
    let work = |record: &mut CredentialRecord| {
        if how.enable {
            enable_record(record);
        }
        let is_same = record.owner == before.owner && replace_secret(record, &created, overlap, call.now);
        if is_same { Ok(()) } else { Err(CredentialConflict::Changed.into()) }
    };
    let outcome = change_idempotently(call, (verb, id), way.audited(call), work).await?;
    Ok(match outcome {
        Outcome::Fresh(record) => Outcome::Fresh(Created { record, secret: created.plain }),
        Outcome::Replayed(response) => Outcome::Replayed(response),
    })
}

/// The new secret is made when the contact enters the right code on the page of the link.
async fn reset_and_send(
    call: &OperationContext<'_>,
    reach: AccountScope<'_>,
    id: &str,
    how: &Reset,
) -> Result<Outcome<Created>, OperationError<CredentialConflict>> {
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    let before = lock_credential(&mut transaction, reach, id).await?;
    call.check_revision(before.revision)?;
    if before.owner.is_some() {
        return Err(CredentialConflict::Changed.into());
    }
    let mut after = before.clone();
    if how.enable {
        enable_record(&mut after);
    }
    let old_stops = match how.from_showing {
        _ if !had_secret(&before, call.now) => OldStops::NoSecret,
        true => OldStops::WhenShown { seconds: how.overlap.as_secs() },
        false => {
            retire_secret(&mut after, SignedDuration::try_from(how.overlap).unwrap_or(SignedDuration::MAX), call.now);
            OldStops::AtReset
        }
    };
    transaction.supersede_reveals(&[id], SupersededBy::Reset).await?;
    let verb = if how.enable { "reset_and_enable" } else { "reset" };
    after.revision += 1;
    let line = with_way(entry(verb, &after, Some(&before), Some(&after)), Deliver::Send.audited(call));
    let after = write::<CredentialConflict>(call, &mut transaction, (&before, after), &line).await?;
    let record = start_delivery(call, &mut transaction, &after, (old_stops, SupersededBy::Reset)).await?;
    notice_mails::reset_sent(call, &mut transaction, &record).await?;
    call.store_response(&mut transaction, &CredentialView::at(&record, call.now)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(Created { record, secret: PlainSecret::Sent }))
}

/// It has a secret, or had one that no showing has replaced yet.
fn had_secret(record: &CredentialRecord, now: Timestamp) -> bool {
    let waits = |delivery: &DeliveryProgress| {
        delivery.reveal.revealed_at.is_none() && delivery.reveal.old_stops != OldStops::NoSecret
    };
    !record.secret.is_cleared()
        || record.previous.as_ref().is_some_and(|previous| previous.ends_at() > now)
        || record.delivery.as_deref().is_some_and(waits)
}

/// A new secret of an own key that would be refused all the same is not created.
async fn check_usable(
    call: &OperationContext<'_>,
    key: &CredentialRecord,
    owner: &Label,
) -> Result<(), OperationError<CredentialConflict>> {
    let user = call.store.user(owner.as_str()).await?;
    let account = call.store.account(key.account.as_str()).await?;
    let reason = match (user, account) {
        (Some(user), _) if !user.enabled => Sentence::UserDisabled,
        (Some(user), Some(account)) if user.role == Role::Member && !account.members_allowed => {
            Sentence::KeyMembersNotAllowed
        }
        (Some(_), Some(account)) if !account.granted => Sentence::AccountNotGranted,
        (Some(_), Some(account)) if !account.switched_on => Sentence::AccessOff,
        (Some(_), Some(_)) if key.expires_at.is_some_and(|end| end <= call.now) => Sentence::ItHasExpired,
        (Some(_), Some(_)) => match unserved_version(call, key) {
            Some(reason) => reason,
            None => return Ok(()),
        },
        _ => Sentence::UserGone,
    };
    Err(CredentialConflict::OwnKeyUnusable(reason).into())
}

/// Replaces a secret by one of the same kind; false, and nothing changed, for another kind.
pub(super) fn replace_secret(
    record: &mut CredentialRecord,
    created: &CreatedSecret,
    overlap: SignedDuration,
    now: Timestamp,
) -> bool {
    let is_same_kind = match (&record.secret, &created.stored) {
        (RecordSecret::Token(_), RecordSecret::Token(_)) => true,
        (RecordSecret::Password { username: old, .. }, RecordSecret::Password { username: new, .. }) => old == new,
        (RecordSecret::Token(_) | RecordSecret::Password { .. }, _) => false,
    };
    if !is_same_kind {
        return false;
    }
    retire_secret(record, overlap, now);
    record.secret = created.stored.clone();
    record.hint.clone_from(&created.hint);
    record.secret_made_at = whole_millis(now);
    true
}

/// Takes the current secret away; it is accepted until the overlap ends. Where there is none, an overlap that runs ends no
/// later than it did.
fn retire_secret(record: &mut CredentialRecord, overlap: SignedDuration, now: Timestamp) {
    let ends_at = now.checked_add(overlap).unwrap_or(Timestamp::MAX);
    let ends_at = whole_millis(record.expires_at.map_or(ends_at, |end| end.min(ends_at)));
    let previous = match &record.secret {
        RecordSecret::Token(Some(digest)) => Some(PreviousSecret::Token { digest: *digest, ends_at }),
        RecordSecret::Password { hash: Some(hash), .. } => {
            Some(PreviousSecret::Password { hash: hash.clone(), ends_at })
        }
        RecordSecret::Token(None) | RecordSecret::Password { hash: None, .. } => {
            record.previous.take().map(|running| running.ending_by(ends_at))
        }
    };
    record.previous = previous.filter(|previous| previous.ends_at() > now);
    record.secret = record.secret.cleared();
    record.hint = None;
    record.handed_over_at = None;
}
