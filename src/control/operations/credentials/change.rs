use jiff::Timestamp;
use serde_json::{Value, json};

use crate::control::Sentence;
use crate::control::operations::webhooks::skip_deliveries_of_credential;
use crate::control::operations::{
    AccountScope, NotFound, OperationContext, OperationError, OperationReason, OperationRefusal, Outcome, Right,
    notice_mails,
};
use crate::control::views::{AuditState, CredentialView};
use crate::credential::Label;
use crate::store::{AuditEntry, CredentialRecord, RecordSecret, SupersededBy, ThrottleTarget, Transaction};

/// Conflict with another credential, or with the state of this one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", Sentence::from(self))]
pub enum CredentialConflict {
    IdTaken,
    UsernameTaken,
    /// Its kind of secret changed during the operation.
    Changed,
    /// Its secret is revealed to its user only.
    OwnKeyReset,
    /// Where secrets are delivered, a user of the staff does not see it either.
    OwnKeyNotShown,
    /// The same, for staff.
    OwnKeyUnusable(Sentence),
    OwnKeyDuplicate,
    OwnKeyEnabled,
    /// Its new secret would be refused.
    OwnKeyDisabled(Option<String>),
    /// The same.
    OwnKeyExpired(Timestamp),
    OwnKeyIdTaken(Label),
    NoDelivery,
    /// No link to send, or to void.
    NothingToSend,
    /// Its secret would not be shown.
    SecretOff(Sentence),
    /// Of the hour, or of the day.
    TextsUsedUp {
        next: Timestamp,
        /// In seconds.
        wait: u32,
    },
    TextsEnded,
}

impl OperationReason for CredentialConflict {}

impl From<&CredentialConflict> for Sentence {
    fn from(conflict: &CredentialConflict) -> Self {
        match conflict {
            CredentialConflict::IdTaken => Self::CredentialIdTaken,
            CredentialConflict::UsernameTaken => Self::UsernameTaken,
            CredentialConflict::Changed => Self::CredentialChanged,
            CredentialConflict::OwnKeyReset => Self::OwnKeyReset,
            CredentialConflict::OwnKeyNotShown => Self::OwnKeyNotShown,
            CredentialConflict::OwnKeyUnusable(reason) => Self::OwnKeyUnusable { reason: reason.clone().into() },
            CredentialConflict::OwnKeyDuplicate => Self::OwnKeyDuplicate,
            CredentialConflict::OwnKeyEnabled => Self::OwnKeyEnabled,
            CredentialConflict::OwnKeyDisabled(None) => Self::OwnKeyDisabled,
            CredentialConflict::OwnKeyDisabled(Some(reason)) => {
                Self::OwnKeyDisabledFor { reason: reason.as_str().into() }
            }
            CredentialConflict::OwnKeyExpired(end) => Self::OwnKeyExpired { end: (*end).into() },
            CredentialConflict::OwnKeyIdTaken(id) => Self::OwnKeyIdTaken { id: id.as_str().into() },
            CredentialConflict::NoDelivery => Self::NoDelivery,
            CredentialConflict::NothingToSend => Self::NothingToSend,
            CredentialConflict::SecretOff(reason) => Self::SecretNotSent { reason: reason.clone().into() },
            CredentialConflict::TextsUsedUp { next, .. } => Self::TextsUsedUp { next: (*next).into() },
            CredentialConflict::TextsEnded => Self::TextsEnded,
        }
    }
}

/// Changes a credential in one transaction with its audit entry. Writes nothing when nothing has changed.
pub(super) async fn change<E>(
    call: &OperationContext<'_>,
    (verb, id): (&'static str, &str),
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), OperationError<E>>,
) -> Result<CredentialRecord, OperationError<E>>
where
    OperationError<E>: From<OperationError>,
{
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    let mut transaction = call.begin().await?;
    let before = lock_credential(&mut transaction, reach, id).await?;
    let after = apply(call, &mut transaction, verb, before, work).await?;
    transaction.commit().await?;
    Ok(after)
}

/// The same for an operation that takes an `Idempotency-Key`.
pub(super) async fn change_idempotently<E>(
    call: &OperationContext<'_>,
    (verb, id): (&'static str, &str),
    way: Option<(&'static str, &'static str)>,
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), OperationError<E>>,
) -> Result<Outcome<CredentialRecord>, OperationError<E>>
where
    OperationError<E>: From<OperationError>,
{
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    let before = lock_credential(&mut transaction, reach, id).await?;
    let after = apply_with(call, &mut transaction, (verb, way), before, work).await?;
    call.store_response(&mut transaction, &CredentialView::at(&after, call.now)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(after))
}

/// Changes a locked credential; the caller commits.
pub(super) async fn apply<E>(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    verb: &'static str,
    before: CredentialRecord,
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), OperationError<E>>,
) -> Result<CredentialRecord, OperationError<E>> {
    apply_with(call, transaction, (verb, None), before, work).await
}

