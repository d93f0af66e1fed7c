//! Counts of messages by day: to a number, to an address, of an account.

use jiff::Timestamp;

use super::statement;
use super::transaction::{Touched, timed};
use super::{Store, StoreError, Transaction};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

impl Transaction {
    /// Counts a message of this day (UTC) within a scope: a number, an account, an address. False, and nothing counted,
    /// where `most` were counted.
    pub async fn count_message_of_day(&mut self, scope: &str, most: u32) -> Result<bool, StoreError> {
        let sql = "INSERT INTO text_counts (scope, day, sent) VALUES ($1, $2, 1)
            ON CONFLICT (scope, day) DO UPDATE SET sent = text_counts.sent + 1 WHERE text_counts.sent < $3";
        let day = self.now.as_millisecond().div_euclid(DAY_MILLIS);
        let touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(scope)
            .bind(day)
            .bind(i64::from(most))
            .execute(connection))?;
        Ok(touched.0 > 0)
    }
}

impl Store {
    /// Deletes the counts of days before this time.
    pub async fn prune_message_counts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin(before).await?;
        let sql = "DELETE FROM text_counts WHERE day < $1";
        let day = before.as_millisecond().div_euclid(DAY_MILLIS);
        let touched: Touched = timed!(transaction, |connection| statement::query(sql).bind(day).execute(connection))?;
        transaction.commit().await?;
        Ok(touched.0)
    }
}
