//! How much waits, and what is old enough to go.

use jiff::{SignedDuration, Timestamp};

use super::message::Channel;
use crate::store::statement;
use crate::store::timestamps::from_millis;
use crate::store::transaction::{Touched, timed};
use crate::store::{Store, StoreError, fetch};

/// How long a message is kept after it was queued.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Rows deleted in one transaction.
const PRUNE_ROWS: i64 = 500;

/// The messages of a channel that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxBacklog {
    pub channel: Channel,
    pub waiting: u64,
    /// When the oldest of them was to be sent first, but for those whose credential is off.
    pub oldest: Option<Timestamp>,
}

impl Store {
    /// One for each channel.
    pub async fn outbox_backlog(&self) -> Result<[OutboxBacklog; 2], StoreError> {
        let sql = "SELECT channel, COUNT(*), MIN(CASE WHEN COALESCE(error_code, '') = 'off' THEN NULL
            WHEN attempts = 0 THEN next_at ELSE created_at END) FROM outbox WHERE state = 'waiting' GROUP BY channel";
        let rows: Vec<(String, i64, Option<i64>)> =
            fetch!(self, sql, |sql, connection| sql.build_query_as().persistent(false).fetch_all(connection))?;
        Ok(Channel::ALL.map(|channel| {
            let row = rows.iter().find(|(of, ..)| of == channel.as_str());
            OutboxBacklog {
                channel,
                waiting: row.map_or(0, |(_, waiting, _)| u64::try_from(*waiting).unwrap_or_default()),
                oldest: row.and_then(|(.., oldest)| from_millis((*oldest)?).ok()),
            }
        }))
    }

    /// Deletes messages that no attempt follows and that were queued 30 days ago; how many.
    pub async fn prune_outbox(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_millisecond();
        let mut pruned = 0;
        loop {
            let mut transaction = self.begin(now).await?;
            let sql = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE created_at < $1
                AND state <> 'waiting' ORDER BY created_at LIMIT $2)";
            let touched: Touched = timed!(transaction, |connection| statement::query(sql)
                .bind(before)
                .bind(PRUNE_ROWS)
                .execute(connection))?;
            transaction.commit().await?;
            pruned += touched.0;
            if touched.0 < PRUNE_ROWS.unsigned_abs() {
                return Ok(pruned);
            }
        }
    }
}
