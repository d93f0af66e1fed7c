//! What all changes of one credential have in common.

use jiff::Timestamp;

use super::facts::for_audit;
use super::{Call, NotFound, Reach, Refusal, Right};
use crate::store::{AuditEntry, CredentialRecord, StoreError, Transaction};

/// Reads a credential, changes it, writes it, and puts down what it was and what it is. A change that changes
/// nothing is not written.
pub(super) async fn change<E: From<StoreError> + From<Refusal>>(
    call: &Call<'_>,
    (verb, id): (&'static str, &str),
    work: impl FnOnce(&mut CredentialRecord) -> Result<(), E>,
) -> Result<CredentialRecord, E> {
    let reach = call.reach(Right::ManageCredentials)?;
    let mut transaction = call.store.begin(call.now).await?;
    let before = find(&mut transaction, reach, id).await?.ok_or(Refusal::from(NotFound("credential")))?;
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
    transaction.commit().await?;
    Ok(after)
}

/// The credential, kept from being changed by others.
pub(super) async fn find(
    transaction: &mut Transaction,
    reach: Reach<'_>,
    id: &str,
) -> Result<Option<CredentialRecord>, StoreError> {
    let found = transaction.credential(id).await?;
    Ok(found.filter(|record| reach.covers(&record.account)))
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
