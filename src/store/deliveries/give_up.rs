//! Ending deliveries that wait.

use super::state::{DeliveryState, NotDelivered};
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{StoreError, Transaction};

/// Sets the columns of a delivery that ends with this state and reason at this time, each an expression of SQL. A replay
/// returns to what it was before.
pub(super) fn end_columns(state: &str, why: &str, at: &str) -> String {
    format!(
        "state = COALESCE(replay_of, {state}), why = CASE WHEN replay_of IS NULL THEN {why} ELSE why END,
        done_at = COALESCE(done_at, {at}), replay_of = NULL, next_at = NULL, claimed_by = NULL, claimed_until = NULL"
    )
}

/// No attempt is under way; `$3` is now.
const IS_FREE: &str = "(claimed_until IS NULL OR claimed_until <= $3)";

impl Transaction {
    /// Ends up to `limit` waiting deliveries without an attempt under way that match a condition on `$4`; how many.
    pub(super) async fn give_up(
        &mut self,
        (condition, key): (&str, &str),
        (state, why): (DeliveryState, NotDelivered),
        (order, limit): (&str, u32),
    ) -> Result<u64, StoreError> {
        let (lock, columns) = (self.skip_locked(), end_columns("$1", "$2", "$3"));
        let sql = format!(
            "WITH chosen AS MATERIALIZED (SELECT id FROM deliveries WHERE {condition} AND state = 'waiting' AND {IS_FREE}
            {order} LIMIT $5{lock}) UPDATE deliveries SET {columns} WHERE id IN (SELECT id FROM chosen)"
        );
        let now = self.now.as_millisecond();
        let touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(state.as_str())
            .bind(why.as_str())
            .bind(now)
            .bind(key)
            .bind(i64::from(limit))
            .execute(connection))?;
        Ok(touched.0)
    }

    /// The lock for rows that are read to be changed, without those that others have locked.
    pub(super) fn skip_locked(&self) -> &'static str {
        if self.for_update().is_empty() { "" } else { " FOR UPDATE SKIP LOCKED" }
    }
}
