//! From events to deliveries.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::state::{DeliveryState, NotDelivered};
use crate::store::events::{AUDIENCE_COLUMNS, Audience, AudienceRow, READER_COLUMNS, Reader, ReaderRow};
use crate::store::statement;
use crate::store::transaction::{BATCH, Touched, bind_list, build, timed};
use crate::store::webhooks::{JOINS, stop_expression};
use crate::store::{Store, StoreError, Transaction, WebhookStop, fetch};

/// Of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FanOutLimits {
    pub events: u32,
    /// Deliveries that may wait for one webhook.
    pub waiting: u32,
}

/// What one call did.
#[derive(Debug, Default)]
pub struct FanOut {
    pub events: u64,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries to stopped webhooks.
    pub skipped: u64,
    /// Older deliveries, beyond the bound.
    pub dropped: u64,
    /// Events and webhooks without deliveries, because they cannot be read.
    pub unreadable: Vec<StoreError>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: String,
    account: String,
    #[sqlx(rename = "type")]
    event_type: String,
    entity: String,
    operation: String,
    created_at: i64,
    #[sqlx(flatten)]
    audience: AudienceRow,
}

#[derive(sqlx::FromRow)]
struct SubscriberRow {
    id: String,
    account: String,
    entity: String,
    operation: String,
    created_at: i64,
    stop: Option<String>,
    #[sqlx(flatten)]
    reader: ReaderRow,
}

struct Event {
    id: String,
    account: String,
    event_type: String,
    entity: String,
    operation: String,
    created_at: i64,
    audience: Audience,
}

/// A webhook, as far as events depend on it.
struct Subscriber {
    id: String,
    account: String,
    entity: String,
    operation: String,
    created_at: i64,
    stop: Option<WebhookStop>,
    reader: Reader,
}

impl Default for FanOutLimits {
    fn default() -> Self {
        Self { events: 100, waiting: 10_000 }
    }
}

impl Store {
    /// Writes the deliveries of the oldest new events, in one transaction. Concurrent calls take different events.
    pub async fn fan_out(&self, now: Timestamp, limits: FanOutLimits) -> Result<FanOut, StoreError> {
        let sql = "SELECT id FROM events WHERE fanned_out_at IS NULL LIMIT 1";
        let new: Vec<(String,)> =
            fetch!(self, sql, |sql, connection| sql.build_query_as().persistent(false).fetch_all(connection))?;
        if new.is_empty() {
            return Ok(FanOut::default());
        }
        let mut transaction = self.begin(now).await?;
        let outcome = transaction.fan_out(limits).await?;
        transaction.commit().await?;
        Ok(outcome)
    }
}

impl Transaction {
    async fn fan_out(&mut self, limits: FanOutLimits) -> Result<FanOut, StoreError> {
        let rows = self.new_events(limits.events).await?;
        let mut outcome = FanOut { events: rows.len() as u64, ..FanOut::default() };
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let accounts: BTreeSet<String> = rows.iter().map(|row| row.account.clone()).collect();
        let events = readable(rows.into_iter().map(EventRow::event), &mut outcome.unreadable);
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let subscribers = self.subscribers(&accounts).await?;
        let subscribers = readable(subscribers.into_iter().map(SubscriberRow::subscriber), &mut outcome.unreadable);
        let pairs: Vec<(&Event, &Subscriber)> = events
            .iter()
            .flat_map(|event| {
                subscribers.iter().filter(|subscriber| subscriber.receives(event)).map(move |to| (event, to))
            })
            .collect();
        for batch in pairs.chunks(BATCH) {
            self.insert_deliveries(batch).await?;
        }
        outcome.waiting = pairs.iter().filter(|(_, to)| to.stop.is_none()).count() as u64;
        outcome.skipped = pairs.len() as u64 - outcome.waiting;
        let waiting = pairs.iter().filter(|(_, to)| to.stop.is_none()).map(|(_, to)| to.id.as_str());
        let waiting: Vec<&str> = waiting.collect::<BTreeSet<_>>().into_iter().collect();
        outcome.dropped = self.drop_overflow(&waiting, limits.waiting).await?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        self.mark_fanned_out(&ids).await?;
        Ok(outcome)
    }

