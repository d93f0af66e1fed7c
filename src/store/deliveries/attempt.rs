//! What became of attempts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::claim::ClaimedDelivery;
use super::give_up::end_columns;
use super::state::{DeliveryState, NotDelivered};
use crate::store::statement;
use crate::store::transaction::{BATCH, Touched, build, lock_all, timed};
use crate::store::{StoreError, SwitchedOffWhy, Transaction, WebhookKind};

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    pub at: Timestamp,
    /// HTTP status; `None`: there was no answer.
    pub status: Option<u16>,
    /// How long it took.
    pub millis: u32,
    /// Why it failed.
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub excerpt: Option<String>,
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    Delivered,
    /// It failed, and another attempt follows at this time.
    Retry(Timestamp),
    /// It failed, and no attempt follows. A replay returns to its state before.
    Failed,
    /// The receiver is gone: a webhook of the console is switched off, a REST hook deleted.
    Gone,
}

/// An attempt at a claimed delivery, and what follows.
#[derive(Debug, Clone, Copy)]
pub struct EndedAttempt<'e> {
    pub claimed: &'e ClaimedDelivery,
    pub attempt: &'e AttemptRecord,
    pub next: NextStep,
}

/// What became of the record of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    Written,
    /// The lease had ended and another process has claimed the delivery, or it is gone.
    NotClaimed,
    /// Another transaction has locked the webhook.
    Locked,
}

impl Transaction {
    /// Records an attempt at a claimed delivery, and ends the claim; it waits for the lock of the webhook. Tests and replays
    /// do not count for the webhook, but for [`NextStep::Gone`]. False, and nothing is written, when the lease had ended
    /// and another process has claimed the delivery, or it is gone.
    pub async fn record_delivery_attempt(
        &mut self,
        claimed: &ClaimedDelivery,
        attempt: &AttemptRecord,
        next: NextStep,
    ) -> Result<bool, StoreError> {
        // Before its delivery, as every transaction does.
        let webhook = claimed.webhook.id.as_str();
        if !self.for_no_key_update().is_empty() {
            let _locked: Vec<(String,)> =
                lock_all!(self, "webhooks", "id", [webhook].as_slice(), self.for_no_key_update())?;
        }
        let written = self.record_locked(&[EndedAttempt { claimed, attempt, next }]).await?;
        if written.is_empty() {
            return Ok(false);
        }
        if next == NextStep::Gone {
            match claimed.webhook.kind {
                WebhookKind::Console => self.switch_off_webhook(webhook, SwitchedOffWhy::Gone).await?,
                WebhookKind::RestHook => self.delete_webhook(webhook).await?,
            };
        }
        Ok(true)
    }

    /// Records several attempts, none of them [`NextStep::Gone`]; one outcome for each, in the same order. It waits for no
    /// lock of a webhook, so that one that is locked for long holds up none of the others.
    pub async fn record_delivery_attempts(&mut self, ended: &[EndedAttempt<'_>]) -> Result<Vec<Recorded>, StoreError> {
        let webhooks: BTreeSet<&str> = ended.iter().map(|one| one.claimed.webhook.id.as_str()).collect();
        let webhooks: Vec<&str> = webhooks.into_iter().collect();
        let lock = if self.for_no_key_update().is_empty() { "" } else { " FOR NO KEY UPDATE SKIP LOCKED" };
        let locked: Vec<(String,)> = lock_all!(self, "webhooks", "id", webhooks.as_slice(), lock)?;
        let locked: BTreeSet<&str> = locked.iter().map(|(id,)| id.as_str()).collect();
        let is_locked = |one: &EndedAttempt<'_>| locked.contains(one.claimed.webhook.id.as_str());
        let own: Vec<EndedAttempt<'_>> = ended.iter().filter(|one| is_locked(one)).copied().collect();
        let written = self.record_locked(&own).await?;
        let outcome = |one: &EndedAttempt<'_>| {
            if !is_locked(one) {
                Recorded::Locked
            } else if written.contains(&one.key()) {
                Recorded::Written
            } else {
                Recorded::NotClaimed
            }
        };
        Ok(ended.iter().map(outcome).collect())
    }

    /// The keys of those that were written. Their webhooks are locked.
    async fn record_locked(&mut self, ended: &[EndedAttempt<'_>]) -> Result<BTreeSet<(String, i64)>, StoreError> {
        let mut written = BTreeSet::new();
        for kind in StepKind::ALL {
            let ended: Vec<_> = ended.iter().filter(|one| StepKind::of(one.next) == kind).collect();
            for batch in ended.chunks(BATCH) {
                written.extend(self.end_claims(kind, batch).await?);
            }
        }
        let ended: Vec<EndedAttempt<'_>> = ended.iter().filter(|one| written.contains(&one.key())).copied().collect();
        for batch in ended.chunks(BATCH) {
            self.insert_attempts(batch).await?;
        }
        self.count_attempts(&ended).await?;
        Ok(written)
    }

    /// Gives a claimed delivery back: nothing was tried, and nothing counts. The next attempt is due at `next_at`.
    pub async fn release_delivery(&mut self, claimed: &ClaimedDelivery, next_at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET claimed_by = NULL, claimed_until = NULL, attempts = attempts - 1, next_at = $1
            WHERE id = $2 AND claimed_by = $3 AND attempts = $4 AND state = 'waiting'";
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(next_at.as_millisecond())
            .bind(&claimed.id)
            .bind(&claimed.claimed_by)
            .bind(i64::from(claimed.attempts))
            .execute(connection))?;
        Ok(())
    }

