//! Deleting the deliveries of webhooks that are about to be deleted: a cascade over all of them could outlast the timeout
//! of a statement.

use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{StoreError, Transaction};

/// Rows of one statement, each with its attempts.
const ROWS: i64 = 1000;

impl Transaction {
    /// Locks the webhooks with this value in a column until the commit, and deletes their deliveries.
    pub(in crate::store) async fn delete_deliveries_of(
        &mut self,
        column: &'static str,
        value: &str,
    ) -> Result<(), StoreError> {
        let sql = format!("SELECT id FROM webhooks WHERE {column} = $1 ORDER BY id{}", self.for_update());
        let webhooks: Vec<(String,)> =
            timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql)).bind(value).fetch_all(connection))?;
        for (webhook,) in webhooks {
            let sql = "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE webhook = $1 LIMIT $2)";
            loop {
                let touched: Touched =
                    timed!(self, |connection| statement::query(sql).bind(&webhook).bind(ROWS).execute(connection))?;
                if touched.0 < ROWS.unsigned_abs() {
                    break;
                }
            }
        }
        Ok(())
    }
}