    /// Marks events as fanned out.
    pub(super) async fn mark_fanned_out(&mut self, events: &[&str]) -> Result<(), StoreError> {
        let now = self.now.as_millisecond();
        for batch in events.chunks(BATCH) {
            let _touched: Touched = build!(self, "UPDATE events SET fanned_out_at = ", |sql, connection| {
                sql.push_bind(now).push(" WHERE id IN (");
                bind_list!(sql, batch.iter().copied());
                sql.push(")");
                sql.build().persistent(false).execute(connection)
            })?;
        }
        Ok(())
    }

    async fn new_events(&mut self, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        let sql = format!(
            "SELECT e.id, e.account, e.type, e.entity, e.operation, e.created_at, {AUDIENCE_COLUMNS} FROM events e
            WHERE e.fanned_out_at IS NULL ORDER BY e.created_at, e.id LIMIT $1{}",
            self.skip_locked()
        );
        timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(i64::from(limit))
            .fetch_all(connection))
    }

    /// All webhooks of these accounts, locked against deletion.
    async fn subscribers(&mut self, accounts: &[&str]) -> Result<Vec<SubscriberRow>, StoreError> {
        let lock = if self.for_update().is_empty() { "" } else { " FOR KEY SHARE OF w" };
        let begin = format!(
            "SELECT w.id, w.account, w.entity, w.operation, w.created_at, {} AS stop, {READER_COLUMNS}
            FROM {JOINS} WHERE c.account = w.account AND w.account IN (",
            stop_expression(self.now)
        );
        let mut found = Vec::new();
        for batch in accounts.chunks(BATCH) {
            let rows: Vec<SubscriberRow> = build!(self, begin.as_str(), |sql, connection| {
                bind_list!(sql, batch.iter().copied());
                sql.push(") ORDER BY w.id").push(lock);
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
            found.extend(rows);
        }
        Ok(found)
    }

    async fn insert_deliveries(&mut self, batch: &[(&Event, &Subscriber)]) -> Result<(), StoreError> {
        let now = self.now.as_millisecond();
        let rows: Vec<_> = batch.iter().map(|(event, to)| (self.next_ordered_id("msg_"), *event, *to)).collect();
        let begin = "INSERT INTO deliveries
            (id, webhook, event, event_id, body, state, attempts, next_at, why, done_at, created_at) ";
        let _touched: Touched = build!(self, begin, |sql, connection| {
            sql.push_values(&rows, |mut row, (id, event, to)| {
                let state = if to.stop.is_none() { DeliveryState::Waiting } else { DeliveryState::Skipped };
                row.push_bind(id)
                    .push_bind(&to.id)
                    .push_bind(&event.event_type)
                    .push_bind(&event.id)
                    .push("''")
                    .push_bind(state.as_str())
                    .push("0")
                    .push_bind(to.stop.is_none().then_some(now))
                    .push_bind(to.stop.map(|stop| NotDelivered::Stopped(stop).as_str()))
                    .push_bind(to.stop.map(|_| now))
                    .push_bind(now);
            });
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }
}

impl Subscriber {
    fn receives(&self, event: &Event) -> bool {
        let matches = |pattern: &str, word: &str| pattern == "*" || pattern == word;
        self.account == event.account
            && matches(&self.entity, &event.entity)
            && matches(&self.operation, &event.operation)
            && self.created_at <= event.created_at
            && event.audience.includes(&self.reader)
    }
}

impl EventRow {
    fn event(self) -> Result<Event, StoreError> {
        Ok(Event {
            audience: self.audience.audience(&self.id)?,
            id: self.id,
            account: self.account,
            event_type: self.event_type,
            entity: self.entity,
            operation: self.operation,
            created_at: self.created_at,
        })
    }
}

impl SubscriberRow {
    fn subscriber(self) -> Result<Subscriber, StoreError> {
        let broken = || StoreError::Inconsistent { table: "webhooks", column: "stop", id: self.id.clone() };
        let stop = self.stop.as_deref().map(|stop| WebhookStop::of(stop).ok_or_else(broken)).transpose()?;
        Ok(Subscriber {
            stop,
            reader: self.reader.reader()?,
            id: self.id,
            account: self.account,
            entity: self.entity,
            operation: self.operation,
            created_at: self.created_at,
        })
    }
}

/// Those that can be read; why the others cannot goes to `unreadable`.
fn readable<T>(results: impl Iterator<Item = Result<T, StoreError>>, unreadable: &mut Vec<StoreError>) -> Vec<T> {
    results.filter_map(|result| result.map_err(|error| unreadable.push(error)).ok()).collect()
}
