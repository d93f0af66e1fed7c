//! Last uses of credentials.

use std::collections::BTreeMap;

use crate::credential::{Label, RecentUses, Use};
use crate::store::transaction::Touched;
use crate::store::{Store, StoreError, execute};

/// Rows of three parameters in one statement: SQLite takes 32,766.
const BATCH: usize = 2000;

impl Store {
    /// Writes last uses in few statements; a later use in the database stays. Gates cache no last use, so this is no
    /// change of the feed.
    ///
    /// # Errors
    /// Some uses may have been written.
    pub async fn record_uses(&self, uses: &BTreeMap<Label, RecentUses>) -> Result<(), StoreError> {
        let last: Vec<(&Label, Use)> = uses.iter().filter_map(|(id, uses)| Some((id, uses.last()?))).collect();
        for batch in last.chunks(BATCH) {
            self.record_last(batch).await?;
        }
        self.record_addresses(uses).await
    }

    /// In the order of ids, so that concurrent writes of gates cannot deadlock.
    async fn record_last(&self, batch: &[(&Label, Use)]) -> Result<(), StoreError> {
        // Unnamed columns of VALUES are column1, column2, … in both databases.
        let begin = "INSERT INTO uses (credential, at, used_from) SELECT v.column1, v.column2, v.column3 FROM (VALUES ";
        let _touched: Touched = execute!(self, begin, |sql, connection| {
            for (index, (id, last)) in batch.iter().enumerate() {
                sql.push(if index > 0 { ", (CAST(" } else { "(CAST(" }).push_bind(id.as_str());
                sql.push(" AS TEXT), CAST(").push_bind(last.at.as_millisecond());
                sql.push(" AS BIGINT), CAST(").push_bind(last.from.map(|address| address.to_string()));
                sql.push(" AS TEXT))");
            }
            sql.push(
                ") AS v JOIN credentials c ON c.id = v.column1 WHERE TRUE ORDER BY c.id
                ON CONFLICT (credential) DO UPDATE SET at = excluded.at, used_from = excluded.used_from
                WHERE uses.at < excluded.at",
            );
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }
}
