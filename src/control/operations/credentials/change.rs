use jiff::Timestamp;
use serde_json::{Value, json};

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
pub enum CredentialConflict {
    #[error("another credential has this id")]
    IdTaken,
    #[error("another credential has this user name")]
    UsernameTaken,
    /// Its kind of secret changed during the operation.
    #[error("it has changed meanwhile; read it again")]
    Changed,
    /// Its secret is revealed to its user only.
    #[error(
        "this is a user's own key: its user regenerates it, and staff can only reset and enable it in one step; \
        clear it to make its user regenerate it"
    )]
    OwnKeyReset,
    /// Where secrets are delivered, a user of the staff does not see it either.
    #[error("only its user may see the secret of this own key; clear it, and let its user generate a new one")]
    OwnKeyNotShown,
    /// The same, for staff.
    #[error("the new secret of this own key would be refused: {0}")]
    OwnKeyUnusable(&'static str),
    #[error("this is a user's own key, and a user has only one")]
    OwnKeyDuplicate,
    #[error("your key is already enabled; regenerate it to get a new secret")]
    OwnKeyEnabled,
    /// Its new secret would be refused.
    #[error("your key is disabled{}; ask an owner of the account to enable it", reason(.0.as_deref()))]
    OwnKeyDisabled(Option<String>),
    /// The same.
    #[error("your key expired at {0}; ask an owner of the account to extend it")]
    OwnKeyExpired(Timestamp),
    #[error("another credential has the id of your key: {0}")]
    OwnKeyIdTaken(Label),
    #[error("secrets are not sent: delivery.mail and delivery.sms are not both set")]
    NoDelivery,
    /// No link to send, or to void.
    #[error("no secret waits to be shown; reset the credential to send a new one")]
    NothingToSend,
    /// Its secret would not be shown.
    #[error("nothing is sent while {0}")]
    SecretOff(&'static str),
    /// Of the hour, or of the day.
    #[error("no more text messages are sent to this number, or for this account, until {next}")]
    TextsUsedUp {
        next: Timestamp,
        /// In seconds.
        wait: u32,
    },
    #[error("this link has had all of its text messages; send a new link")]
    TextsEnded,
}

impl OperationReason for CredentialConflict {}

fn reason(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
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
