//! The log of deliveries.

use jiff::Timestamp;

use super::attempt::AttemptRecord;
use super::state::{DeliveryState, NotDelivered};
use crate::credential::Label;
use crate::store::timestamps::from_millis;
use crate::store::{Cursor, Listing, Store, StoreError, fetch, fetch_optional};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Sent as `webhook-id`, the same for every attempt.
    pub id: Label,
    pub webhook: Label,
    /// `entity.operation`.
    pub event_type: String,
    pub event_id: Label,
    pub state: DeliveryState,
    pub attempts: u32,
    /// Of the next attempt; `None` when none follows.
    pub next_at: Option<Timestamp>,
    /// While this is in the future, an attempt is under way.
    pub claimed_until: Option<Timestamp>,
    /// HTTP status of the newest attempt.
    pub last_status: Option<u16>,
    /// Why the newest attempt failed.
    pub last_error: Option<String>,
    /// When it was delivered, or given up.
    pub done_at: Option<Timestamp>,
    pub why: Option<NotDelivered>,
    /// Of a replay that waits, the state before.
    pub replay_of: Option<DeliveryState>,
    pub is_test: bool,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryDetail {
    pub delivery: DeliveryRecord,
    /// JSON; `None` when the event is not kept any more.
    pub body: Option<String>,
    /// With their numbers, the oldest first. One that a process did not live to record is missing.
    pub attempts: Vec<(u32, AttemptRecord)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    webhook: String,
    event: String,
    event_id: Option<String>,
    state: String,
    attempts: i64,
    next_at: Option<i64>,
    claimed_until: Option<i64>,
    last_status: Option<i64>,
    last_error: Option<String>,
    done_at: Option<i64>,
    why: Option<String>,
    replay_of: Option<String>,
    is_test: bool,
    created_at: i64,
}

#[derive(sqlx::FromRow)]
struct AttemptRow {
    number: i64,
    at: i64,
    status: Option<i64>,
    millis: i64,
    error: Option<String>,
    excerpt: Option<String>,
}

const COLUMNS: &str = "id, webhook, event, event_id, state, attempts, next_at, claimed_until, last_status, last_error,
    done_at, why, replay_of, is_test, created_at";

impl Store {
    /// The newest `limit` deliveries of a webhook after the cursor.
    pub async fn list_deliveries(
        &self,
        webhook: &str,
        state: Option<DeliveryState>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Listing<DeliveryRecord>, StoreError> {
        let (millis, id) = Cursor::bounds(after);
        let begin = format!("SELECT {COLUMNS} FROM deliveries WHERE webhook = ");
        let rows: Vec<Row> = fetch!(self, begin.as_str(), |sql, connection| {
            sql.push_bind(webhook).push(" AND (created_at, id) < (").push_bind(millis);
            sql.push(", ").push_bind(id).push(")");
            if let Some(state) = state {
                sql.push(" AND state = ").push_bind(state.as_str());
            }
            sql.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(limit) + 1);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(Listing::by_cursor(rows, limit, |row| (row.created_at, &row.id), Row::record))
    }

    /// A delivery with what was sent, and every attempt.
    pub async fn delivery(&self, id: &str) -> Result<Option<DeliveryDetail>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE id = $1");
        let row: Option<Row> = fetch_optional!(self, sql, id)?;
        let Some(delivery) = row.map(Row::record).transpose()? else { return Ok(None) };
        let sql = "SELECT body FROM events WHERE id = $1";
        let body: Option<(String,)> = fetch_optional!(self, sql, delivery.event_id.as_str())?;
        let begin = "SELECT number, at, status, millis, error, excerpt FROM attempts WHERE delivery = ";
        let rows: Vec<AttemptRow> = fetch!(self, begin, |sql, connection| {
            sql.push_bind(id).push(" ORDER BY number");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let attempts = rows.into_iter().map(|row| row.attempt(id)).collect::<Result<_, _>>()?;
        Ok(Some(DeliveryDetail { delivery, body: body.map(|(body,)| body), attempts }))
    }
}

impl DeliveryRecord {
    pub fn is_sending(&self, now: Timestamp) -> bool {
        self.claimed_until.is_some_and(|until| until > now)
    }
}

impl Row {
    fn record(self) -> Result<DeliveryRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "deliveries", column, id: self.id.clone() };
        let instant = |millis, column| from_millis(millis).map_err(|()| broken(column));
        let optional = |millis: Option<i64>, column| millis.map(|millis| instant(millis, column)).transpose();
        let label = |text: &str, column| text.parse().map_err(|_| broken(column));
        let state = |text: &str, column| DeliveryState::of(text).ok_or_else(|| broken(column));
        let status = self.last_status.map(|status| u16::try_from(status).map_err(|_| broken("last_status")));
        let why = self.why.as_deref().map(|why| NotDelivered::of(why).ok_or_else(|| broken("why")));
        Ok(DeliveryRecord {
            id: label(&self.id, "id")?,
            webhook: label(&self.webhook, "webhook")?,
            event_id: label(self.event_id.as_deref().unwrap_or_default(), "event_id")?,
            state: state(&self.state, "state")?,
            attempts: u32::try_from(self.attempts).map_err(|_| broken("attempts"))?,
            next_at: optional(self.next_at, "next_at")?,
            claimed_until: optional(self.claimed_until, "claimed_until")?,
            last_status: status.transpose()?,
            done_at: optional(self.done_at, "done_at")?,
            why: why.transpose()?,
            replay_of: self.replay_of.as_deref().map(|before| state(before, "replay_of")).transpose()?,
            created_at: instant(self.created_at, "created_at")?,
            event_type: self.event.clone(),
            last_error: self.last_error.clone(),
            is_test: self.is_test,
        })
    }
}

impl AttemptRow {
    fn attempt(self, delivery: &str) -> Result<(u32, AttemptRecord), StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "attempts", column, id: delivery.to_owned() };
        let status = self.status.map(|status| u16::try_from(status).map_err(|_| broken("status")));
        let attempt = AttemptRecord {
            at: from_millis(self.at).map_err(|()| broken("at"))?,
            status: status.transpose()?,
            millis: u32::try_from(self.millis).map_err(|_| broken("millis"))?,
            error: self.error,
            excerpt: self.excerpt,
        };
        Ok((u32::try_from(self.number).map_err(|_| broken("number"))?, attempt))
    }
}
