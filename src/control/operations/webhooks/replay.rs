use jiff::Timestamp;

use super::change::{WebhookConflict, begin, entry};
use super::deliveries::show_delivery;
use super::reach::manageable;
use super::stopped::explanation;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::{ReplayRange, WebhookRecord};

pub use crate::store::ReplayWhat;

/// Sends a delivery once more, with the same id. Its outcome does not count for switching the webhook off.
///
/// # Errors
/// [`WebhookConflict::StillWaiting`]; [`WebhookConflict::Stopped`]; a refusal.
pub async fn replay_delivery(
    call: &OperationContext<'_>,
    webhook: &str,
    id: &str,
) -> Result<(), OperationError<WebhookConflict>> {
    manageable(call).await?;
    // Also checks that it is a delivery of this webhook.
    show_delivery(call, webhook, id).await?;
    let (mut transaction, record) = begin(call, webhook).await?;
    check_running(&record)?;
    if !transaction.replay_delivery(id).await? {
        return Err(WebhookConflict::StillWaiting.into());
    }
    call.record(&mut transaction, &entry("replay_webhook", &record, None, None)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Sends what failed, or was missed, from `since` on once more: oldest first, at most five a second. Returns how many.
///
/// # Errors
/// [`WebhookConflict::Stopped`]; a refusal.
pub async fn replay_since(
    call: &OperationContext<'_>,
    webhook: &str,
    what: ReplayWhat,
    since: Timestamp,
) -> Result<u64, OperationError<WebhookConflict>> {
    let (mut transaction, record) = begin(call, webhook).await?;
    check_running(&record)?;
    let range = ReplayRange { since, until: Timestamp::MAX, what };
    let count = transaction.replay_deliveries(record.id.as_str(), range).await?;
    if count > 0 {
        call.record(&mut transaction, &entry("replay_webhook", &record, None, None)).await?;
    }
    transaction.commit().await?;
    Ok(count)
}

/// Takes back the replays that are not sent yet. Returns how many.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn stop_replay(call: &OperationContext<'_>, webhook: &str) -> Result<u64, OperationError<WebhookConflict>> {
    let (mut transaction, record) = begin(call, webhook).await?;
    let count = transaction.stop_replay(record.id.as_str()).await?;
    if count > 0 {
        call.record(&mut transaction, &entry("stop_webhook_replay", &record, None, None)).await?;
    }
    transaction.commit().await?;
    Ok(count)
}

pub(super) fn check_running(record: &WebhookRecord) -> Result<(), WebhookConflict> {
    record.stop.map_or(Ok(()), |stop| Err(WebhookConflict::Stopped(explanation(stop))))
}
