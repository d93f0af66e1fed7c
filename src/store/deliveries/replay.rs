//! Deliveries that are sent again, by request.

use jiff::Timestamp;

use super::state::{DeliveryState, NotDelivered};
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{Store, StoreError, Transaction, in_transaction};

/// Between the first attempts of a replay.
const SPACING_MILLIS: i64 = 200;
/// Deliveries of one replay, less those that wait already.
const MAX_ROWS: i64 = 10_000;
/// Rows of one statement that ends a replay.
const ROWS: u32 = 1000;

/// Which deliveries of a webhook are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayRange {
    /// Inclusive, by the creation of the delivery.
    pub since: Timestamp,
    /// Exclusive.
    pub until: Timestamp,
    pub what: ReplayWhat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplayWhat {
    Failed,
    /// Skipped or dropped.
    Missed,
    Both,
}

impl Store {
    /// The number of deliveries of a webhook that were skipped or dropped, of those created since this time.
    pub async fn count_missed(&self, webhook: &str, since: Timestamp) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) FROM deliveries WHERE webhook = $1 AND created_at >= $2 AND state IN ({}) AND NOT is_test",
            ReplayWhat::Missed.states()
        );
        let since = since.as_millisecond();
        let count: i64 = self
            .timed(async {
                in_transaction!(self, |connection| {
                    let query = statement::query_scalar(sqlx::AssertSqlSafe(sql)).bind(webhook).bind(since);
                    Ok(query.fetch_one(connection).await?)
                })
            })
            .await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

impl Transaction {
    /// Sends a delivery again, whatever became of it. False when it waits already, or there is none.
    pub async fn replay_delivery(&mut self, id: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE deliveries SET replay_of = state, state = 'waiting', next_at = $1, replayed_after = attempts
            WHERE id = $2 AND state <> 'waiting'";
        let now = self.now.as_millisecond();
        let touched: Touched = timed!(self, |connection| statement::query(sql).bind(now).bind(id).execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Sends deliveries again, the oldest first, one every 200 ms; how many. With those that wait already, 10,000 at most.
    pub async fn replay_deliveries(&mut self, webhook: &str, range: ReplayRange) -> Result<u64, StoreError> {
        self.lock_webhook(webhook).await?;
        let sql = "SELECT COUNT(*) FROM deliveries WHERE webhook = $1 AND state = 'waiting'";
        let waiting: (i64,) =
            timed!(self, |connection| statement::query_as::<_, (i64,)>(sql).bind(webhook).fetch_one(connection))?;
        let sql = format!(
            "WITH chosen AS MATERIALIZED (SELECT id, ROW_NUMBER() OVER (ORDER BY created_at, id) AS place
            FROM deliveries WHERE webhook = $1 AND state IN ({}) AND created_at >= $2 AND created_at < $3
            AND NOT is_test ORDER BY created_at, id LIMIT $4)
            UPDATE deliveries SET replay_of = state, state = 'waiting', replayed_after = attempts,
            next_at = $5 + (chosen.place - 1) * {SPACING_MILLIS}
            FROM chosen WHERE deliveries.id = chosen.id AND deliveries.state <> 'waiting'",
            range.what.states()
        );
        let now = self.now.as_millisecond();
        let touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(webhook)
            .bind(range.since.as_millisecond())
            .bind(range.until.as_millisecond())
            .bind(MAX_ROWS.saturating_sub(waiting.0).max(0))
            .bind(now)
            .execute(connection))?;
        Ok(touched.0)
    }

    /// Returns the replays of a webhook that wait to their states before; how many. Attempts under way go on.
    pub async fn stop_replay(&mut self, webhook: &str) -> Result<u64, StoreError> {
        // Never stored: each returns to its state before the replay.
        let outcome = (DeliveryState::Dropped, NotDelivered::TooMany);
        let mut stopped = 0;
        loop {
            let condition = ("webhook = $4 AND replay_of IS NOT NULL", webhook);
            let rows = self.give_up(condition, outcome, ("", ROWS)).await?;
            stopped += rows;
            if rows < u64::from(ROWS) {
                return Ok(stopped);
            }
        }
    }
}

impl ReplayWhat {
    pub const ALL: [Self; 3] = [Self::Failed, Self::Missed, Self::Both];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Missed => "missed",
            Self::Both => "both",
        }
    }

    /// As SQL.
    fn states(self) -> &'static str {
        match self {
            Self::Failed => "'failed'",
            Self::Missed => "'skipped', 'dropped'",
            Self::Both => "'failed', 'skipped', 'dropped'",
        }
    }
}
