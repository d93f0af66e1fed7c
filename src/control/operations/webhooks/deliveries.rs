use super::change::WebhookConflict;
use super::list::show_webhook;
use super::reach::readable;
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Paging, Right};
use crate::store::{DeliveryDetail, DeliveryRecord, DeliveryState, Listing};

/// The deliveries of a webhook, newest first.
///
/// # Errors
/// [`NotFound`] for a webhook outside the caller's reach, too; [`Invalid`](crate::control::operations::Invalid) for a
/// cursor that is none.
pub async fn list_deliveries(
    call: &OperationContext<'_>,
    webhook: &str,
    state: Option<DeliveryState>,
    paging: Paging<'_>,
) -> Result<Listing<DeliveryRecord>, OperationError<WebhookConflict>> {
    let record = show_webhook(call, webhook).await?;
    let after = paging.cursor()?;
    Ok(call.store.list_deliveries(record.id.as_str(), state, after.as_ref(), paging.page_size()).await?)
}

/// One delivery with its attempts. The body and what receivers answered are shown to the account only: staff sees states. A
/// member sees them where their own key may have the event now.
///
/// # Errors
/// [`NotFound`] for a delivery of another webhook, too.
pub async fn show_delivery(
    call: &OperationContext<'_>,
    webhook: &str,
    id: &str,
) -> Result<DeliveryDetail, OperationError<WebhookConflict>> {
    let record = show_webhook(call, webhook).await?;
    let found = call.store.delivery(id).await?.filter(|found| found.delivery.webhook == record.id);
    let mut detail = found.ok_or(OperationRefusal::from(NotFound("delivery")))?;
    let is_bound_to_key = readable(call).await?.credential.is_some();
    let may_read =
        call.caller.may(Right::ManageWebhooks) && (!is_bound_to_key || call.store.is_delivery_allowed(id).await?);
    if !may_read {
        detail.body = None;
        detail.attempts.iter_mut().for_each(|(_, attempt)| attempt.excerpt = None);
    }
    Ok(detail)
}
