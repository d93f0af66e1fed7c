use super::change::{WebhookConflict, begin, forget_failures, write};
use crate::control::operations::{Invalid, OperationContext, OperationError};
use crate::delivery::webhooks::Destination;
use crate::store::{SkipScope, WebhookRecord, WebhookStop};

/// Pauses a webhook: what waits is skipped, and new events are recorded as missed.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn pause_webhook(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let (mut transaction, before) = begin(call, id).await?;
    let after = write(call, &mut transaction, "pause_webhook", &before, |record| {
        record.paused = true;
        Ok(())
    })
    .await?;
    transaction.skip_waiting(SkipScope::Webhook(after.id.as_str()), WebhookStop::Paused).await?;
    transaction.commit().await?;
    Ok(after)
}

/// Lets a webhook go on that was paused, or switched off after failures. Its failures before no longer count.
///
/// # Errors
/// A refusal; [`Invalid`] for a URL that the settings no longer allow.
pub async fn play_webhook(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let (mut transaction, before) = begin(call, id).await?;
    if let Some(terms) = call.terms.webhooks
        && let Err(fault) = Destination::parse(&before.url, &terms.destinations)
    {
        return Err(Invalid::one("url", fault.into()).into());
    }
    let after = write(call, &mut transaction, "play_webhook", &before, |record| {
        record.paused = false;
        forget_failures(record);
        Ok(())
    })
    .await?;
    transaction.commit().await?;
    Ok(after)
}
