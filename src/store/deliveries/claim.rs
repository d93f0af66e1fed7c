//! Claims by lease: of all processes, one attempts a delivery at a time. A process that dies loses its claim with the
//! lease, and another one tries again.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::give_up::GIVE_UP;
use super::skip::SkipScope;
use super::state::{DeliveryState, NotDelivered};
use crate::store::events::{AUDIENCE_COLUMNS, Audience, AudienceRow, READER_COLUMNS, Reader, ReaderRow};
use crate::store::statement;
use crate::store::transaction::{Touched, bind_list, build, timed};
use crate::store::webhooks::{JOINS, WebhookRow};
use crate::store::{Store, StoreError, Transaction, WebhookRecord, WebhookStop};

/// Longer than an attempt may take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Deliveries of an unreadable webhook that are set aside at once.
const SET_ASIDE_ROWS: u32 = 1000;

/// A delivery that this process may attempt until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDelivery {
    pub id: String,
    pub webhook: Arc<WebhookRecord>,
    /// `entity.operation`.
    pub event_type: String,
    pub event_id: String,
    /// JSON.
    pub body: String,
    /// In all, this one included, from 1.
    pub attempts: u32,
    /// Of the schedule, this one included, from 1: a replay begins it anew.
    pub attempts_of_schedule: u32,
    pub is_test: bool,
    /// Of a replay, the state before.
    pub replay_of: Option<DeliveryState>,
    /// With `attempts`, identifies the claim.
    pub(super) claimed_by: String,
}

/// What a claim found.
#[derive(Debug, Default)]
pub struct ClaimedDeliveries {
    pub deliveries: Vec<ClaimedDelivery>,
    /// Because the webhook is stopped, or its credential may not have the event any more.
    pub skipped: u64,
    /// Deliveries that are failed for good, because they cannot be read.
    pub unreadable: Vec<StoreError>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    event: String,
    event_id: Option<String>,
    attempts: i64,
    replayed_after: i64,
    replay_of: Option<String>,
    is_test: bool,
    next_at: i64,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: String,
    body: String,
    #[sqlx(flatten)]
    audience: AudienceRow,
}

/// The part of an event that a delivery needs.
struct Event {
    body: String,
    audience: Audience,
}

impl Store {
    /// Claims due deliveries of a webhook for the process `by`, up to `max_in_flight` under way in all processes. Of a
    /// paused webhook only tests; what waits for a stopped one is skipped, and so are events that its credential may not
    /// have any more. Nothing while another process claims for this webhook.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] for an unreadable webhook, whose waiting deliveries are failed then.
    pub async fn claim_deliveries(
        &self,
        webhook: &str,
        by: &str,
        now: Timestamp,
        max_in_flight: u32,
    ) -> Result<ClaimedDeliveries, StoreError> {
        let mut transaction = self.begin(now).await?;
        let claimed = match transaction.lock_to_claim(webhook).await? {
            None => Ok(ClaimedDeliveries::default()),
            Some(Ok((record, reader))) => {
                Ok(transaction.claim_deliveries((record, &reader), by, max_in_flight).await?)
            }
            Some(Err(unreadable)) => {
                let outcome = (DeliveryState::Failed, NotDelivered::Unreadable);
                transaction.give_up(("webhook = $4", webhook), outcome, ("", SET_ASIDE_ROWS)).await?;
                Err(unreadable)
            }
        };
        transaction.commit().await?;
        claimed
    }
}

