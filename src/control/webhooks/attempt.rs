//! One attempt: signs, sends, and decides what follows.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use jiff::Timestamp;

use super::schedule::next_attempt;
use crate::clock::Clock;
use crate::config::Diagnostic;
use crate::control::LiveSettings;
use crate::control::installation_key::SharedKeys;
use crate::control::operations::WebhookTerms;
use crate::credential::WebhookSecret;
use crate::delivery::webhooks::{WebhookClient, WebhookOutcome, WebhookRequest, WebhookResponse};
use crate::store::{AttemptRecord, ClaimedDelivery, NextStep, WebhookRecord, WebhookSecretRef};

/// The client of the present settings.
#[derive(Default)]
pub(super) struct Clients(Mutex<Option<(Weak<LiveSettings>, WebhookClient)>>);

impl Clients {
    /// Made anew when a reload changes the settings. One that cannot be made is tried again at the next call: that of other
    /// settings may allow what these forbid.
    ///
    /// # Errors
    /// Why certificates cannot be read.
    pub(super) fn of(&self, settings: &Arc<LiveSettings>, terms: &WebhookTerms) -> Result<WebhookClient, Diagnostic> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, client)) = &*current
            && std::ptr::eq(of.as_ptr(), Arc::as_ptr(settings))
        {
            return Ok(client.clone());
        }
        let client = WebhookClient::new(&terms.settings)?;
        *current = Some((Arc::downgrade(settings), client.clone()));
        Ok(client)
    }
}

/// Why a claimed delivery is given back: nothing was sent, and nothing counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotSent {
    /// This process has no installation key, or no client.
    Unable,
    /// This process is looking up too many other names.
    Busy,
}

/// Sends a claimed delivery once.
///
/// # Errors
/// When this process sends nothing now.
pub(super) async fn send(
    client: Option<&WebhookClient>,
    terms: &WebhookTerms,
    keys: &SharedKeys,
    claimed: &ClaimedDelivery,
    clock: &Clock,
) -> Result<(AttemptRecord, NextStep), NotSent> {
    let at = clock.now();
    let signature = signature(keys, &claimed.webhook, &claimed.id, at, &claimed.body).ok_or(NotSent::Unable)?;
    let request = WebhookRequest {
        id: claimed.id.clone(),
        timestamp: at.as_second(),
        signature,
        body: Bytes::copy_from_slice(claimed.body.as_bytes()),
    };
    let response = client.ok_or(NotSent::Unable)?.send(&claimed.webhook.url, &terms.destinations, &request).await;
    // Delays run from the answer.
    let next = follow_up(claimed, response.outcome, response.retry_after, clock.now())?;
    Ok((recorded(response, at), next))
}

/// `None` where the key of the present secret is missing.
fn signature(keys: &SharedKeys, webhook: &WebhookRecord, id: &str, now: Timestamp, body: &str) -> Option<String> {
    let keys = keys.get()?;
    let derived = |secret: &WebhookSecretRef| {
        let key = keys.with_id(&secret.key_id)?;
        Some(WebhookSecret::derive(key, webhook.id.as_str(), secret.generation))
    };
    let previous = webhook.previous_secret.as_ref().filter(|previous| now < previous.until);
    let secrets = [Some(derived(&webhook.secret)?), previous.and_then(|previous| derived(&previous.secret))];
    let secrets: Vec<&WebhookSecret> = secrets.iter().flatten().collect();
    Some(WebhookSecret::signatures(&secrets, id, now.as_second(), body.as_bytes()))
}

fn follow_up(
    claimed: &ClaimedDelivery,
    outcome: WebhookOutcome,
    pause: Option<std::time::Duration>,
    now: Timestamp,
) -> Result<NextStep, NotSent> {
    Ok(match outcome {
        WebhookOutcome::NotSent => return Err(NotSent::Busy),
        WebhookOutcome::Delivered => NextStep::Delivered,
        // A test and a replay are one attempt, and count neither for nor against.
        WebhookOutcome::Gone if !claimed.is_test && claimed.replay_of.is_none() => NextStep::Gone,
        _ if claimed.is_test || claimed.replay_of.is_some() => NextStep::Failed,
        WebhookOutcome::Gone | WebhookOutcome::Failed => {
            let next = next_attempt(claimed.attempts_of_schedule, now, pause, fastrand::f64());
            next.map_or(NextStep::Failed, NextStep::Retry)
        }
    })
}

fn recorded(response: WebhookResponse, at: Timestamp) -> AttemptRecord {
    AttemptRecord {
        at,
        status: response.status,
        millis: u32::try_from(response.duration_millis).unwrap_or(u32::MAX),
        error: response.error.map(|error| error.as_str().to_owned()),
        excerpt: response.excerpt,
    }
}
