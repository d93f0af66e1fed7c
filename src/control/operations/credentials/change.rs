//! What all changes of one credential have in common.

use crate::control::operations::{AccountScope, NotFound, Once, OperationContext, Refusal, Right};
use crate::control::views::{AuditState, CredentialView};
use crate::store::{AuditEntry, CredentialRecord, StoreError, Transaction};

/// Reads a credential, changes it, writes it, and puts down what it was and what it is. A change that changes
/// nothing is not written.
pub(super) async fn change<E: From<StoreError> + From<Refusal>>(
    call: &OperationContext<'_>,
    (verb, id): (&'static str, &str),
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), E>,
) -> Result<CredentialRecord, E> {
    let reach = call.reach_granted::<E>(Right::ManageCredentials).await?;
    let mut transaction = call.begin().await??;
    let before = found::<E>(&mut transaction, reach, id).await?;
    let after = apply(call, &mut transaction, verb, before, work).await?;
    transaction.commit().await?;
    Ok(after)
}

/// The same for a call that may come twice; whoever repeats it is told of what was done the first time.
pub(super) async fn change_once<E: From<StoreError> + From<Refusal>>(
    call: &OperationContext<'_>,
    (verb, id): (&'static str, &str),
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), E>,
) -> Result<Once<CredentialRecord>, E> {
    let reach = call.reach_granted::<E>(Right::ManageCredentials).await?;
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<E>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    let before = found::<E>(&mut transaction, reach, id).await?;
    let after = apply(call, &mut transaction, verb, before, work).await?;
    call.remember(&mut transaction, &CredentialView::from(&after)).await?;
    transaction.commit().await?;
    Ok(Once::Done(after))
}

/// A change of a credential that has been read, in a transaction that is somebody else's to commit.
pub(super) async fn apply<E: From<StoreError> + From<Refusal>>(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    verb: &'static str,
    before: CredentialRecord,
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), E>,
) -> Result<CredentialRecord, E> {
    call.expects(before.revision)?;
    let mut after = before.clone();
    work(&mut after)?;
    if after == before {
        return Ok(before);
    }
    // As the database counts it.
    after.revision += 1;
    transaction.put_credential(&after).await?;
    transaction.audit(call.actor(), &entry(verb, &after, Some(&before), Some(&after))).await?;
    Ok(after)
}

/// The credential, kept from being changed by others.
pub(super) async fn found<E: From<StoreError> + From<Refusal>>(
    transaction: &mut Transaction,
    reach: AccountScope<'_>,
    id: &str,
) -> Result<CredentialRecord, E> {
    let found = transaction.credential(id).await?.filter(|record| reach.covers(&record.account));
    Ok(found.ok_or(Refusal::from(NotFound("credential")))?)
}

/// The credential as it is just now.
pub(super) async fn seen<E: From<StoreError> + From<Refusal>>(
    call: &OperationContext<'_>,
    reach: AccountScope<'_>,
    id: &str,
) -> Result<CredentialRecord, E> {
    let found = call.store.credential(id).await?.filter(|record| reach.covers(&record.account));
    Ok(found.ok_or(Refusal::from(NotFound("credential")))?)
}

/// A line of the audit about a credential.
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
        after: after.map(|record| CredentialView::from(record).audit_state()),
    }
}