impl Transaction {
    /// `None` when there is no such webhook, or another transaction has locked it.
    async fn lock_to_claim(
        &mut self,
        id: &str,
    ) -> Result<Option<Result<(WebhookRecord, Reader), StoreError>>, StoreError> {
        let lock = if self.for_no_key_update().is_empty() { "" } else { " FOR NO KEY UPDATE SKIP LOCKED" };
        let sql = format!("SELECT id FROM webhooks WHERE id = $1{lock}");
        let locked: Option<(String,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        if locked.is_none() {
            return Ok(None);
        }
        let Some(record) = self.webhook_row(id).await?.map(WebhookRow::record) else { return Ok(None) };
        let sql = format!("SELECT {READER_COLUMNS} FROM {JOINS} WHERE w.id = $1");
        let reader: ReaderRow =
            timed!(self, |connection| statement::query_as::<_, ReaderRow>(sqlx::AssertSqlSafe(sql))
                .bind(id)
                .fetch_one(connection))?;
        Ok(Some(record.and_then(|record| Ok((record, reader.reader()?)))))
    }

    async fn claim_deliveries(
        &mut self,
        (webhook, reader): (WebhookRecord, &Reader),
        by: &str,
        max_in_flight: u32,
    ) -> Result<ClaimedDeliveries, StoreError> {
        let mut claimed = ClaimedDeliveries::default();
        if let Some(stop) = webhook.stop {
            claimed.skipped = self.skip_waiting(SkipScope::Webhook(webhook.id.as_str()), stop).await?;
            if stop != WebhookStop::Paused {
                return Ok(claimed);
            }
        }
        let mut rows = self.claim_rows(&webhook, by, max_in_flight).await?;
        rows.sort_by(|one, other| (one.next_at, &one.id).cmp(&(other.next_at, &other.id)));
        let events = self.events_of(&rows, &mut claimed.unreadable).await?;
        let webhook = Arc::new(webhook);
        for row in rows {
            let id = row.id.clone();
            let event = row.event_id.as_ref().and_then(|event| events.get(event));
            if event.is_some_and(|event| !row.is_test && !event.audience.includes(reader)) {
                self.skip_claimed(&id).await?;
                claimed.skipped += 1;
                continue;
            }
            match row.claimed(&webhook, event.map(|event| event.body.clone()), by) {
                Ok(delivery) => claimed.deliveries.push(delivery),
                Err(error) => {
                    self.set_aside(&id).await?;
                    claimed.unreadable.push(error);
                }
            }
        }
        Ok(claimed)
    }

    async fn claim_rows(
        &mut self,
        webhook: &WebhookRecord,
        by: &str,
        max_in_flight: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let now = self.now.as_millisecond();
        let sql = "SELECT COUNT(*) FROM deliveries WHERE webhook = $1 AND claimed_until > $2";
        let in_flight: (i64,) = timed!(self, |connection| statement::query_as::<_, (i64,)>(sql)
            .bind(webhook.id.as_str())
            .bind(now)
            .fetch_one(connection))?;
        let free = i64::from(max_in_flight).saturating_sub(in_flight.0);
        if free <= 0 {
            return Ok(Vec::new());
        }
        // What waits for a paused webhook beyond the bound of one skip is skipped by the next claim.
        let of_paused = if webhook.stop.is_some() { " AND is_test" } else { "" };
        let sql = format!(
            "WITH due AS MATERIALIZED (SELECT id FROM deliveries WHERE webhook = $1 AND state = 'waiting'
            AND next_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2){of_paused}
            ORDER BY next_at, id LIMIT $3{})
            UPDATE deliveries SET claimed_by = $4, claimed_until = $5, attempts = attempts + 1
            WHERE id IN (SELECT id FROM due)
            RETURNING id, event, event_id, attempts, replayed_after, replay_of, is_test, next_at",
            self.skip_locked()
        );
        let until = self.now.checked_add(LEASE).unwrap_or(Timestamp::MAX).as_millisecond();
        timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(webhook.id.as_str())
            .bind(now)
            .bind(free)
            .bind(by)
            .bind(until)
            .fetch_all(connection))
    }

    /// By id; unreadable ones are left out.
    async fn events_of(
        &mut self,
        rows: &[Row],
        unreadable: &mut Vec<StoreError>,
    ) -> Result<BTreeMap<String, Event>, StoreError> {
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.event_id.as_deref()).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let begin = format!("SELECT e.id, e.body, {AUDIENCE_COLUMNS} FROM events e WHERE e.id IN (");
        let rows: Vec<EventRow> = build!(self, begin.as_str(), |sql, connection| {
            bind_list!(sql, ids);
            sql.push(")");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let mut events = BTreeMap::new();
        for EventRow { id, body, audience } in rows {
            match audience.audience(&id) {
                Ok(audience) => drop(events.insert(id, Event { body, audience })),
                Err(error) => unreadable.push(error),
            }
        }
        Ok(events)
    }

    /// Takes back the claim of a delivery whose event the credential may not have any more, and ends it.
    async fn skip_claimed(&mut self, id: &str) -> Result<(), StoreError> {
        let sql = format!("UPDATE deliveries SET {GIVE_UP}, attempts = attempts - 1 WHERE id = $4");
        let now = self.now.as_millisecond();
        let _touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(DeliveryState::Skipped.as_str())
            .bind(NotDelivered::NotAllowed.as_str())
            .bind(now)
            .bind(id)
            .execute(connection))?;
        Ok(())
    }

    /// Fails a delivery for good, so that it is not claimed again.
    async fn set_aside(&mut self, id: &str) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET state = $1, why = $2, done_at = $3, replay_of = NULL, next_at = NULL,
            claimed_by = NULL, claimed_until = NULL WHERE id = $4";
        let now = self.now.as_millisecond();
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(DeliveryState::Failed.as_str())
            .bind(NotDelivered::Unreadable.as_str())
            .bind(now)
            .bind(id)
            .execute(connection))?;
        Ok(())
    }
}

impl Row {
    fn claimed(
        self,
        webhook: &Arc<WebhookRecord>,
        body: Option<String>,
        by: &str,
    ) -> Result<ClaimedDelivery, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "deliveries", column, id: self.id.clone() };
        let replay_of = self.replay_of.as_deref();
        let since_replay = self.attempts.saturating_sub(self.replayed_after);
        Ok(ClaimedDelivery {
            webhook: Arc::clone(webhook),
            body: body.ok_or_else(|| broken("event_id"))?,
            event_id: self.event_id.clone().ok_or_else(|| broken("event_id"))?,
            attempts: u32::try_from(self.attempts).map_err(|_| broken("attempts"))?,
            attempts_of_schedule: u32::try_from(since_replay).map_err(|_| broken("replayed_after"))?,
            replay_of: replay_of
                .map(|state| DeliveryState::of(state).ok_or_else(|| broken("replay_of")))
                .transpose()?,
            is_test: self.is_test,
            claimed_by: by.to_owned(),
            event_type: self.event.clone(),
            id: self.id.clone(),
        })
    }
}
