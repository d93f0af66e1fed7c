//! Webhooks as integration platforms manage them: with the API key itself, which reaches its own hooks alone.

use serde_json::Value;

use super::change::{WebhookConflict, entry, forget_failures, write};
use super::create::{checked, insert, record};
use super::secret::webhook_secret;
use super::subscription::Subscription;
use super::{CreatedWebhook, MAX_WEBHOOKS_OF_CREDENTIAL};
use crate::control::operations::events::example;
use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal};
use crate::delivery::webhooks::Destination;
use crate::store::{CredentialRecord, WebhookFilter, WebhookKind, WebhookRecord};

/// Events that [`sample_events`] returns.
const MAX_SAMPLES: usize = 3;

/// The outcome of [`subscribe_hook`].
pub enum HookSubscription {
    New(CreatedWebhook),
    /// The same URL and event had a hook already.
    Existing(CreatedWebhook),
}

/// Subscribes a URL to an event for the credential that asks.
///
/// # Errors
/// [`Invalid`](crate::control::operations::Invalid); [`WebhookConflict`].
pub async fn subscribe_hook(
    call: &OperationContext<'_>,
    credential: &CredentialRecord,
    url: &str,
    wanted: &Subscription,
) -> Result<HookSubscription, OperationError<WebhookConflict>> {
    let (destination, subscription) = checked(call, url, (&wanted.entity, &wanted.operation)).await?;
    let mut transaction = call.store.begin(call.now).await?;
    // Before the credential, as imports do.
    transaction.account(credential.account.as_str()).await?;
    // Locked: of two equal requests at once, the second finds the hook of the first.
    let credential = transaction.credential(credential.id.as_str()).await?;
    let credential = credential.ok_or(OperationRefusal::Revoked)?;
    let url = destination.to_string();
    let event = (subscription.entity.as_str(), subscription.operation.as_str());
    if let Some(mut record) = transaction.rest_hook_like(credential.id.as_str(), &url, event).await? {
        // Subscribed again by a receiver that has recovered.
        if record.switched_off.is_some() {
            record = write(call, &mut transaction, "play_webhook", &record, |record| {
                forget_failures(record);
                Ok(())
            })
            .await?;
            transaction.commit().await?;
        }
        let secret = webhook_secret(call, &record)?;
        return Ok(HookSubscription::Existing(CreatedWebhook { record, secret }));
    }
    let record = record(call, &credential, &destination, subscription, WebhookKind::RestHook)?;
    let created = insert(call, &mut transaction, record).await?;
    transaction.commit().await?;
    Ok(HookSubscription::New(created))
}

/// The hooks of a credential, newest first.
///
/// # Errors
/// When the store does not answer.
pub async fn list_hooks(
    call: &OperationContext<'_>,
    credential: &CredentialRecord,
) -> Result<Vec<WebhookRecord>, OperationError> {
    let filter = WebhookFilter { credential: Some(credential.id.clone()), ..WebhookFilter::default() };
    let limit = u32::try_from(MAX_WEBHOOKS_OF_CREDENTIAL).unwrap_or(u32::MAX);
    let listing = call.store.list_webhooks(&filter, None, limit, call.now).await?;
    let hooks = listing.records.into_iter().map(|listed| listed.webhook);
    Ok(hooks.filter(|hook| hook.kind == WebhookKind::RestHook).collect())
}

/// Removes a hook of the credential. One that is gone already is no fault.
///
/// # Errors
/// When the store cannot be written.
pub async fn unsubscribe_hook(
    call: &OperationContext<'_>,
    credential: &CredentialRecord,
    id: &str,
) -> Result<(), OperationError> {
    let mut transaction = call.store.begin(call.now).await?;
    let found = transaction.webhook(id).await?;
    let own = found.filter(|record| record.credential == credential.id && record.kind == WebhookKind::RestHook);
    if let Some(record) = own {
        transaction.delete_webhook(id).await?;
        call.record(&mut transaction, &entry("unsubscribe_webhook", &record, Some(&record), None)).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Removes all hooks of the credential with this URL.
///
/// # Errors
/// When the store cannot be written.
pub async fn unsubscribe_hook_url(
    call: &OperationContext<'_>,
    credential: &CredentialRecord,
    url: &str,
) -> Result<(), OperationError> {
    // As it was stored; what is no URL of a webhook any more is compared as it is.
    let stored = call.terms.webhooks.and_then(|terms| Destination::parse(url, &terms.destinations).ok());
    let stored = stored.map(|destination| destination.to_string());
    for hook in list_hooks(call, credential).await? {
        if hook.url == url || stored.as_ref() == Some(&hook.url) {
            unsubscribe_hook(call, credential, hook.id.as_str()).await?;
        }
    }
    Ok(())
}

/// Up to three events as they were delivered, newest first; without one, an example of the settings.
///
/// # Errors
/// When the store does not answer.
pub async fn sample_events(
    call: &OperationContext<'_>,
    credential: &CredentialRecord,
    wanted: &Subscription,
) -> Result<Vec<Value>, OperationError> {
    let terms = call.terms.webhooks.ok_or(OperationRefusal::from(NotFound("webhook")))?;
    let names = wanted.names(&terms.settings);
    let found = call.store.event_samples(&credential.account, Some(&credential.id), &names, MAX_SAMPLES).await?;
    let samples: Vec<Value> = found.iter().filter_map(|sample| serde_json::from_str(&sample.body).ok()).collect();
    if !samples.is_empty() {
        return Ok(samples);
    }
    // Of the API behind, whose events come last.
    let examples = names.iter().rev().filter_map(|(entity, operation)| {
        let named = Subscription { entity: (*entity).to_owned(), operation: (*operation).to_owned() };
        example(&named, credential, &terms.settings, call.now)
    });
    Ok(examples.take(1).collect())
}
