//! What all changes of one account have in common.

use crate::control::operations::{Invalid, NotFound, OperationContext, Refusal, Right};
use crate::control::views::{AccountView, AuditState};
use crate::credential::Label;
use crate::store::{AccountRecord, AuditEntry, StoreError};

/// Why an account is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ChangeAccountError {
    /// Not by this caller, or not any more.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not with what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nothing could be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads an account, changes it, writes it, and puts down what it was and what it is. The gates are told of it. A
/// change that changes nothing is not written.
pub(super) async fn change<E: From<StoreError> + From<Refusal>>(
    call: &OperationContext<'_>,
    right: Right,
    (verb, account): (&'static str, &Label),
    work: impl FnOnce(&mut AccountRecord) -> Result<(), E>,
) -> Result<AccountRecord, E> {
    call.reach(right)?.of(account)?;
    let mut transaction = call.begin().await??;
    let before = transaction.account(account.as_str()).await?.ok_or(Refusal::from(NotFound("account")))?;
    call.expects(before.revision)?;
    let mut after = before.clone();
    work(&mut after)?;
    if after == before {
        return Ok(before);
    }
    // As the database counts it.
    after.revision += 1;
    transaction.put_account(&after).await?;
    transaction.audit(call.actor(), &entry(verb, Some(&before), &after)).await?;
    transaction.commit().await?;
    Ok(after)
}

/// A line of the audit about an account.
pub(in super::super) fn entry(verb: &'static str, before: Option<&AccountRecord>, after: &AccountRecord) -> AuditEntry {
    AuditEntry {
        verb,
        account: Some(after.id.to_string()),
        target_kind: "account",
        target: after.id.to_string(),
        before: before.map(|record| AccountView::from(record).audit_state()),
        after: Some(AccountView::from(after).audit_state()),
    }
}
