use jiff::Timestamp;

use super::change::WebhookConflict;
use super::reach::readable;
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Paging};
use crate::credential::Label;
use crate::store::{ListedWebhook, Listing, WebhookFilter, WebhookRecord, WebhookState};

/// Which webhooks: all within reach that match every given field.
#[derive(Debug, Clone, Default)]
pub struct WebhookSearch {
    pub account: Option<Label>,
    pub credential: Option<Label>,
    /// User whose own key it belongs to.
    pub owner: Option<Label>,
    pub state: Option<WebhookState>,
}

/// Webhooks within the caller's reach, newest first.
///
/// # Errors
/// A refusal, or [`Invalid`](crate::control::operations::Invalid) for a cursor that is none.
pub async fn list_webhooks(
    call: &OperationContext<'_>,
    search: &WebhookSearch,
    paging: Paging<'_>,
) -> Result<Listing<ListedWebhook>, OperationError> {
    let reach = readable(call).await?;
    if let Some(account) = &search.account {
        reach.accounts.check(account)?;
    }
    let filter = WebhookFilter {
        account: search.account.as_ref().or(reach.accounts.only()).cloned(),
        credential: match (reach.credential, &search.credential) {
            (Some(own), Some(other)) if own != *other => {
                return Err(OperationRefusal::from(NotFound("credential")).into());
            }
            (own, other) => own.or_else(|| other.clone()),
        },
        owner: search.owner.clone(),
        state: search.state,
    };
    let after = paging.cursor()?;
    Ok(call.store.list_webhooks(&filter, after.as_ref(), paging.page_size(), call.now).await?)
}

/// # Errors
/// [`NotFound`] for a webhook outside the caller's reach, too.
pub async fn show_webhook(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let reach = readable(call).await?;
    let found = call.store.webhook(id, call.now).await?.filter(|record| reach.covers(record));
    Ok(found.ok_or(OperationRefusal::from(NotFound("webhook")))?)
}

/// Whether deliveries of a replay wait.
///
/// # Errors
/// As [`show_webhook`].
pub async fn is_replaying(call: &OperationContext<'_>, id: &str) -> Result<bool, OperationError<WebhookConflict>> {
    let record = show_webhook(call, id).await?;
    Ok(call.store.count_waiting_replays(record.id.as_str()).await? > 0)
}

/// Deliveries since then that were skipped while it was stopped, or dropped, and that a replay would send.
///
/// # Errors
/// As [`show_webhook`].
pub async fn count_missed(
    call: &OperationContext<'_>,
    id: &str,
    since: Timestamp,
) -> Result<u64, OperationError<WebhookConflict>> {
    let record = show_webhook(call, id).await?;
    Ok(call.store.count_missed(record.id.as_str(), since).await?)
}
