//! The search text of credentials: their names in lower case.

use std::time::Duration;

use jiff::Timestamp;

use crate::store::statement;
use crate::store::transaction::{BATCH, Touched, build, timed};
use crate::store::{CredentialRecord, Store, StoreError, in_transaction};

/// A name of 200 characters and two ids fit; an index entry of PostgreSQL holds up to 2,704.
const MAX_SEARCH_BYTES: usize = 1000;

/// Reads the partial index `credentials_unfilled`, from the end that is filled in last.
pub(in crate::store) const IS_FILLED: &str =
    "SELECT (SELECT id FROM credentials WHERE search IS NULL ORDER BY id DESC LIMIT 1) IS NULL";
/// The kind of a credential, filled in or not.
pub(super) const KIND: &str = "COALESCE(kind, CASE WHEN owner IS NOT NULL THEN 'own' WHEN username IS NOT NULL
    THEN 'password' ELSE 'token' END)";
/// Lets other writers in between two batches.
const BATCH_INTERVAL: Duration = Duration::from_millis(5);

impl Store {
    /// Fills in the search text of rows from before that column; how many.
    pub(in crate::store) async fn fill(&self) -> Result<u64, StoreError> {
        let (mut filled, mut after) = (0, String::new());
        loop {
            match self.fill_batch(&after).await? {
                Some((last, count)) => (after, filled) = (last, filled + count),
                None if self.is_filled().await? => return Ok(filled),
                // Another session had the rest locked, and may have rolled back.
                None => after.clear(),
            }
            tokio::time::sleep(BATCH_INTERVAL).await;
        }
    }

    pub(super) async fn is_filled(&self) -> Result<bool, StoreError> {
        self.timed(async {
            Ok(in_transaction!(self, |connection| statement::query_scalar(IS_FILLED).fetch_one(connection).await?))
        })
        .await
    }

    /// One batch after this id; its last id, and how many rows.
    async fn fill_batch(&self, after: &str) -> Result<Option<(String, u64)>, StoreError> {
        let mut transaction = self.begin(Timestamp::UNIX_EPOCH).await?;
        // In Rust, because the databases' lower() knows ASCII alone. Rows that another session writes are skipped.
        let lock = if self.is_embedded() { "" } else { " FOR NO KEY UPDATE SKIP LOCKED" };
        let sql = format!(
            "SELECT id, username, name FROM credentials WHERE search IS NULL AND id > $1 ORDER BY id LIMIT {BATCH}{lock}"
        );
        type NameRow = (String, Option<String>, Option<String>);
        let rows: Vec<NameRow> = timed!(transaction, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(after)
            .fetch_all(connection))?;
        let Some((last, ..)) = rows.last() else { return Ok(None) };
        let begin = format!("UPDATE credentials SET kind = {KIND}, search = filled.column2 FROM (");
        let touched: Touched = build!(transaction, begin, |sql, connection| {
            sql.push_values(&rows, |mut row, (id, username, name)| {
                row.push_bind(id).push_bind(search_text_of(id, username.as_deref(), name.as_deref()));
            });
            sql.push(") AS filled WHERE credentials.id = filled.column1");
            sql.build().persistent(false).execute(connection)
        })?;
        transaction.commit().await?;
        Ok(Some((last.clone(), touched.0)))
    }
}

pub(super) fn search_text(record: &CredentialRecord) -> String {
    search_text_of(record.id.as_str(), record.username(), record.name.as_deref())
}

fn search_text_of(id: &str, username: Option<&str>, name: Option<&str>) -> String {
    let whole = format!("{id}\n{}\n{}", username.unwrap_or_default(), name.unwrap_or_default());
    let mut folded = whole.to_lowercase();
    folded.truncate(folded.floor_char_boundary(MAX_SEARCH_BYTES));
    folded
}
