use zeroize::Zeroizing;

use super::change::{WebhookConflict, entry};
use super::reach::{WebhookReach, manageable};
use super::secret::derive;
use super::subscription::Subscription;
use super::{MAX_WEBHOOKS_OF_ACCOUNT, MAX_WEBHOOKS_OF_CREDENTIAL};
use crate::control::Sentence;
use crate::control::operations::ids::new_id;
use crate::control::operations::{Invalid, NotFound, OperationContext, OperationError, OperationRefusal, Outcome};
use crate::control::views::WebhookView;
use crate::credential::Label;
use crate::delivery::webhooks::Destination;
use crate::store::{CredentialRecord, Transaction, WebhookKind, WebhookRecord, WebhookSecretRef, whole_millis};

#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// The credential that it belongs to, and stops with.
    pub credential: Label,
    pub url: String,
    /// [`super::ANY`], or an entity of the settings or of this program.
    pub entity: String,
    /// [`super::ANY`], or an operation of that entity.
    pub operation: String,
}

pub struct CreatedWebhook {
    pub record: WebhookRecord,
    /// Revealed once.
    pub secret: Zeroizing<String>,
}

/// Creates a webhook.
///
/// # Errors
/// A refusal; [`Invalid`], also for a URL that leads to an address that is not public; [`WebhookConflict`].
pub async fn create_webhook(
    call: &OperationContext<'_>,
    new: NewWebhook,
) -> Result<Outcome<CreatedWebhook>, OperationError<WebhookConflict>> {
    let reach = manageable(call).await?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    let (destination, subscription) = checked(call, &new.url, (&new.entity, &new.operation)).await?;
    let account = call.store.credential(new.credential.as_str()).await?.map(|credential| credential.account);
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    // Before the credential, as imports do.
    if let Some(account) = account {
        transaction.account(account.as_str()).await?;
    }
    let credential = credential_within(&mut transaction, &reach, &new.credential).await?;
    let record = record(call, &credential, &destination, subscription, WebhookKind::Console)?;
    let created = insert(call, &mut transaction, record).await?;
    call.store_response(&mut transaction, &WebhookView::from(&created.record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(created))
}

/// Where it leads, checked with the addresses of its name, and what it asks for.
pub(super) async fn checked(
    call: &OperationContext<'_>,
    url: &str,
    (entity, operation): (&str, &str),
) -> Result<(Destination, Subscription), OperationError<WebhookConflict>> {
    let terms = call.terms.webhooks.ok_or(OperationRefusal::from(NotFound("webhook")))?;
    let mut invalid = Invalid::default();
    let destination = Destination::parse(url, &terms.destinations);
    if let Err(fault) = &destination {
        invalid.add("url", fault.clone().into());
    }
    let subscription = Subscription::parse(entity, operation, &terms.settings);
    if let Err(faults) = &subscription {
        invalid = invalid.and(faults.clone());
    }
    let (Ok(destination), Ok(subscription)) = (destination, subscription) else { return Err(invalid.into()) };
    if let Err(fault) = destination.resolve(&terms.destinations).await {
        return Err(Invalid::one("url", fault.into()).into());
    }
    Ok((destination, subscription))
}

/// Locks the credential, so that it is not deleted before the commit.
async fn credential_within(
    transaction: &mut Transaction,
    reach: &WebhookReach<'_>,
    id: &Label,
) -> Result<CredentialRecord, OperationError<WebhookConflict>> {
    let is_within = |record: &CredentialRecord| reach.covers_credential(&record.account, &record.id);
    let found = transaction.credential(id.as_str()).await?.filter(is_within);
    Ok(found.ok_or_else(|| Invalid::one("credential", Sentence::WebhookCredential))?)
}

pub(super) fn record(
    call: &OperationContext<'_>,
    credential: &CredentialRecord,
    destination: &Destination,
    subscription: Subscription,
    kind: WebhookKind,
) -> Result<WebhookRecord, OperationError<WebhookConflict>> {
    let keys = call.installation_keys.ok_or(WebhookConflict::KeyMissing)?;
    Ok(WebhookRecord {
        id: new_id("wh_")?,
        account: credential.account.clone(),
        credential: credential.id.clone(),
        url: destination.to_string(),
        entity: subscription.entity,
        operation: subscription.operation,
        kind,
        created_by: call.caller_key(),
        secret: WebhookSecretRef { key_id: keys.current().id().to_owned(), generation: 1 },
        previous_secret: None,
        paused: false,
        failing_since: None,
        last_failure_at: None,
        last_success_at: None,
        warned_days: 0,
        switched_off: None,
        created_at: whole_millis(call.now),
        revision: 1,
        stop: None,
    })
}

/// Inserts a webhook within the bounds, with its audit entry. Lock the account before the credential, so that two requests
/// at once cannot pass the bounds.
pub(super) async fn insert(
    call: &OperationContext<'_>,
    transaction: &mut Transaction,
    record: WebhookRecord,
) -> Result<CreatedWebhook, OperationError<WebhookConflict>> {
    if transaction.count_webhooks_of_account(record.account.as_str()).await? >= MAX_WEBHOOKS_OF_ACCOUNT {
        return Err(WebhookConflict::TooManyOfAccount(MAX_WEBHOOKS_OF_ACCOUNT).into());
    }
    if transaction.count_webhooks_of_credential(record.credential.as_str()).await? >= MAX_WEBHOOKS_OF_CREDENTIAL {
        return Err(WebhookConflict::TooManyOfCredential(MAX_WEBHOOKS_OF_CREDENTIAL).into());
    }
    let secret = derive(call, record.id.as_str(), &record.secret)?.reveal();
    transaction.insert_webhook(&record).await?;
    let found = transaction.webhook(record.id.as_str()).await?;
    let record = found.ok_or(OperationRefusal::from(NotFound("webhook")))?;
    call.record(transaction, &entry("create_webhook", &record, None, Some(&record))).await?;
    Ok(CreatedWebhook { record, secret })
}
