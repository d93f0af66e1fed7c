//! Claims by lease: of all processes, one attempts a delivery at a time. A process that dies loses its claim with the
//! lease, and another one tries again.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::claimable::{Claimable, ClaimableWebhooks};
use super::give_up::end_columns;
use super::state::{DeliveryState, NotDelivered};
use crate::store::events::{AUDIENCE_COLUMNS, Audience, AudienceRow};
use crate::store::statement;
use crate::store::transaction::{Touched, bind_list, build, timed};
use crate::store::{Store, StoreError, Transaction, WebhookRecord};

/// Longer than an attempt may take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

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
    pub lease_ends_at: Timestamp,
    /// With `attempts`, identifies the claim.
    pub(super) claimed_by: String,
}

/// What a claim found.
#[derive(Debug, Default)]
pub struct ClaimedDeliveries {
    pub deliveries: Vec<ClaimedDelivery>,
    /// Because the webhook is stopped, or its credential may not have the event any more.
    pub skipped: u64,
    /// Some of the webhooks are locked by another transaction, or gone: nothing of theirs was claimed.
    pub is_locked_elsewhere: bool,
    /// Webhooks and deliveries whose deliveries are failed for good, because they cannot be read.
    pub unreadable: Vec<StoreError>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    webhook: String,
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
    /// Claims up to `limit` due deliveries of these webhooks for the process `by`: for each up to `max_in_flight` under way
    /// in all processes, the oldest first. Of a paused webhook only tests. What waits for a stopped one is skipped, and so
    /// are events that its credential may not have any more; what waits for an unreadable one is failed: 1,000 of each in
    /// one call.
    pub async fn claim_deliveries(
        &self,
        webhooks: &[&str],
        by: &str,
        now: Timestamp,
        (max_in_flight, limit): (u32, usize),
    ) -> Result<ClaimedDeliveries, StoreError> {
        let mut transaction = self.begin(now).await?;
        let claimed = transaction.claim_deliveries(webhooks, by, (max_in_flight, limit)).await?;
        transaction.commit().await?;
        Ok(claimed)
    }
}

impl Transaction {
    async fn claim_deliveries(
        &mut self,
        webhooks: &[&str],
        by: &str,
        (max_in_flight, limit): (u32, usize),
    ) -> Result<ClaimedDeliveries, StoreError> {
        let ClaimableWebhooks { by_id: mut claimable, skipped, is_locked_elsewhere, unreadable } =
            self.lock_claimable(webhooks).await?;
        let mut claimed = ClaimedDeliveries { deliveries: Vec::new(), skipped, is_locked_elsewhere, unreadable };
        self.count_free(&mut claimable, (max_in_flight, limit)).await?;
        let mut rows = self.claim_rows(&claimable, by).await?;
        rows.sort_by(|one, other| (one.next_at, &one.id).cmp(&(other.next_at, &other.id)));
        let events = self.events_of(&rows, &mut claimed.unreadable).await?;
        for row in rows {
            let Some(of) = claimable.get(&row.webhook) else { continue };
            let event = row.event_id.as_ref().and_then(|event| events.get(event));
            if event.is_some_and(|event| !row.is_test && !event.audience.includes(&of.reader)) {
                self.skip_claimed(&row.id).await?;
                claimed.skipped += 1;
                continue;
            }
            match row.claimed(&of.webhook, event.map(|event| event.body.clone()), by, lease_end(self.now)) {
                Ok(delivery) => claimed.deliveries.push(delivery),
                Err(error) => {
                    self.set_aside(&row.id).await?;
                    claimed.unreadable.push(error);
                }
            }
        }
        Ok(claimed)
    }

    async fn claim_rows(&mut self, claimable: &BTreeMap<String, Claimable>, by: &str) -> Result<Vec<Row>, StoreError> {
        let free: Vec<(&String, &Claimable)> = claimable.iter().filter(|(_, one)| one.free > 0).collect();
        if free.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now.as_millisecond();
        let until = lease_end(self.now).as_millisecond();
        let lock = self.skip_locked();
        // A limit for each webhook, with its own range of the index.
        build!(self, "WITH due AS MATERIALIZED (", |sql, connection| {
            for (number, (id, one)) in free.iter().enumerate() {
                let union = if number == 0 { "" } else { " UNION ALL " };
                // What waits for a paused webhook beyond the bound of one skip is skipped by the next claim.
                let of_paused = if one.webhook.stop.is_some() { " AND is_test" } else { "" };
                sql.push(union).push("SELECT id FROM (SELECT id FROM deliveries WHERE webhook = ").push_bind(*id);
                sql.push(" AND state = 'waiting' AND next_at <= ").push_bind(now);
                sql.push(" AND (claimed_until IS NULL OR claimed_until <= ").push_bind(now).push(")").push(of_paused);
                sql.push(" ORDER BY next_at, id LIMIT ").push_bind(i64::try_from(one.free).unwrap_or(0));
                sql.push(lock).push(format!(") AS webhook_{number}"));
            }
            sql.push(") UPDATE deliveries SET claimed_by = ").push_bind(by).push(", claimed_until = ").push_bind(until);
            sql.push(
                ", attempts = attempts + 1 WHERE id IN (SELECT id FROM due)
                RETURNING id, webhook, event, event_id, attempts, replayed_after, replay_of, is_test, next_at",
            );
            sql.build_query_as().persistent(false).fetch_all(connection)
        })
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
        let columns = end_columns("$1", "$2", "$3");
        let sql = format!("UPDATE deliveries SET {columns}, attempts = attempts - 1 WHERE id = $4");
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
        &self,
        webhook: &Arc<WebhookRecord>,
        body: Option<String>,
        by: &str,
        lease_ends_at: Timestamp,
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
            lease_ends_at,
            claimed_by: by.to_owned(),
            event_type: self.event.clone(),
            id: self.id.clone(),
        })
    }
}

fn lease_end(now: Timestamp) -> Timestamp {
    now.checked_add(LEASE).unwrap_or(Timestamp::MAX)
}
