//! Claims by lease: of all processes, one sends a message at a time. A process that dies loses its claim with the lease,
//! and another one tries again.

use jiff::{SignedDuration, Timestamp};

use super::message::{Channel, MessageState, NotSent, Purpose};
use crate::store::statement;
use crate::store::timestamps::from_millis;
use crate::store::transaction::{Touched, timed};
use crate::store::{Store, StoreError, Transaction, fetch};

/// Longer than an attempt may take.
const LEASE: SignedDuration = SignedDuration::from_secs(90);

/// A message that this process may send until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMessage {
    pub id: String,
    pub purpose: Purpose,
    pub target: String,
    pub recipient: String,
    pub locale: Option<String>,
    pub created_by: String,
    /// This one included, from 1; for a question for the status, those before it.
    pub attempts: u32,
    /// Of the provider; set where the message was accepted, and its status is to be asked for.
    pub provider_id: Option<String>,
    pub created_at: Timestamp,
    /// When the provider accepted it.
    pub sent_at: Option<Timestamp>,
    pub ends_at: Timestamp,
    /// The process of the previous attempt ended before it recorded one: the message may have gone out.
    pub may_be_repeated: bool,
    /// Identifies the claim.
    claimed_until: i64,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// `provider_id` of a text message; its status is asked for at `ask_at`.
    Accepted {
        provider_id: Option<String>,
        ask_at: Option<Timestamp>,
    },
    Delivered,
    Undelivered(SendFailure),
    /// Another attempt follows at `next_at`.
    Delayed {
        failure: SendFailure,
        next_at: Timestamp,
    },
    /// Nothing was tried, and nothing counts; the next look is at `next_at`.
    Postponed {
        failure: SendFailure,
        next_at: Timestamp,
    },
    Failed(SendFailure),
    GivenUp(SendFailure),
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendFailure {
    /// A stable word.
    pub code: &'static str,
    /// What the other side said, on one line, at most 300 characters; `None` where the word says it all.
    pub text: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    purpose: String,
    target: String,
    recipient: String,
    locale: Option<String>,
    created_by: String,
    attempts: i64,
    provider_id: Option<String>,
    created_at: i64,
    sent_at: Option<i64>,
    ends_at: i64,
    is_interrupted: i64,
    claimed_until: i64,
}

