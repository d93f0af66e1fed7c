//! One attempt, and what becomes of it.

use std::sync::Arc;

use jiff::SignedDuration;

use super::attempt::{self, NotSent};
use super::unrecorded::UnrecordedAttempt;
use super::worker::WebhookWorker;
use crate::control::LiveSettings;
use crate::control::operations::{Caller, OperationContext, notice_mails, webhook_entry};
use crate::store::{AttemptRecord, ClaimedDelivery, NextStep, Purpose, StoreError};

/// Until the next attempt at what this process cannot send.
const RELEASE_DELAY: SignedDuration = SignedDuration::from_secs(60);

impl WebhookWorker {
    /// Sends a claimed delivery, and records what became of it.
    pub(super) async fn attempt(&self, claimed: ClaimedDelivery, settings: &Arc<LiveSettings>) {
        let Some(terms) = settings.webhooks.as_deref() else { return };
        let client = self.0.clients.of(settings, terms).ok();
        let sent = attempt::send(client.as_ref(), terms, &self.0.keys, &claimed, &self.0.clock).await;
        let (attempt, next) = match sent {
            Ok(sent) => sent,
            Err(why) => return self.release(&claimed, why).await,
        };
        let result = match next {
            NextStep::Delivered => "delivered",
            NextStep::Retry(_) => "delayed",
            NextStep::Failed => "failed",
            NextStep::Gone => "gone",
        };
        if let Some(metrics) = &self.0.metrics {
            metrics.webhooks.count_deliveries(result, 1);
        }
        let (status, error) = (attempt.status, attempt.error.as_deref().unwrap_or_default());
        let (delivery, webhook) = (claimed.id.as_str(), claimed.webhook.id.as_str());
        tracing::debug!(delivery, webhook, result, status, error, "webhook");
        self.record(UnrecordedAttempt { claimed, attempt, next }).await;
    }

    /// Gives a delivery back that this process cannot sign or send. Another one may be able to.
    async fn release(&self, claimed: &ClaimedDelivery, why: NotSent) {
        let (delivery, webhook) = (claimed.id.as_str(), claimed.webhook.id.as_str());
        if why == NotSent::Busy {
            tracing::warn!(delivery, webhook, "a webhook is not sent: too many names are being looked up");
        } else {
            let reason = "a webhook is not sent: the installation key of its secret is missing here";
            tracing::error!(delivery, webhook, "{reason}");
        }
        let now = self.0.clock.now();
        let next_at = now.checked_add(RELEASE_DELAY).unwrap_or(now);
        let released = async {
            let mut transaction = self.0.store.begin(now).await?;
            transaction.release_delivery(claimed, next_at).await?;
            transaction.commit().await
        };
        if let Err(error) = released.await {
            tracing::debug!(delivery, "a delivery cannot be given back; its lease ends by itself: {error}");
        }
    }

    /// What a receiver that is gone ends: its webhook, with an audit entry and a mail. False where nothing was written.
    pub(super) async fn record_gone(
        &self,
        claimed: &ClaimedDelivery,
        attempt: &AttemptRecord,
    ) -> Result<bool, StoreError> {
        let now = self.0.clock.now();
        let mut transaction = self.0.store.begin(now).await?;
        let Some(before) = transaction.webhook(claimed.webhook.id.as_str()).await? else { return Ok(false) };
        // The answer was of the URL before an edit.
        let next = if before.url == claimed.webhook.url { NextStep::Gone } else { NextStep::Retry(now) };
        let is_mine = transaction.record_delivery_attempt(claimed, attempt, next).await?;
        if is_mine && next == NextStep::Gone {
            let caller = Caller::system();
            let after = transaction.webhook(before.id.as_str()).await?;
            let verb = if after.is_some() { "switch_off_webhook" } else { "delete_webhook" };
            transaction.audit(&caller.actor, &webhook_entry(verb, &before, Some(&before), after.as_ref())).await?;
            if after.is_some() {
                let settings = self.0.settings.load_full();
                let call = OperationContext::new(&self.0.store, &caller, now, settings.terms());
                notice_mails::webhook(&call, &mut transaction, Purpose::WebhookStopped, &before).await?;
            }
        }
        transaction.commit().await?;
        Ok(is_mine)
    }
}
