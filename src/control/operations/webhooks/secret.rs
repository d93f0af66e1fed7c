//! The secret that signs what a webhook sends. It is derived, and stored nowhere.

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::change::{WebhookConflict, lock_webhook, write};
use super::reach::manageable;
use crate::control::operations::{OperationContext, OperationError, Outcome};
use crate::control::views::WebhookView;
use crate::credential::WebhookSecret;
use crate::store::{PreviousWebhookSecret, WebhookRecord, WebhookSecretRef, whole_millis};

/// How long both secrets sign after a renewal.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// The result of [`renew_secret`].
pub struct NewWebhookSecret {
    pub record: WebhookRecord,
    /// Revealed once.
    pub secret: Zeroizing<String>,
}

/// Gives a webhook a new secret. The previous one signs as well for 24 hours, or stops `at_once`.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn renew_secret(
    call: &OperationContext<'_>,
    id: &str,
    at_once: bool,
) -> Result<Outcome<NewWebhookSecret>, OperationError<WebhookConflict>> {
    let reach = manageable(call).await?;
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    let before = lock_webhook(call, &reach, &mut transaction, id).await?;
    let keys = call.installation_keys.ok_or(WebhookConflict::KeyMissing)?;
    let until = call.now.checked_add(OVERLAP).map(whole_millis).unwrap_or(call.now);
    let record = write(call, &mut transaction, "renew_webhook_secret", &before, |record| {
        record.previous_secret = (!at_once).then(|| PreviousWebhookSecret { secret: record.secret.clone(), until });
        let generation = record.secret.generation + 1;
        record.secret = WebhookSecretRef { key_id: keys.current().id().to_owned(), generation };
        Ok(())
    })
    .await?;
    let secret = derive(call, record.id.as_str(), &record.secret)?.reveal();
    call.store_response(&mut transaction, &WebhookView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(NewWebhookSecret { record, secret }))
}

/// Stops the previous secret now.
///
/// # Errors
/// A refusal, or a store that cannot be written.
pub async fn end_previous_secret(
    call: &OperationContext<'_>,
    id: &str,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    super::change::change(call, ("end_webhook_overlap", id), |record| {
        record.previous_secret = None;
        Ok(())
    })
    .await
}

/// The present secret of a REST hook, whose subscriber may ask for it again.
///
/// # Errors
/// [`WebhookConflict::KeyMissing`].
pub(super) fn webhook_secret(
    call: &OperationContext<'_>,
    record: &WebhookRecord,
) -> Result<Zeroizing<String>, OperationError<WebhookConflict>> {
    Ok(derive(call, record.id.as_str(), &record.secret)?.reveal())
}

pub(super) fn derive(
    call: &OperationContext<'_>,
    webhook: &str,
    secret: &WebhookSecretRef,
) -> Result<WebhookSecret, OperationError<WebhookConflict>> {
    let keys = call.installation_keys.ok_or(WebhookConflict::KeyMissing)?;
    let key = keys.with_id(&secret.key_id).ok_or(WebhookConflict::KeyMissing)?;
    Ok(WebhookSecret::derive(key, webhook, secret.generation))
}
