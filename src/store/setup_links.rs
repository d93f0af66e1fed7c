//! One-use links that set a password: for the first user of an installation, and for users without one.

use super::statement;
use super::timestamps::from_millis;
use jiff::Timestamp;

use super::transaction::{Touched, timed};
use super::{Store, StoreError, Transaction, fetch_optional};
use crate::credential::{Label, TokenDigest};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLinkRecord {
    /// SHA-256 of the token in the link.
    pub digest: TokenDigest,
    /// The user whose password it sets; `None`: it creates the first user.
    pub user: Option<Label>,
    /// `KIND:ID` of its author; `None` in rows from before this column.
    pub created_by: Option<String>,
    pub created_at: Timestamp,
    /// Invalid from here on.
    pub ends_at: Timestamp,
    /// When it was used or voided.
    pub used_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: Option<String>,
    created_by: Option<String>,
    created_at: i64,
    ends_at: i64,
    used_at: Option<i64>,
}

impl Store {
    /// The link of this digest. Used and expired ones are returned too: the caller checks.
    pub async fn setup_link(&self, digest: &TokenDigest) -> Result<Option<SetupLinkRecord>, StoreError> {
        let sql = "SELECT user_id, created_by, created_at, ends_at, used_at FROM setup_links WHERE digest = $1";
        let row: Option<Row> = fetch_optional!(self, sql, digest.as_bytes().to_vec())?;
        row.map(|row| row.record(*digest)).transpose()
    }

    /// Deletes the links that expired before this time; how many.
    pub async fn prune_setup_links(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin(before).await?;
        let sql = "DELETE FROM setup_links WHERE ends_at < $1";
        let touched: Touched =
            timed!(transaction, |connection| statement::query(sql).bind(before.as_millisecond()).execute(connection))?;
        transaction.commit().await?;
        Ok(touched.0)
    }
}

impl Transaction {
    /// # Errors
    /// [`StoreError::MissingReference`] when there is no such user.
    pub async fn add_setup_link(&mut self, record: &SetupLinkRecord) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO setup_links (digest, user_id, created_at, ends_at, created_by) VALUES ($1, $2, $3, $4, $5)";
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(record.digest.as_bytes().to_vec())
            .bind(record.user.as_ref().map(Label::as_str))
            .bind(record.created_at.as_millisecond())
            .bind(record.ends_at.as_millisecond())
            .bind(&record.created_by)
            .execute(connection))?;
        Ok(())
    }

    /// Uses a link. False when it is used or expired: of concurrent calls, one gets true.
    pub async fn take_setup_link(&mut self, digest: &TokenDigest) -> Result<bool, StoreError> {
        let sql = "UPDATE setup_links SET used_at = $1 WHERE digest = $2 AND used_at IS NULL AND ends_at > $1";
        let now = self.now.as_millisecond();
        let touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(now)
            .bind(digest.as_bytes().to_vec())
            .execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Voids the links of this user; with `None`, those that create the first user.
    pub async fn void_setup_links(&mut self, user: Option<&Label>) -> Result<(), StoreError> {
        let now = self.now.as_millisecond();
        let user_is = if user.is_some() { "user_id = $2" } else { "user_id IS NULL AND CAST($2 AS TEXT) IS NULL" };
        let sql = format!("UPDATE setup_links SET used_at = $1 WHERE used_at IS NULL AND {user_is}");
        let _touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(now)
            .bind(user.map(Label::as_str))
            .execute(connection))?;
        Ok(())
    }

    /// Locks the links that create the first user until the commit: two of them would create two first users.
    pub async fn lock_first_links(&mut self) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT created_at FROM setup_links WHERE user_id IS NULL AND used_at IS NULL ORDER BY digest{}",
            self.for_update()
        );
        let _locked: Vec<(i64,)> =
            timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(connection))?;
        Ok(())
    }
}

impl Row {
    fn record(self, digest: TokenDigest) -> Result<SetupLinkRecord, StoreError> {
        let id = || self.user_id.clone().unwrap_or_else(|| "the first user".into());
        let broken = |column| StoreError::Inconsistent { table: "setup_links", column, id: id() };
        let instant = |millis, column| from_millis(millis).map_err(|()| broken(column));
        Ok(SetupLinkRecord {
            digest,
            user: self.user_id.as_deref().map(|user| user.parse().map_err(|_| broken("user_id"))).transpose()?,
            created_by: self.created_by.clone(),
            created_at: instant(self.created_at, "created_at")?,
            ends_at: instant(self.ends_at, "ends_at")?,
            used_at: self.used_at.map(|at| instant(at, "used_at")).transpose()?,
        })
    }
}
