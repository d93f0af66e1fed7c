//! Recording what became of attempts. Those that end while a transaction is under way share the next one.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::worker::WebhookWorker;
use crate::store::{AttemptRecord, ClaimedDelivery, EndedAttempt, NextStep, StoreError};

/// Retries of recording an outcome; with their pauses they end well before the lease.
const RETRIES: u32 = 5;
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// Attempts that have ended, and wait for a transaction.
#[derive(Default)]
pub(super) struct Recorder {
    waiting: Mutex<Vec<(Ended, oneshot::Sender<()>)>>,
    /// Held by the one that records for all.
    turn: tokio::sync::Mutex<()>,
}

/// An attempt that has ended.
pub(super) struct Ended {
    pub(super) claimed: ClaimedDelivery,
    pub(super) attempt: AttemptRecord,
    pub(super) next: NextStep,
}

impl WebhookWorker {
    /// Returns once it is recorded, or given up: it is sent again then, after its lease.
    pub(super) async fn record(&self, ended: Ended) {
        if ended.next == NextStep::Gone {
            return self.record_one(&ended).await;
        }
        let recorder = &self.0.recorder;
        let (sender, mut is_recorded) = oneshot::channel();
        recorder.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((ended, sender));
        let _turn = tokio::select! {
            biased;
            _recorded = &mut is_recorded => return,
            turn = recorder.turn.lock() => turn,
        };
        let batch = std::mem::take(&mut *recorder.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let (batch, senders): (Vec<Ended>, Vec<_>) = batch.into_iter().unzip();
        if !batch.is_empty() {
            self.record_all(&batch).await;
        }
        for sender in senders {
            // An attempt that was cancelled needs no answer.
            let _gone = sender.send(());
        }
    }

    /// In one transaction; where that fails for good, each in its own.
    async fn record_all(&self, batch: &[Ended]) {
        let ended: Vec<EndedAttempt<'_>> = batch.iter().map(Ended::borrowed).collect();
        match persistently(|| self.try_record_all(&ended)).await {
            Ok(written) => {
                let lost = batch.iter().filter(|one| !written.contains(one.claimed.id.as_str()));
                lost.for_each(|one| log_lost(&one.claimed));
            }
            Err(error) if error.is_transient() => batch.iter().for_each(|one| log_fault(&one.claimed, &error)),
            Err(_) => {
                for one in batch {
                    self.record_one(one).await;
                }
            }
        }
    }

    async fn record_one(&self, ended: &Ended) {
        match persistently(|| self.try_record_one(ended)).await {
            Ok(true) => {}
            Ok(false) => log_lost(&ended.claimed),
            Err(error) => log_fault(&ended.claimed, &error),
        }
    }

    /// The ids of those that were still claimed.
    async fn try_record_all<'e>(&self, ended: &[EndedAttempt<'e>]) -> Result<BTreeSet<&'e str>, StoreError> {
        let mut transaction = self.0.store.begin(self.0.clock.now()).await?;
        let written = transaction.record_delivery_attempts(ended).await?;
        transaction.commit().await?;
        Ok(written)
    }

    async fn try_record_one(&self, ended: &Ended) -> Result<bool, StoreError> {
        if ended.next == NextStep::Gone {
            return self.record_gone(&ended.claimed, &ended.attempt).await;
        }
        let written = self.try_record_all(&[ended.borrowed()]).await?;
        Ok(!written.is_empty())
    }
}

/// Tries again for a few seconds of the lease: what is not recorded is sent twice.
async fn persistently<T, F>(record: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut outcome = record().await;
    for _ in 0..RETRIES {
        match outcome {
            Err(ref error) if error.is_transient() => tokio::time::sleep(RETRY_INTERVAL).await,
            _ => break,
        }
        outcome = record().await;
    }
    outcome
}

impl Ended {
    fn borrowed(&self) -> EndedAttempt<'_> {
        EndedAttempt { claimed: &self.claimed, attempt: &self.attempt, next: self.next }
    }
}

fn log_lost(claimed: &ClaimedDelivery) {
    tracing::warn!(delivery = claimed.id, "the lease of a delivery ended while it was sent, or it was deleted");
}

fn log_fault(claimed: &ClaimedDelivery, error: &StoreError) {
    let delivery = claimed.id.as_str();
    tracing::warn!(delivery, "what became of a delivery cannot be recorded; it is sent again: {error}");
}
