//! What changes of a webhook have in common: lock, check, write with the audit entry.

use super::reach::{WebhookReach, manageable};
use crate::control::Sentence;
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationReason, OperationRefusal};
use crate::control::views::{AuditState, WebhookView};
use crate::store::{AuditEntry, Transaction, WebhookRecord};

/// Conflict with the bounds, or with the state of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", Sentence::from(self))]
pub enum WebhookConflict {
    TooManyOfCredential(u64),
    TooManyOfAccount(u64),
    /// The installation key that its secret derives from is in none of the key files.
    KeyMissing,
    /// Nothing can be sent, so that no test or replay is queued.
    Stopped(Sentence),
    StillWaiting,
}

impl OperationReason for WebhookConflict {}

impl From<&WebhookConflict> for Sentence {
    fn from(conflict: &WebhookConflict) -> Self {
        match conflict {
            WebhookConflict::TooManyOfCredential(max) => Self::WebhooksOfCredential { max: (*max).into() },
            WebhookConflict::TooManyOfAccount(max) => Self::WebhooksOfAccount { max: (*max).into() },
            WebhookConflict::KeyMissing => Self::WebhookKeyMissing,
            WebhookConflict::Stopped(reason) => Self::WebhookStopped { reason: reason.clone().into() },
            WebhookConflict::StillWaiting => Self::WebhookWaiting,
        }
    }
}

/// Failures so far no longer count.
pub(super) fn forget_failures(record: &mut WebhookRecord) {
    record.failing_since = None;
    record.warned_days = 0;
    record.switched_off = None;
}

/// Reads and locks a webhook, and checks the expected revision. The reach is read before the transaction begins, which has
/// one connection already.
pub(super) async fn lock_webhook(
    call: &OperationContext<'_>,
    reach: &WebhookReach<'_>,
    transaction: &mut Transaction,
    id: &str,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let found = transaction.webhook(id).await?.filter(|record| reach.covers(record));
    let record = found.ok_or(OperationRefusal::from(NotFound("webhook")))?;
    call.check_revision(record.revision)?;
    Ok(record)
}

/// Opens a transaction with a locked webhook that the caller may change.
pub(super) async fn begin(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<(Transaction, WebhookRecord), OperationError<WebhookConflict>> {
    let reach = manageable(call).await?;
    let mut transaction = call.begin().await?;
    let record = lock_webhook(call, &reach, &mut transaction, id).await?;
    Ok((transaction, record))
}

/// Changes a webhook in one transaction with its audit entry. Writes nothing when nothing has changed.
pub(super) async fn change(
    call: &OperationContext<'_>,
    (verb, id): (&'static str, &str),
    work: impl FnOnce(&mut WebhookRecord) -> Result<(), OperationError<WebhookConflict>>,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let (mut transaction, before) = begin(call, id).await?;
    let after = write(call, &mut transaction, verb, &before, work).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Writes a changed webhook that is locked; the caller commits.
pub(super) async fn write(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    verb: &'static str,
    before: &WebhookRecord,
    work: impl FnOnce(&mut WebhookRecord) -> Result<(), OperationError<WebhookConflict>>,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let mut after = before.clone();
    work(&mut after)?;
    if after == *before {
        return Ok(after);
    }
    transaction.put_webhook(&after).await?;
    let found = transaction.webhook(before.id.as_str()).await?;
    let after = found.ok_or(OperationRefusal::from(NotFound("webhook")))?;
    call.record(transaction, &entry(verb, &after, Some(before), Some(&after))).await?;
    Ok(after)
}

pub(in crate::control) fn entry(
    verb: &'static str,
    of: &WebhookRecord,
    before: Option<&WebhookRecord>,
    after: Option<&WebhookRecord>,
) -> AuditEntry {
    AuditEntry {
        verb,
        account: Some(of.account.to_string()),
        target_kind: "webhook",
        target: of.id.to_string(),
        before: before.map(|record| WebhookView::without_path(record).audit_state()),
        after: after.map(|record| WebhookView::without_path(record).audit_state()),
    }
}