    /// The keys of those that this process had still claimed.
    async fn end_claims(
        &mut self,
        kind: StepKind,
        ended: &[&EndedAttempt<'_>],
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let begin = format!(
            "UPDATE deliveries SET {}, last_status = ended.column2, last_error = ended.column3 FROM (",
            kind.columns()
        );
        build!(self, begin.as_str(), |sql, connection| {
            sql.push_values(ended, |mut row, EndedAttempt { claimed, attempt, next }| {
                let at = if let NextStep::Retry(at) = next { *at } else { attempt.at };
                row.push_bind(at.as_millisecond())
                    .push_bind(attempt.status.map(i64::from))
                    .push_bind(attempt.error.as_deref())
                    .push_bind(claimed.id.as_str())
                    .push_bind(claimed.claimed_by.as_str())
                    .push_bind(i64::from(claimed.attempts));
            });
            sql.push(
                ") AS ended WHERE deliveries.id = ended.column4 AND claimed_by = ended.column5
                AND attempts = ended.column6 AND state = 'waiting' RETURNING deliveries.id, attempts",
            );
            sql.build_query_as().persistent(false).fetch_all(connection)
        })
    }

    async fn insert_attempts(&mut self, ended: &[EndedAttempt<'_>]) -> Result<(), StoreError> {
        let begin = "INSERT INTO attempts (delivery, number, at, status, millis, error, excerpt) ";
        let _touched: Touched = build!(self, begin, |sql, connection| {
            sql.push_values(ended, |mut row, EndedAttempt { claimed, attempt, .. }| {
                row.push_bind(claimed.id.as_str())
                    .push_bind(i64::from(claimed.attempts))
                    .push_bind(attempt.at.as_millisecond())
                    .push_bind(attempt.status.map(i64::from))
                    .push_bind(i64::from(attempt.millis))
                    .push_bind(attempt.error.as_deref())
                    .push_bind(attempt.excerpt.as_deref());
            });
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }

    async fn count_attempts(&mut self, ended: &[EndedAttempt<'_>]) -> Result<(), StoreError> {
        let mut of_webhooks: BTreeMap<&str, Vec<(Timestamp, bool)>> = BTreeMap::new();
        for EndedAttempt { claimed, attempt, next } in ended {
            if !claimed.is_test && claimed.replay_of.is_none() {
                let of_webhook = of_webhooks.entry(claimed.webhook.id.as_str()).or_default();
                of_webhook.push((attempt.at, *next == NextStep::Delivered));
            }
        }
        let mut succeeded = Vec::new();
        for (webhook, mut attempts) in of_webhooks {
            attempts.sort();
            if attempts.iter().all(|(_, is_success)| *is_success) {
                succeeded.extend(attempts.last().map(|(at, _)| (webhook, *at)));
                continue;
            }
            for (at, is_success) in attempts {
                if is_success {
                    self.count_successes(&[(webhook, at)]).await?;
                } else {
                    self.count_failure(webhook, at).await?;
                }
            }
        }
        for batch in succeeded.chunks(BATCH) {
            self.count_successes(batch).await?;
        }
        Ok(())
    }

    /// Each webhook once.
    async fn count_successes(&mut self, succeeded: &[(&str, Timestamp)]) -> Result<(), StoreError> {
        let begin =
            "UPDATE webhooks SET last_success_at = succeeded.column2, failing_since = NULL, warned_days = 0 FROM (";
        let _touched: Touched = build!(self, begin, |sql, connection| {
            sql.push_values(succeeded, |mut row, (webhook, at)| {
                row.push_bind(*webhook).push_bind(at.as_millisecond());
            });
            sql.push(") AS succeeded WHERE webhooks.id = succeeded.column1");
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }

    async fn count_failure(&mut self, webhook: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE webhooks SET last_failure_at = $1, failing_since = COALESCE(failing_since, $1) WHERE id = $2";
        let at = at.as_millisecond();
        let _touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(at).bind(webhook).execute(connection))?;
        Ok(())
    }
}

impl EndedAttempt<'_> {
    /// Of the claim: the delivery, and the number of the attempt.
    fn key(&self) -> (String, i64) {
        (self.claimed.id.clone(), i64::from(self.claimed.attempts))
    }
}

/// The kinds of [`NextStep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepKind {
    Delivered,
    Retry,
    Failed,
    Gone,
}

impl StepKind {
    const ALL: [Self; 4] = [Self::Delivered, Self::Retry, Self::Failed, Self::Gone];

    fn of(next: NextStep) -> Self {
        match next {
            NextStep::Delivered => Self::Delivered,
            NextStep::Retry(_) => Self::Retry,
            NextStep::Failed => Self::Failed,
            NextStep::Gone => Self::Gone,
        }
    }

    /// Sets the columns of a delivery, from the row `ended`.
    fn columns(self) -> String {
        const FREE: &str = "claimed_by = NULL, claimed_until = NULL";
        let (failed, gone) = (quoted(DeliveryState::Failed.as_str()), quoted(NotDelivered::Gone.as_str()));
        match self {
            Self::Delivered => format!(
                "state = '{}', why = NULL, done_at = ended.column1, replay_of = NULL, next_at = NULL, {FREE}",
                DeliveryState::Delivered.as_str()
            ),
            Self::Retry => format!("next_at = ended.column1, {FREE}"),
            Self::Failed => end_columns(&failed, "NULL", "ended.column1"),
            Self::Gone => end_columns(&failed, &gone, "ended.column1"),
        }
    }
}

/// Words of this program, which hold no quotation mark.
fn quoted(word: &str) -> String {
    format!("'{word}'")
}
