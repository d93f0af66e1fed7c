//! Publishers: tokens with which the API behind posts its events. Of a token only its digest is stored.

use super::statement;
use super::timestamps::from_millis;
use jiff::{SignedDuration, Timestamp};

use super::transaction::{Touched, timed};
use super::{Cursor, Listing, Store, StoreError, Transaction, fetch_optional, in_transaction};
use crate::credential::{Label, TokenDigest};

/// Resolution of the last use.
const USE_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherRecord {
    pub id: Label,
    pub name: String,
    pub digest: TokenDigest,
    /// Whose events it may post; `None`: of all accounts.
    pub account: Option<Label>,
    pub enabled: bool,
    /// Refused from here on.
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Id of the actor.
    pub created_by: String,
    /// To a minute.
    pub last_used_at: Option<Timestamp>,
    /// Incremented by each write, except of the last use.
    pub revision: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    digest: Vec<u8>,
    account: Option<String>,
    enabled: bool,
    expires_at: Option<i64>,
    created_at: i64,
    created_by: String,
    last_used_at: Option<i64>,
    revision: i64,
}

const COLUMNS: &str = "id, name, digest, account, enabled, expires_at, created_at, created_by, last_used_at, revision";

impl Store {
    pub async fn publisher(&self, id: &str) -> Result<Option<PublisherRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM publishers WHERE id = $1");
        let row: Option<Row> = fetch_optional!(self, sql, id)?;
        row.map(Row::record).transpose()
    }

    /// Disabled and expired ones are returned too: the caller checks.
    pub async fn publisher_by_digest(&self, digest: &TokenDigest) -> Result<Option<PublisherRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM publishers WHERE digest = $1");
        let digest = digest.as_bytes().to_vec();
        let row: Option<Row> = fetch_optional!(self, sql, digest)?;
        row.map(Row::record).transpose()
    }

    /// The newest `limit` publishers after the cursor. With an account, only those of it alone.
    pub async fn list_publishers(
        &self,
        account: Option<&Label>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Listing<PublisherRecord>, StoreError> {
        let account_is = if account.is_some() { "account = $3" } else { "CAST($3 AS TEXT) IS NULL" };
        let sql = format!(
            "SELECT {COLUMNS} FROM publishers WHERE (created_at, id) < ($1, $2) AND {account_is}
            ORDER BY created_at DESC, id DESC LIMIT $4"
        );
        let (millis, id) = Cursor::bounds(after);
        let rows: Vec<Row> = self
            .timed(async {
                in_transaction!(self, |connection| {
                    let query = statement::query_as(sqlx::AssertSqlSafe(sql)).bind(millis).bind(id);
                    let query = query.bind(account.map(Label::as_str)).bind(i64::from(limit) + 1);
                    Ok(query.fetch_all(connection).await?)
                })
            })
            .await?;
        Ok(Listing::by_cursor(rows, limit, |row| (row.created_at, &row.id), Row::record))
    }

    /// Records a use, unless the last one was less than a minute ago.
    pub async fn record_publisher_use(&self, record: &PublisherRecord, now: Timestamp) -> Result<(), StoreError> {
        if record.last_used_at.is_some_and(|last| now.duration_since(last) < USE_INTERVAL) {
            return Ok(());
        }
        let mut transaction = self.begin(now).await?;
        // A running call of this token may have locked the row: then its next use is recorded.
        let lock = if transaction.for_update().is_empty() { "" } else { " FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "UPDATE publishers SET last_used_at = $1 WHERE id IN (SELECT id FROM publishers
            WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1){lock})"
        );
        let _touched: Touched = timed!(transaction, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(now.as_millisecond())
            .bind(record.id.as_str())
            .execute(connection))?;
        transaction.commit().await
    }
}

impl Transaction {
    /// Locks the publisher until the commit.
    pub async fn publisher(&mut self, id: &str) -> Result<Option<PublisherRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM publishers WHERE id = $1{}", self.for_update());
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// # Errors
    /// [`StoreError::MissingReference`] for an unknown account.
    pub async fn insert_publisher(&mut self, record: &PublisherRecord) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO publishers ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, 1)");
        let _touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(record.id.as_str())
            .bind(&record.name)
            .bind(record.digest.as_bytes().to_vec())
            .bind(record.account.as_ref().map(Label::as_str))
            .bind(record.enabled)
            .bind(record.expires_at.map(Timestamp::as_millisecond))
            .bind(record.created_at.as_millisecond())
            .bind(&record.created_by)
            .execute(connection))?;
        Ok(())
    }

    /// Enables or disables a publisher, and increments the revision.
    pub async fn put_publisher(&mut self, record: &PublisherRecord) -> Result<(), StoreError> {
        let sql = "UPDATE publishers SET enabled = $1, revision = revision + 1 WHERE id = $2";
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(record.enabled)
            .bind(record.id.as_str())
            .execute(connection))?;
        Ok(())
    }

    /// False when there is no such publisher.
    pub async fn delete_publisher(&mut self, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM publishers WHERE id = $1";
        let touched: Touched = timed!(self, |connection| statement::query(sql).bind(id).execute(connection))?;
        Ok(touched.0 > 0)
    }
}

impl Row {
    fn record(self) -> Result<PublisherRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "publishers", column, id: self.id.clone() };
        let instant = |millis, column| from_millis(millis).map_err(|()| broken(column));
        Ok(PublisherRecord {
            id: self.id.parse().map_err(|_| broken("id"))?,
            digest: TokenDigest::from_bytes(&self.digest).ok_or_else(|| broken("digest"))?,
            account: self.account.as_deref().map(|id| id.parse().map_err(|_| broken("account"))).transpose()?,
            expires_at: self.expires_at.map(|end| instant(end, "expires_at")).transpose()?,
            created_at: instant(self.created_at, "created_at")?,
            last_used_at: self.last_used_at.map(|at| instant(at, "last_used_at")).transpose()?,
            name: self.name.clone(),
            created_by: self.created_by.clone(),
            enabled: self.enabled,
            revision: self.revision,
        })
    }
}
