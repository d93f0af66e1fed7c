//! Deleting old deliveries and events, in steps.

use jiff::{SignedDuration, Timestamp};

use crate::store::statement;
use crate::store::transaction::{BATCH, Touched, timed};
use crate::store::{Store, StoreError, fetch};

/// An event that is written once for its source is known for this long: publishers rely on 7 days, and a credential that
/// expires is announced 14 days before its end.
const PUBLISHED_KEPT: SignedDuration = SignedDuration::from_hours(15 * 24);
/// Webhooks whose deliveries one statement counts.
const WEBHOOKS: i64 = 50;

/// What is kept, and how much is deleted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryRetention {
    /// Of events and deliveries, since they were written.
    pub keep: SignedDuration,
    /// Deliveries, the newest.
    pub per_webhook: u32,
    /// Deleted by one statement; deliveries each with their attempts.
    pub rows: u32,
    /// Statements of one call that delete.
    pub steps: u32,
    /// Events whose deliveries are not written yet stay, however old they are.
    pub keeps_new_events: bool,
}

impl DeliveryRetention {
    pub fn keeping(keep: SignedDuration) -> Self {
        Self { keep, per_webhook: 10_000, rows: 1000, steps: 200, keeps_new_events: true }
    }
}

impl Store {
    /// Deletes old deliveries with their attempts, never those that wait, and events that no delivery needs; how many rows.
    /// What is left over after the last step waits for the next call.
    pub async fn prune_deliveries(&self, now: Timestamp, retention: DeliveryRetention) -> Result<u64, StoreError> {
        let mut budget = Budget { retention, steps: retention.steps, pruned: 0 };
        self.prune_by_age(now, &mut budget).await?;
        self.prune_by_number(now, &mut budget).await?;
        self.prune_events(now, &mut budget).await?;
        Ok(budget.pruned)
    }

    async fn prune_by_age(&self, now: Timestamp, budget: &mut Budget) -> Result<(), StoreError> {
        let before = before(now, budget.retention.keep);
        while budget.take_step() {
            let rows = budget.rows();
            let mut transaction = self.begin(now).await?;
            // The deletion of a webhook takes its deliveries in another order.
            let lock = transaction.skip_locked();
            let sql = format!(
                "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE created_at < $1
                AND state <> 'waiting' ORDER BY created_at, id LIMIT $2{lock})"
            );
            let touched: Touched = timed!(transaction, |connection| statement::query(sqlx::AssertSqlSafe(sql))
                .bind(before)
                .bind(rows)
                .execute(connection))?;
            transaction.commit().await?;
            if budget.is_exhausted_by(touched.0) {
                break;
            }
        }
        Ok(())
    }

    async fn prune_by_number(&self, now: Timestamp, budget: &mut Budget) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let oldest_kept = self.oldest_kept(&after, budget.retention.per_webhook).await?;
            let Some((last, ..)) = oldest_kept.last() else { return Ok(()) };
            after.clone_from(last);
            for (webhook, created_at, id) in &oldest_kept {
                let (Some(created_at), Some(id)) = (created_at, id) else { continue };
                self.prune_older(now, webhook, (*created_at, id), budget).await?;
            }
            if !budget.has_left() {
                return Ok(());
            }
        }
    }

    /// The next webhooks after this id, each with the oldest delivery that its number keeps, unless it has fewer.
    async fn oldest_kept(
        &self,
        after: &str,
        per_webhook: u32,
    ) -> Result<Vec<(String, Option<i64>, Option<String>)>, StoreError> {
        let begin = "SELECT w.id, k.created_at, k.id FROM webhooks w LEFT JOIN deliveries k ON k.id = (SELECT d.id
            FROM deliveries d WHERE d.webhook = w.id ORDER BY d.created_at DESC, d.id DESC LIMIT 1 OFFSET ";
        fetch!(self, begin, |sql, connection| {
            sql.push_bind(i64::from(per_webhook.max(1)) - 1).push(") WHERE w.id > ").push_bind(after);
            sql.push(" ORDER BY w.id LIMIT ").push_bind(WEBHOOKS);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })
    }

    async fn prune_older(
        &self,
        now: Timestamp,
        webhook: &str,
        (created_at, id): (i64, &str),
        budget: &mut Budget,
    ) -> Result<(), StoreError> {
        while budget.take_step() {
            let rows = budget.rows();
            let mut transaction = self.begin(now).await?;
            let lock = transaction.skip_locked();
            let sql = format!(
                "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE webhook = $1
                AND (created_at, id) < ($2, $3) AND state <> 'waiting' ORDER BY created_at, id LIMIT $4{lock})"
            );
            let touched: Touched = timed!(transaction, |connection| statement::query(sqlx::AssertSqlSafe(sql))
                .bind(webhook)
                .bind(created_at)
                .bind(id)
                .bind(rows)
                .execute(connection))?;
            transaction.commit().await?;
            if budget.is_exhausted_by(touched.0) {
                break;
            }
        }
        Ok(())
    }

    async fn prune_events(&self, now: Timestamp, budget: &mut Budget) -> Result<(), StoreError> {
        let fanned_out = if budget.retention.keeps_new_events { "AND e.fanned_out_at IS NOT NULL" } else { "" };
        let sql = format!(
            "DELETE FROM events WHERE id IN (SELECT e.id FROM events e WHERE e.created_at >= $1
            AND e.created_at < $2 AND (e.publisher IS NULL OR e.created_at < $3) {fanned_out}
            AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id) ORDER BY e.created_at, e.id LIMIT $4)
            RETURNING created_at"
        );
        let keep = budget.retention.keep;
        let (own, published) = (before(now, keep), before(now, keep.max(PUBLISHED_KEPT)));
        // The next step starts where this one ended, so that it does not scan kept events again.
        let mut from = i64::MIN;
        while budget.take_step() {
            let rows = budget.rows();
            let mut transaction = self.begin(now).await?;
            let deleted: Vec<(i64,)> =
                timed!(transaction, |connection| statement::query_as(sqlx::AssertSqlSafe(sql.clone()))
                    .bind(from)
                    .bind(own)
                    .bind(published)
                    .bind(rows)
                    .fetch_all(connection))?;
            transaction.commit().await?;
            from = deleted.iter().map(|(at,)| *at).max().unwrap_or(from);
            if budget.is_exhausted_by(deleted.len() as u64) {
                break;
            }
        }
        Ok(())
    }
}

/// The statements that are left to a call.
struct Budget {
    retention: DeliveryRetention,
    steps: u32,
    pruned: u64,
}

impl Budget {
    fn has_left(&self) -> bool {
        self.steps > 0
    }

    /// Takes a step, if one is left.
    fn take_step(&mut self) -> bool {
        let has = self.has_left();
        self.steps = self.steps.saturating_sub(1);
        has
    }

    fn rows(&self) -> i64 {
        i64::from(self.retention.rows).min(i64::try_from(BATCH).unwrap_or(i64::MAX))
    }

    /// Counts the rows that a statement deleted; true where nothing is left for a further one.
    fn is_exhausted_by(&mut self, rows: u64) -> bool {
        self.pruned += rows;
        rows < self.rows().unsigned_abs()
    }
}

fn before(now: Timestamp, kept: SignedDuration) -> i64 {
    now.checked_sub(kept).unwrap_or(Timestamp::MIN).as_millisecond()
}