impl Store {
    /// Whether a message of this channel is due, or the status of one. Locks nothing.
    pub async fn has_due_message(&self, channel: Channel, now: Timestamp) -> Result<bool, StoreError> {
        let now = now.as_millisecond();
        let rows: Vec<(String,)> = fetch!(self, "", |sql, connection| {
            for (index, state) in ["waiting", "accepted"].into_iter().enumerate() {
                sql.push(if index > 0 { " UNION ALL " } else { "" });
                sql.push("SELECT id FROM outbox WHERE state = '").push(state).push("' AND next_at <= ").push_bind(now);
                sql.push(" AND COALESCE(claimed_until, 0) <= ").push_bind(now);
                sql.push(" AND channel = ").push_bind(channel.as_str());
            }
            sql.push(" LIMIT 1");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(!rows.is_empty())
    }
}

impl SendFailure {
    pub fn not_sent(why: NotSent) -> Self {
        Self { code: why.as_str(), text: None }
    }
}

impl Store {
    /// Whether this process still has the message, which nothing has cancelled meanwhile. Locks nothing.
    pub async fn holds_claim(&self, message: &ClaimedMessage) -> Result<bool, StoreError> {
        let rows: Vec<(String,)> =
            fetch!(self, "SELECT id FROM outbox WHERE state = 'waiting' AND id = ", |sql, connection| {
                sql.push_bind(message.id.as_str()).push(" AND claimed_until = ").push_bind(message.claimed_until);
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
        Ok(!rows.is_empty())
    }

    /// Ends a message whose row cannot be read, so that the others behind it are sent.
    pub async fn set_message_aside(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin(now).await?;
        let sql = "UPDATE outbox SET state = $1, next_at = NULL, error_code = $2 WHERE id = $3";
        let _touched: Touched = timed!(transaction, |connection| statement::query(sql)
            .bind(MessageState::Failed.as_str())
            .bind(NotSent::Unreadable.as_str())
            .bind(id)
            .execute(connection))?;
        transaction.commit().await
    }
}

impl Transaction {
    /// Claims the message of this channel that has been due the longest, and counts an attempt. Commit before sending.
    pub async fn claim_message(&mut self, channel: Channel, by: &str) -> Result<Option<ClaimedMessage>, StoreError> {
        self.claim(channel, by, ("waiting", 1)).await
    }

    /// The same for an accepted message whose status is to be asked for.
    pub async fn claim_unconfirmed(&mut self, by: &str) -> Result<Option<ClaimedMessage>, StoreError> {
        self.claim(Channel::Sms, by, ("accepted", 0)).await
    }

    async fn claim(
        &mut self,
        channel: Channel,
        by: &str,
        (state, attempt): (&'static str, i64),
    ) -> Result<Option<ClaimedMessage>, StoreError> {
        // Concurrent claims do not wait for each other.
        let lock = if self.for_update().is_empty() { "" } else { " FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "UPDATE outbox SET claimed_by = $1, claimed_until = $2, attempts = attempts + {attempt},
            is_interrupted = CASE WHEN claimed_until IS NULL THEN 0 ELSE 1 END WHERE id =
            (SELECT id FROM outbox WHERE state = '{state}' AND next_at <= $3 AND COALESCE(claimed_until, 0) <= $3
            AND channel = $4 ORDER BY next_at, id LIMIT 1{lock})
            RETURNING id, purpose, target, recipient, locale, created_by, attempts, provider_id, created_at, sent_at,
            ends_at, is_interrupted, claimed_until"
        );
        let until = self.now.checked_add(LEASE).unwrap_or(Timestamp::MAX).as_millisecond();
        let now = self.now.as_millisecond();
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(by)
            .bind(until)
            .bind(now)
            .bind(channel.as_str())
            .fetch_optional(connection))?;
        row.map(Row::claimed).transpose()
    }

    /// The same as [`Store::holds_claim`].
    pub async fn holds_claim(&mut self, message: &ClaimedMessage) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM outbox WHERE id = $1 AND claimed_until = $2 AND state = 'waiting'";
        let row: Option<(String,)> = timed!(self, |connection| statement::query_as(sql)
            .bind(&message.id)
            .bind(message.claimed_until)
            .fetch_optional(connection))?;
        Ok(row.is_some())
    }

    /// Records what became of a claimed message, and ends the claim. A message that was cancelled meanwhile stays so,
    /// unless it was accepted. False when the lease had ended and another process has the message.
    pub async fn record_attempt(
        &mut self,
        message: &ClaimedMessage,
        attempt: &AttemptOutcome,
    ) -> Result<bool, StoreError> {
        let (state, next_at) = match attempt {
            AttemptOutcome::Accepted { ask_at, .. } => (MessageState::Accepted, *ask_at),
            AttemptOutcome::Delivered => (MessageState::Delivered, None),
            AttemptOutcome::Undelivered(_) => (MessageState::Undelivered, None),
            AttemptOutcome::Delayed { next_at, .. } | AttemptOutcome::Postponed { next_at, .. } => {
                (MessageState::Waiting, Some(*next_at))
            }
            AttemptOutcome::Failed(_) => (MessageState::Failed, None),
            AttemptOutcome::GivenUp(_) => (MessageState::GivenUp, None),
        };
        let failure = match attempt {
            AttemptOutcome::Accepted { .. } | AttemptOutcome::Delivered => None,
            AttemptOutcome::Delayed { failure, .. } | AttemptOutcome::Postponed { failure, .. } => Some(failure),
            AttemptOutcome::Undelivered(failure)
            | AttemptOutcome::Failed(failure)
            | AttemptOutcome::GivenUp(failure) => Some(failure),
        };
        let provider_id = match attempt {
            AttemptOutcome::Accepted { provider_id, .. } => provider_id.as_deref(),
            _ => None,
        };
        let is_first_acceptance = matches!(attempt, AttemptOutcome::Accepted { .. }) && message.provider_id.is_none();
        let uncounted = i64::from(matches!(attempt, AttemptOutcome::Postponed { .. }));
        let sql = "UPDATE outbox SET state = $1, next_at = $2, claimed_by = NULL, claimed_until = NULL,
            provider_id = COALESCE($3, provider_id), error_code = $4, error_text = $5,
            sent_at = COALESCE($6, sent_at), attempts = attempts - $7
            WHERE id = $8 AND claimed_until = $9 AND (state <> 'given_up' OR $1 = 'accepted')";
        let now = self.now.as_millisecond();
        let touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(state.as_str())
            .bind(next_at.map(Timestamp::as_millisecond))
            .bind(provider_id)
            .bind(failure.map(|failure| failure.code))
            .bind(failure.and_then(|failure| failure.text.as_deref()))
            .bind(is_first_acceptance.then_some(now))
            .bind(uncounted)
            .bind(&message.id)
            .bind(message.claimed_until)
            .execute(connection))?;
        if touched.0 > 0 {
            return Ok(true);
        }
        let sql = "UPDATE outbox SET claimed_by = NULL, claimed_until = NULL
            WHERE id = $1 AND claimed_until = $2 AND state = 'given_up'";
        let touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(&message.id)
            .bind(message.claimed_until)
            .execute(connection))?;
        Ok(touched.0 > 0)
    }
}

impl Row {
    fn claimed(self) -> Result<ClaimedMessage, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "outbox", column, id: self.id.clone() };
        let instant = |millis, column| from_millis(millis).map_err(|()| broken(column));
        Ok(ClaimedMessage {
            purpose: Purpose::of(&self.purpose).ok_or_else(|| broken("purpose"))?,
            attempts: u32::try_from(self.attempts).map_err(|_| broken("attempts"))?,
            created_at: instant(self.created_at, "created_at")?,
            sent_at: self.sent_at.map(|at| instant(at, "sent_at")).transpose()?,
            ends_at: instant(self.ends_at, "ends_at")?,
            may_be_repeated: self.is_interrupted != 0,
            claimed_until: self.claimed_until,
            target: self.target.clone(),
            recipient: self.recipient.clone(),
            locale: self.locale.clone(),
            created_by: self.created_by.clone(),
            provider_id: self.provider_id.clone(),
            id: self.id.clone(),
        })
    }
}
