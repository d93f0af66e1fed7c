use crate::control::Sentence;
use crate::control::operations::webhooks::skip_deliveries_of_account;
use crate::control::operations::{
    NotFound, OperationContext, OperationError, OperationReason, OperationRefusal, Right, notice_mails,
};
use crate::control::views::{AccountView, AuditState};
use crate::credential::Label;
use crate::store::{AccountRecord, AuditEntry, Purpose};

/// Conflict with another account, or with the state of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Sentence::from(self))]
pub enum AccountConflict {
    IdTaken,
    NotGranted,
}

impl OperationReason for AccountConflict {}

impl From<&AccountConflict> for Sentence {
    fn from(conflict: &AccountConflict) -> Self {
        match conflict {
            AccountConflict::IdTaken => Self::AccountIdTaken,
            AccountConflict::NotGranted => Self::AccessNotGranted,
        }
    }
}

/// Changes an account in one transaction with its audit entry and the notification of gates. Writes nothing when
/// nothing has changed.
pub(super) async fn change<E>(
    call: &OperationContext<'_>,
    right: Right,
    (verb, account): (&'static str, &Label),
    work: impl FnOnce(&mut AccountRecord) -> Result<(), OperationError<E>>,
) -> Result<AccountRecord, OperationError<E>>
where
    OperationError<E>: From<OperationError>,
{
    call.reach(right)?.check(account)?;
    let mut transaction = call.begin().await?;
    let before = transaction.account(account.as_str()).await?.ok_or(OperationRefusal::from(NotFound("account")))?;
    call.check_revision(before.revision)?;
    let mut after = before.clone();
    work(&mut after)?;
    if after == before {
        return Ok(before);
    }
    // The database increments it too.
    after.revision += 1;
    transaction.put_account(&after).await?;
    skip_deliveries_of_account(call, &mut transaction, &before, &after).await?;
    if before.granted && !after.granted {
        notice_mails::to_account(call, &mut transaction, (Purpose::AccessWithdrawn, &after.id), &after.id, None)
            .await?;
    }
    call.record(&mut transaction, &entry(verb, Some(&before), &after)).await?;
    transaction.commit().await?;
    Ok(after)
}

pub(in crate::control::operations) fn entry(
    verb: &'static str,
    before: Option<&AccountRecord>,
    after: &AccountRecord,
) -> AuditEntry {
    AuditEntry {
        verb,
        account: Some(after.id.to_string()),
        target_kind: "account",
        target: after.id.to_string(),
        before: before.map(|record| AccountView::from(record).audit_state()),
        after: Some(AccountView::from(after).audit_state()),
    }
}
