//! What all changes of one credential have in common.

use jiff::Timestamp;

use super::Target;
use super::facts::for_audit;
use crate::store::{Actor, AuditEntry, CredentialRecord, Store, StoreError, Transaction};

/// No such credential, or none that may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no credential has this id")]
pub struct NotFound;

/// Reads a credential, changes it, writes it, and puts down what it was and what it is. A change that changes
/// nothing is not written.
pub(super) async fn change<E: From<StoreError> + From<NotFound>>(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    (verb, target): (&'static str, Target<'_>),
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), E>,
) -> Result<CredentialRecord, E> {
    let mut transaction = store.begin(now).await?;
    let before = find(&mut transaction, target).await?.ok_or(NotFound)?;
    let mut after = before.clone();
    work(&mut after)?;
    if after == before {
        return Ok(before);
    }
    // As the database counts it.
    after.revision += 1;
    transaction.put_credential(&after).await?;
    transaction.audit(actor, &entry(verb, &after, Some(&before), Some(&after))).await?;
    transaction.commit().await?;
    Ok(after)
}

/// The credential, kept from being changed by others.
pub(super) async fn find(
    transaction: &mut Transaction,
    target: Target<'_>,
) -> Result<Option<CredentialRecord>, StoreError> {
    let found = transaction.credential(target.id).await?;
    Ok(found.filter(|record| target.account.is_none_or(|account| record.account == *account)))
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
        before: before.map(for_audit),
        after: after.map(for_audit),
    }
}

/// As exact as a database keeps it.
pub(super) fn whole_millis(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}
