//! Records what became of attempts.

use std::time::Duration;

use super::unrecorded::UnrecordedAttempt;
use super::worker::WebhookWorker;
use crate::store::{ClaimedDelivery, EndedAttempt, NextStep, Recorded, StoreError};

const MAX_RETRIES: u32 = 5;
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

impl WebhookWorker {
    /// Returns once it is recorded, or given up; then the delivery is sent again after its lease.
    pub(super) async fn record(&self, unrecorded: UnrecordedAttempt) {
        if unrecorded.next == NextStep::Gone {
            return self.record_alone(&unrecorded).await;
        }
        let mut receiver = self.0.unrecorded.push(unrecorded);
        let answer = tokio::select! {
            biased;
            answer = &mut receiver => answer,
            recording = self.0.unrecorded.recording.lock() => {
                self.record_waiting().await;
                drop(recording);
                receiver.await
            }
        };
        match answer {
            Ok(None) => {}
            // Without the others: one that cannot be recorded holds up none of them.
            Ok(Some(unrecorded)) => self.record_alone(&unrecorded).await,
            Err(_) => tracing::error!("an attempt was not recorded, because another one has failed"),
        }
    }

    /// In one transaction, which waits for no lock and is tried once. What it does not record is handed back.
    async fn record_waiting(&self) {
        let waiting = self.0.unrecorded.take();
        if waiting.is_empty() {
            return;
        }
        let ended: Vec<EndedAttempt<'_>> = waiting.iter().map(|(unrecorded, _)| unrecorded.ended()).collect();
        let recorded = self.try_record(&ended).await;
        if let Err(error) = &recorded {
            tracing::debug!("{} attempts cannot be recorded together: {error}", ended.len());
        }
        for (index, (unrecorded, sender)) in waiting.into_iter().enumerate() {
            let handed_back = match recorded.as_ref().ok().and_then(|recorded| recorded.get(index)) {
                Some(Recorded::Written) => None,
                Some(Recorded::NotClaimed) => {
                    log_lost(&unrecorded.claimed);
                    None
                }
                Some(Recorded::Locked) | None => Some(unrecorded),
            };
            // An attempt that was cancelled needs no answer.
            let _cancelled = sender.send(handed_back);
        }
    }

    async fn try_record(&self, ended: &[EndedAttempt<'_>]) -> Result<Vec<Recorded>, StoreError> {
        let mut transaction = self.0.store.begin(self.0.clock.now()).await?;
        let recorded = transaction.record_delivery_attempts(ended).await?;
        transaction.commit().await?;
        Ok(recorded)
    }

    /// Tries again for a few seconds of the lease: what is not recorded is sent twice.
    async fn record_alone(&self, unrecorded: &UnrecordedAttempt) {
        let claimed = &unrecorded.claimed;
        let mut outcome = self.try_record_alone(unrecorded).await;
        for _ in 0..MAX_RETRIES {
            let is_leased = self.0.clock.now() < claimed.lease_ends_at;
            match outcome {
                Err(ref error) if error.is_transient() && is_leased => tokio::time::sleep(RETRY_INTERVAL).await,
                _ => break,
            }
            outcome = self.try_record_alone(unrecorded).await;
        }
        match outcome {
            Ok(true) => {}
            Ok(false) => log_lost(claimed),
            Err(error) => {
                let delivery = claimed.id.as_str();
                tracing::warn!(delivery, "what became of a delivery cannot be recorded; it is sent again: {error}");
            }
        }
    }

    async fn try_record_alone(&self, unrecorded: &UnrecordedAttempt) -> Result<bool, StoreError> {
        let UnrecordedAttempt { claimed, attempt, next } = unrecorded;
        if *next == NextStep::Gone {
            return self.record_gone(claimed, attempt).await;
        }
        let mut transaction = self.0.store.begin(self.0.clock.now()).await?;
        let is_mine = transaction.record_delivery_attempt(claimed, attempt, *next).await?;
        transaction.commit().await?;
        Ok(is_mine)
    }
}

fn log_lost(claimed: &ClaimedDelivery) {
    tracing::warn!(delivery = claimed.id, "the lease of a delivery ended while it was sent, or it was deleted");
}
