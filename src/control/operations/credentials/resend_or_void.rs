//! Sending a link or a code once more, and voiding a link.

use jiff::Timestamp;

use super::change::{CredentialConflict, entry, lock_credential};
use super::code_texts::queue_text;
use super::reveal_obstacle::{RevealObstacle, reveal_obstacle};
use super::start_delivery::start_delivery;
use crate::control::Sentence;
use crate::control::operations::{OperationContext, OperationError, Outcome, Right};
use crate::control::views::CredentialView;
use crate::store::{AuditEntry, CredentialRecord, OldStops, RevealRecord, RevealState, SupersededBy, Transaction};

/// Sends a new link, and a code. The previous link ends; when the old secret stops stays as it was chosen.
///
/// # Errors
/// A refusal; [`Invalid`](crate::control::operations::Invalid) for a contact that is incomplete;
/// [`CredentialConflict::NothingToSend`]; [`CredentialConflict::SecretOff`]; [`CredentialConflict::TextsUsedUp`].
pub async fn send_again(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<Outcome<CredentialRecord>, OperationError<CredentialConflict>> {
    let (mut transaction, record, reveal) = match begin(call, id).await? {
        Begun::Replayed(response) => return Ok(Outcome::Replayed(response)),
        Begun::Fresh(transaction, record, reveal) => (transaction, *record, *reveal),
    };
    if !can_follow(&record, &reveal, call.now) {
        return Err(CredentialConflict::NothingToSend.into());
    }
    start_delivery(call, &mut transaction, &record, (reveal.old_stops, SupersededBy::Resent)).await?;
    finish(call, transaction, "deliver", &record).await.map(Outcome::Fresh)
}

/// Whether [`send_again`] has a link to replace, by the newest reveal of a credential.
pub fn can_send_again(record: &CredentialRecord, now: Timestamp) -> bool {
    record.delivery.as_deref().is_some_and(|delivery| can_follow(record, &delivery.reveal, now))
}

fn can_follow(record: &CredentialRecord, reveal: &RevealRecord, now: Timestamp) -> bool {
    let is_open = match reveal.state(now) {
        RevealState::Waiting | RevealState::Locked | RevealState::Expired => true,
        RevealState::Revealed => false,
        RevealState::Superseded => !reveal.superseded.is_some_and(|(_, by)| by.is_of_secret()),
    };
    is_open && !is_obsolete(record, reveal)
}

/// The credential got a secret since: the reset behind this reveal ended the previous one, and no end was chosen for this.
pub(super) fn is_obsolete(record: &CredentialRecord, reveal: &RevealRecord) -> bool {
    match reveal.old_stops {
        OldStops::NoSecret | OldStops::AtReset => !record.secret.is_cleared(),
        OldStops::WhenShown { .. } => false,
    }
}

/// Sends a new code for the link that waits.
///
/// # Errors
/// A refusal; [`CredentialConflict::NothingToSend`]; [`CredentialConflict::SecretOff`];
/// [`CredentialConflict::TextsUsedUp`]; [`CredentialConflict::TextsEnded`].
pub async fn text_again(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<Outcome<CredentialRecord>, OperationError<CredentialConflict>> {
    let (mut transaction, record, reveal) = match begin(call, id).await? {
        Begun::Replayed(response) => return Ok(Outcome::Replayed(response)),
        Begun::Fresh(transaction, record, reveal) => (transaction, *record, *reveal),
    };
    if !reveal.is_waiting(call.now) || is_obsolete(&record, &reveal) {
        return Err(CredentialConflict::NothingToSend.into());
    }
    queue_text(call, &mut transaction, &record, &reveal).await?;
    finish(call, transaction, "deliver_code", &record).await.map(Outcome::Fresh)
}

/// Ends the link that waits; the secret is never made.
///
/// # Errors
/// A refusal; [`CredentialConflict::NothingToSend`].
pub async fn void_delivery(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<CredentialRecord, OperationError<CredentialConflict>> {
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    let mut transaction = call.begin().await?;
    let record = lock_credential(&mut transaction, reach, id).await?;
    call.check_revision(record.revision)?;
    if !record.is_delivered(call.now) {
        return Err(CredentialConflict::NothingToSend.into());
    }
    transaction.supersede_reveals(&[id], SupersededBy::Voided).await?;
    finish(call, transaction, "void_delivery", &record).await
}

enum Begun {
    Fresh(Transaction, Box<CredentialRecord>, Box<RevealRecord>),
    Replayed(serde_json::Value),
}

/// Locks a credential that can be used, with its newest reveal.
async fn begin(call: &OperationContext<'_>, id: &str) -> Result<Begun, OperationError<CredentialConflict>> {
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Begun::Replayed(response));
    }
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Begun::Replayed(response));
    }
    let record = lock_credential(&mut transaction, reach, id).await?;
    call.check_revision(record.revision)?;
    if !call.terms.delivery.is_on() {
        return Err(CredentialConflict::NoDelivery.into());
    }
    let account = transaction.account_for_share(record.account.as_str()).await?;
    if let Some(obstacle) = reveal_obstacle(&record, account.as_ref(), call.now) {
        let why = match obstacle {
            RevealObstacle::Disabled => Sentence::ItIsDisabled,
            RevealObstacle::Expired => Sentence::ItHasExpired,
            RevealObstacle::Access => Sentence::AccountWithoutAccess,
        };
        return Err(CredentialConflict::SecretOff(why).into());
    }
    let reveal = transaction.newest_reveal(id).await?.ok_or(CredentialConflict::NothingToSend)?;
    Ok(Begun::Fresh(transaction, Box::new(record), Box::new(reveal)))
}

/// Audits, stores the response, commits, and returns the record as it is now.
async fn finish(
    call: &OperationContext<'_>,
    mut transaction: Transaction,
    verb: &'static str,
    record: &CredentialRecord,
) -> Result<CredentialRecord, OperationError<CredentialConflict>> {
    let line: AuditEntry = entry(verb, record, None, Some(record));
    call.record(&mut transaction, &line).await?;
    let after = transaction.credential(record.id.as_str()).await?.unwrap_or_else(|| record.clone());
    call.store_response(&mut transaction, &CredentialView::at(&after, call.now)).await?;
    transaction.commit().await?;
    Ok(after)
}
