use super::change::{WebhookConflict, begin, entry};
use crate::control::operations::{OperationContext, OperationError};
use crate::store::WebhookRecord;

/// Deletes a webhook with its deliveries, and returns its last state.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn delete_webhook(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let (mut transaction, before) = begin(call, id).await?;
    transaction.delete_webhook(id).await?;
    call.record(&mut transaction, &entry("delete_webhook", &before, Some(&before), None)).await?;
    transaction.commit().await?;
    Ok(before)
}
