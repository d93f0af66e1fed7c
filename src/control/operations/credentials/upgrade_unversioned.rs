use super::change::entry;
use super::field_validation::Given;
use crate::control::operations::{OperationContext, OperationError, Right};
use crate::credential::Label;
use crate::store::{AuditEntry, CredentialRecord};

/// Credentials locked and written at once.
const BATCH_SIZE: u32 = 500;

/// Pins every credential without a version, within reach or of one account, to `version`. Returns their number.
///
/// # Errors
/// A refusal, or [`Invalid`](crate::control::operations::Invalid) for a version that is not configured or retired, before
/// anything is changed. A store that fails later has kept the batches before.
pub async fn upgrade_unversioned(
    call: &OperationContext<'_>,
    account: Option<&Label>,
    version: &Label,
) -> Result<u64, OperationError> {
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    if let Some(account) = account {
        reach.check(account)?;
    }
    Given { version: Some(version), ..Given::default() }.faults(call).into_result()?;
    let account = account.or(reach.only());
    let (mut count, mut last) = (0, String::new());
    // A transaction for each batch, so that the gate and other writers need not wait for all of them. An interrupted
    // upgrade goes on when it is repeated.
    loop {
        let ids = call.store.unversioned_ids(account, &last, BATCH_SIZE).await?;
        let Some(end) = ids.last() else { return Ok(count) };
        last.clone_from(end);
        let mut transaction = call.begin().await?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut before = transaction.credentials(&ids).await?;
        // Another writer may have pinned or moved one meanwhile.
        before.retain(|record| record.version.is_none() && account.is_none_or(|account| record.account == *account));
        let pin = |record: &CredentialRecord| CredentialRecord {
            version: Some(version.clone()),
            revision: record.revision + 1,
            ..record.clone()
        };
        let after: Vec<CredentialRecord> = before.iter().map(pin).collect();
        let entries = before.iter().zip(&after);
        let entries = entries.map(|(before, after)| entry("upgrade_version", after, Some(before), Some(after)));
        let entries: Vec<AuditEntry> = entries.collect();
        transaction.put_credentials(&after).await?;
        call.record_all(&mut transaction, call.actor(), &entries).await?;
        transaction.commit().await?;
        count += u64::try_from(after.len()).unwrap_or_default();
    }
}
