//! What credentials are found by: their names, in small letters.

use std::time::Duration;

use jiff::Timestamp;

use super::write::BATCH;
use crate::store::transaction::{Touched, built, within};
use crate::store::{CredentialRecord, Store, StoreError, on};

/// A line of 200 characters beside two names, and less than an index entry of PostgreSQL may hold.
const LONGEST_SEARCHED: usize = 1000;

/// Read from an index that has only those which are not (`credentials_unfilled`), from the end that is filled in last.
pub(in crate::store) const IS_FILLED: &str =
    "SELECT (SELECT id FROM credentials WHERE search IS NULL ORDER BY id DESC LIMIT 1) IS NULL";
/// The kind of a credential whether or not that is filled in.
pub(in crate::store) const KIND: &str =
    "COALESCE(kind, CASE WHEN owner IS NOT NULL THEN 'own' WHEN username IS NOT NULL
    THEN 'password' ELSE 'token' END)";
/// Between two batches, others come to write.
const PAUSE: Duration = Duration::from_millis(5);

impl Store {
    /// Fills in what credentials are found by, of rows that were written before there was such a thing. How many.
    pub(in crate::store) async fn fill(&self) -> Result<u64, StoreError> {
        let (mut filled, mut behind) = (0, String::new());
        loop {
            match self.fill_batch(&behind).await? {
                Some((last, count)) => (behind, filled) = (last, filled + count),
                None if self.is_filled().await? => return Ok(filled),
                // Somebody else was at them, and may have left them as they were.
                None => behind.clear(),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// True when nothing is left to fill in.
    pub(in crate::store) async fn is_filled(&self) -> Result<bool, StoreError> {
        self.within(async { Ok(on!(&self.pools, |pool| sqlx::query_scalar(IS_FILLED).fetch_one(pool).await?)) }).await
    }

    /// Some of those behind this id; the last one of them, and how many.
    async fn fill_batch(&self, behind: &str) -> Result<Option<(String, u64)>, StoreError> {
        let mut transaction = self.begin(Timestamp::UNIX_EPOCH).await?;
        // Databases know the small letters of ASCII alone. A row that somebody else writes to is left to them.
        let lock = if self.is_embedded() { "" } else { " FOR NO KEY UPDATE SKIP LOCKED" };
        let sql = format!(
            "SELECT id, username, name FROM credentials WHERE search IS NULL AND id > $1 ORDER BY id LIMIT {BATCH}{lock}"
        );
        type TakenNames = (String, Option<String>, Option<String>);
        let rows: Vec<TakenNames> = within!(transaction, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(behind)
            .fetch_all(connection))?;
        let Some((last, ..)) = rows.last() else { return Ok(None) };
        let begin = format!("UPDATE credentials SET kind = {KIND}, search = filled.column2 FROM (");
        let touched: Touched = built!(transaction, begin, |sql, connection| {
            sql.push_values(&rows, |mut row, (id, username, name)| {
                row.push_bind(id).push_bind(searched_of(id, username.as_deref(), name.as_deref()));
            });
            sql.push(") AS filled WHERE credentials.id = filled.column1");
            sql.build().persistent(false).execute(connection)
        })?;
        transaction.commit().await?;
        Ok(Some((last.clone(), touched.0)))
    }
}

/// What a credential is found by, as the index holds it.
pub(in crate::store) fn searched(record: &CredentialRecord) -> String {
    searched_of(record.id.as_str(), record.username(), record.name.as_deref())
}

/// The same of its parts.
fn searched_of(id: &str, username: Option<&str>, name: Option<&str>) -> String {
    let whole = format!("{id}\n{}\n{}", username.unwrap_or_default(), name.unwrap_or_default());
    let mut folded = whole.to_lowercase();
    folded.truncate(folded.floor_char_boundary(LONGEST_SEARCHED));
    folded
}
