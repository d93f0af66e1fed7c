//! What became of attempts.

use jiff::Timestamp;

use super::claim::ClaimedDelivery;
use super::give_up::GIVE_UP;
use super::state::{DeliveryState, NotDelivered};
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
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

impl Transaction {
    /// Records an attempt at a claimed delivery, and ends the claim. Tests and replays do not count for the webhook, but
    /// for [`NextStep::Gone`]. False, and nothing is written, when the lease had ended and another process has claimed the
    /// delivery, or it is gone.
    pub async fn record_delivery_attempt(
        &mut self,
        claimed: &ClaimedDelivery,
        attempt: &AttemptRecord,
        next: NextStep,
    ) -> Result<bool, StoreError> {
        if !self.lock_webhook_of_attempt(claimed).await? || !self.end_claim(claimed, attempt, next).await? {
            return Ok(false);
        }
        self.insert_attempt(claimed, attempt).await?;
        if !claimed.is_test && claimed.replay_of.is_none() {
            self.count_attempt(claimed.webhook.id.as_str(), attempt.at, next).await?;
        }
        if next == NextStep::Gone {
            let webhook = claimed.webhook.id.as_str();
            match claimed.webhook.kind {
                WebhookKind::Console => self.switch_off_webhook(webhook, SwitchedOffWhy::Gone).await?,
                WebhookKind::RestHook => self.delete_webhook(webhook).await?,
            };
        }
        Ok(true)
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

    /// Before its delivery, as every transaction does. False when it is deleted.
    async fn lock_webhook_of_attempt(&mut self, claimed: &ClaimedDelivery) -> Result<bool, StoreError> {
        let sql = format!("SELECT id FROM webhooks WHERE id = $1{}", self.for_no_key_update());
        let locked: Option<(String,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(claimed.webhook.id.as_str())
            .fetch_optional(connection))?;
        Ok(locked.is_some())
    }

    async fn end_claim(
        &mut self,
        claimed: &ClaimedDelivery,
        attempt: &AttemptRecord,
        next: NextStep,
    ) -> Result<bool, StoreError> {
        let (outcome, state, why) = match next {
            NextStep::Delivered => (
                "state = $1, why = $2, done_at = $3, replay_of = NULL, next_at = NULL, claimed_by = NULL,
                claimed_until = NULL",
                DeliveryState::Delivered,
                None,
            ),
            NextStep::Retry(_) => (
                "state = $1, why = COALESCE($2, why), next_at = $3, claimed_by = NULL, claimed_until = NULL",
                DeliveryState::Waiting,
                None,
            ),
            NextStep::Failed => (GIVE_UP, DeliveryState::Failed, None),
            NextStep::Gone => (GIVE_UP, DeliveryState::Failed, Some(NotDelivered::Gone)),
        };
        let at = match next {
            NextStep::Retry(at) => at,
            NextStep::Delivered | NextStep::Failed | NextStep::Gone => attempt.at,
        };
        let sql = format!(
            "UPDATE deliveries SET {outcome}, last_status = $4, last_error = $5
            WHERE id = $6 AND claimed_by = $7 AND attempts = $8 AND state = 'waiting'"
        );
        let touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(state.as_str())
            .bind(why.map(NotDelivered::as_str))
            .bind(at.as_millisecond())
            .bind(attempt.status.map(i64::from))
            .bind(attempt.error.as_deref())
            .bind(&claimed.id)
            .bind(&claimed.claimed_by)
            .bind(i64::from(claimed.attempts))
            .execute(connection))?;
        Ok(touched.0 > 0)
    }

    async fn insert_attempt(&mut self, claimed: &ClaimedDelivery, attempt: &AttemptRecord) -> Result<(), StoreError> {
        let sql = "INSERT INTO attempts (delivery, number, at, status, millis, error, excerpt)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(&claimed.id)
            .bind(i64::from(claimed.attempts))
            .bind(attempt.at.as_millisecond())
            .bind(attempt.status.map(i64::from))
            .bind(i64::from(attempt.millis))
            .bind(attempt.error.as_deref())
            .bind(attempt.excerpt.as_deref())
            .execute(connection))?;
        Ok(())
    }

    async fn count_attempt(&mut self, webhook: &str, at: Timestamp, next: NextStep) -> Result<(), StoreError> {
        let sql = match next {
            NextStep::Delivered => {
                "UPDATE webhooks SET last_success_at = $1, failing_since = NULL, warned_days = 0 WHERE id = $2"
            }
            NextStep::Retry(_) | NextStep::Failed | NextStep::Gone => {
                "UPDATE webhooks SET last_failure_at = $1, failing_since = COALESCE(failing_since, $1) WHERE id = $2"
            }
        };
        let at = at.as_millisecond();
        let _touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(at).bind(webhook).execute(connection))?;
        Ok(())
    }
}
