use super::change::{WebhookConflict, begin, forget_failures, write};
use super::create::checked;
use super::list::show_webhook;
use super::reach::manageable;
use crate::control::operations::{OperationContext, OperationError};
use crate::store::WebhookRecord;

/// `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct EditWebhook {
    pub url: Option<String>,
    pub entity: Option<String>,
    pub operation: Option<String>,
}

/// Changes where a webhook leads, or what it asks for. What waits goes to the new URL.
///
/// # Errors
/// A refusal; [`Invalid`](crate::control::operations::Invalid).
pub async fn edit_webhook(
    call: &OperationContext<'_>,
    id: &str,
    edit: EditWebhook,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    manageable(call).await?;
    let present = show_webhook(call, id).await?;
    let url = edit.url.unwrap_or(present.url);
    let (entity, operation) = (edit.entity.unwrap_or(present.entity), edit.operation.unwrap_or(present.operation));
    // Before the transaction: names are resolved.
    let (destination, subscription) = checked(call, &url, (&entity, &operation)).await?;
    let (mut transaction, before) = begin(call, id).await?;
    let after = write(call, &mut transaction, "edit_webhook", &before, |record| {
        let url = destination.to_string();
        if record.url != url {
            forget_failures(record);
        }
        record.url = url;
        record.entity = subscription.entity;
        record.operation = subscription.operation;
        Ok(())
    })
    .await?;
    transaction.commit().await?;
    Ok(after)
}
