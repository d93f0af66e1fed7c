//! Messages about a target, for people who wait for them.

use jiff::Timestamp;

use super::message::{Channel, MessageState, Purpose};
use crate::store::timestamps::from_millis;
use crate::store::{Store, StoreError, fetch};

/// A message, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecord {
    pub id: String,
    pub channel: Channel,
    pub purpose: Purpose,
    pub target: String,
    pub recipient: String,
    pub state: MessageState,
    pub attempts: u32,
    /// Of the next attempt; `None` when none follows.
    pub next_at: Option<Timestamp>,
    /// While this is in the future, an attempt is under way.
    pub claimed_until: Option<Timestamp>,
    /// A stable word of the newest failure.
    pub error_code: Option<String>,
    /// What the other side said.
    pub error_text: Option<String>,
    pub created_at: Timestamp,
    /// When it was accepted.
    pub sent_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    channel: String,
    purpose: String,
    target: String,
    recipient: String,
    state: String,
    attempts: i64,
    next_at: Option<i64>,
    claimed_until: Option<i64>,
    error_code: Option<String>,
    error_text: Option<String>,
    created_at: i64,
    sent_at: Option<i64>,
}

const SELECT: &str = "SELECT id, channel, purpose, target, recipient, state, attempts, next_at, claimed_until,
    error_code, error_text, created_at, sent_at FROM outbox";

impl Store {
    /// The messages about these targets, the newest first.
    pub async fn messages_about(&self, targets: &[&str]) -> Result<Vec<OutboxRecord>, StoreError> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = fetch!(self, SELECT, |sql, connection| {
            sql.push(" WHERE target IN (");
            let mut list = sql.separated(", ");
            for target in targets {
                list.push_bind(*target);
            }
            sql.push(") ORDER BY created_at DESC, id DESC");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        rows.into_iter().map(Row::record).collect()
    }

    /// The newest messages of all.
    pub async fn newest_messages(&self, limit: u32) -> Result<Vec<OutboxRecord>, StoreError> {
        let rows: Vec<Row> = fetch!(self, SELECT, |sql, connection| {
            sql.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(limit));
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        rows.into_iter().map(Row::record).collect()
    }
}

impl OutboxRecord {
    pub fn is_sending(&self, now: Timestamp) -> bool {
        self.claimed_until.is_some_and(|until| until > now)
    }
}

impl Row {
    fn record(self) -> Result<OutboxRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "outbox", column, id: self.id.clone() };
        let instant = |millis, column| from_millis(millis).map_err(|()| broken(column));
        let optional = |millis: Option<i64>, column| millis.map(|millis| instant(millis, column)).transpose();
        Ok(OutboxRecord {
            channel: Channel::of(&self.channel).ok_or_else(|| broken("channel"))?,
            purpose: Purpose::of(&self.purpose).ok_or_else(|| broken("purpose"))?,
            state: MessageState::of(&self.state).ok_or_else(|| broken("state"))?,
            attempts: u32::try_from(self.attempts).map_err(|_| broken("attempts"))?,
            next_at: optional(self.next_at, "next_at")?,
            claimed_until: optional(self.claimed_until, "claimed_until")?,
            created_at: instant(self.created_at, "created_at")?,
            sent_at: optional(self.sent_at, "sent_at")?,
            target: self.target.clone(),
            recipient: self.recipient.clone(),
            error_code: self.error_code.clone(),
            error_text: self.error_text.clone(),
            id: self.id.clone(),
        })
    }
}