/// The same with how a new secret gets to its user, for the audit.
async fn apply_with<E>(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    (verb, way): (&'static str, Option<(&'static str, &'static str)>),
    before: CredentialRecord,
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), OperationError<E>>,
) -> Result<CredentialRecord, OperationError<E>> {
    call.check_revision(before.revision)?;
    let mut after = before.clone();
    work(&mut after)?;
    if after == before {
        return Ok(before);
    }
    after.revision = before.revision + 1;
    let line = with_way(entry(verb, &after, Some(&before), Some(&after)), way);
    write(call, transaction, (&before, after), &line).await
}

/// Writes a changed record with its audit entry. A link to a secret of before ends. Returns the record as it is stored.
pub(super) async fn write<E>(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    (before, mut after): (&CredentialRecord, CredentialRecord),
    line: &AuditEntry,
) -> Result<CredentialRecord, OperationError<E>> {
    // The database increments it too.
    after.revision = before.revision + 1;
    transaction.put_credential(&after).await?;
    clear_guesses(transaction, before, &after);
    skip_deliveries_of_credential(call, transaction, before, &after).await?;
    notice_mails::credential_changed(call, transaction, before, &after).await?;
    if let Some(by) = superseded_by(before, &after)
        && transaction.supersede_reveals(&[after.id.as_str()], by).await? > 0
    {
        after.delivery = transaction.credential(after.id.as_str()).await?.and_then(|stored| stored.delivery);
    }
    call.record(transaction, line).await?;
    Ok(after)
}

/// Why a link that waits is worthless after a change; `None` where it is not.
pub(super) fn superseded_by(before: &CredentialRecord, after: &CredentialRecord) -> Option<SupersededBy> {
    let has_other_contact =
        before.contact_email != after.contact_email || before.contact_mobile != after.contact_mobile;
    // The operation has taken the delivery away.
    let is_ended = before.delivery.is_some() && after.delivery.is_none();
    match after.secret.is_cleared() {
        true if is_ended || before.secret != after.secret => Some(SupersededBy::Cleared),
        false if before.secret != after.secret => Some(SupersededBy::Reset),
        _ => has_other_contact.then_some(SupersededBy::Contact),
    }
}

/// Clears the counters of wrong guesses at a password that is replaced: what was guessed at is gone.
pub(super) fn clear_guesses(transaction: &mut Transaction, before: &CredentialRecord, after: &CredentialRecord) {
    if let RecordSecret::Password { username, .. } = &before.secret
        && after.secret != before.secret
    {
        transaction.clear_throttles(ThrottleTarget::Username(username.to_string()));
    }
}

/// Reads and locks a credential.
pub(super) async fn lock_credential(
    transaction: &mut Transaction,
    reach: AccountScope<'_>,
    id: &str,
) -> Result<CredentialRecord, OperationError> {
    let found = transaction.credential(id).await?.filter(|record| reach.covers(&record.account));
    Ok(found.ok_or(OperationRefusal::from(NotFound("credential")))?)
}

/// Reads a credential without locking it.
pub(super) async fn read_credential(
    call: &OperationContext<'_>,
    reach: AccountScope<'_>,
    id: &str,
) -> Result<CredentialRecord, OperationError> {
    let found = call.store.credential(id).await?.filter(|record| reach.covers(&record.account));
    Ok(found.ok_or(OperationRefusal::from(NotFound("credential")))?)
}

pub(super) fn entry(
    verb: &'static str,
    of: &CredentialRecord,
    before: Option<&CredentialRecord>,
    after: Option<&CredentialRecord>,
) -> AuditEntry {
    AuditEntry {
        verb,
        account: Some(of.account.to_string()),
        target_kind: "credential",
        target: of.id.to_string(),
        before: before.map(|record| CredentialView::from(record).audit_state()),
        after: after.map(|after| match before {
            Some(before) => changed_state(before, after),
            None => CredentialView::from(after).audit_state(),
        }),
    }
}

/// The entry with how the secret gets to its user.
pub(super) fn with_way(line: AuditEntry, way: Option<(&'static str, &'static str)>) -> AuditEntry {
    let Some((field, word)) = way else { return line };
    let after = line.after.as_deref().and_then(|after| serde_json::from_str::<Value>(after).ok());
    let after = after.map(|mut after| {
        after[field] = word.into();
        after.to_string()
    });
    AuditEntry { after: after.or(line.after), ..line }
}

/// The state after a change, with the restrictions that the change lifted.
fn changed_state(before: &CredentialRecord, after: &CredentialRecord) -> String {
    let lifted: Vec<_> = [
        ("scopes", before.scopes.is_some() && after.scopes.is_none()),
        ("addresses", !before.addresses.is_empty() && after.addresses.is_empty()),
        ("expires_at", before.expires_at.is_some() && after.expires_at.is_none()),
        ("rate_limit", before.rate_limit.is_some() && after.rate_limit.is_none()),
    ]
    .into_iter()
    .filter_map(|(field, is_lifted)| is_lifted.then_some(field))
    .collect();
    let mut state = CredentialView::from(after).audit_value();
    if !lifted.is_empty() {
        state["lifted"] = json!(lifted);
    }
    state.to_string()
}
