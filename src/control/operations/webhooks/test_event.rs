use serde_json::json;

use super::change::{WebhookConflict, begin, entry};
use super::replay::check_running;
use crate::control::operations::events::{EventDraft, TEST};
use crate::control::operations::{OperationContext, OperationError};
use crate::store::WebhookStop;

/// Sends a test event to one webhook, also to one that is only paused. Returns the id of its delivery. Its outcome does not count
/// for switching the webhook off.
///
/// # Errors
/// [`WebhookConflict::Stopped`]; a refusal.
pub async fn send_test_event(
    call: &OperationContext<'_>,
    webhook: &str,
) -> Result<String, OperationError<WebhookConflict>> {
    let (mut transaction, record) = begin(call, webhook).await?;
    if record.stop != Some(WebhookStop::Paused) {
        check_running(&record)?;
    }
    let data = json!({"webhook": {
        "id": record.id.as_str(), "entity": record.entity, "operation": record.operation
    }});
    let id = transaction.next_event_id();
    let event = EventDraft::new(id, (TEST, record.account.clone()), None, call.now, &data);
    let delivery = transaction.insert_test_delivery(&record.id, &event.event()).await?;
    call.record(&mut transaction, &entry("test_webhook", &record, None, None)).await?;
    transaction.commit().await?;
    Ok(delivery)
}
