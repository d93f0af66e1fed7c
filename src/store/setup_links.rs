//! Links that set a password, once: the first of an installation, and those for people who have none or lost it.

use jiff::Timestamp;

use super::credentials::gate::moment;
use super::transaction::{Touched, within};
use super::{Store, StoreError, Transaction, one};
use crate::credential::{Label, TokenDigest};

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLinkRecord {
    /// Of what is in the link.
    pub digest: TokenDigest,
    /// Whose password it sets; of nobody, it makes the first user.
    pub user: Option<Label>,
    /// Who made it, kind and id with a colon between them. Nobody knows of those from before that was put down.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Worth nothing from this moment on.
    pub ends_at: Timestamp,
    /// When somebody was quicker.
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
    /// The link of this digest. Nobody has looked yet at whether it is used or over.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn setup_link(&self, digest: &TokenDigest) -> Result<Option<SetupLinkRecord>, StoreError> {
        let sql = "SELECT user_id, created_by, created_at, ends_at, used_at FROM setup_links WHERE digest = $1";
        let row: Option<Row> = one!(self, sql, digest.as_bytes().to_vec())?;
        row.map(|row| row.record(*digest)).transpose()
    }

    /// Deletes the links that were over before this moment; how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune_setup_links(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin(before).await?;
        let sql = "DELETE FROM setup_links WHERE ends_at < $1";
        let touched: Touched =
            within!(transaction, |connection| sqlx::query(sql).bind(before.as_millisecond()).execute(connection))?;
        transaction.commit().await?;
        Ok(touched.0)
    }
}

impl Transaction {
    /// Writes a new link.
    ///
    /// # Errors
    /// When its user is not there, or the database cannot be written.
    pub async fn add_setup_link(&mut self, record: &SetupLinkRecord) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO setup_links (digest, user_id, created_at, ends_at, created_by) VALUES ($1, $2, $3, $4, $5)";
        let _touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(record.digest.as_bytes().to_vec())
            .bind(record.user.as_ref().map(Label::as_str))
            .bind(record.created_at.as_millisecond())
            .bind(record.ends_at.as_millisecond())
            .bind(&record.created_by)
            .execute(connection))?;
        Ok(())
    }

    /// Uses a link up. False when it is used or over already: of any number who try, one gets true.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn take_setup_link(&mut self, digest: &TokenDigest) -> Result<bool, StoreError> {
        let sql = "UPDATE setup_links SET used_at = $1 WHERE digest = $2 AND used_at IS NULL AND ends_at > $1";
        let now = self.now.as_millisecond();
        let touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(now)
            .bind(digest.as_bytes().to_vec())
            .execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Makes the links of this user worthless, or those of nobody: the first ones.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn void_setup_links(&mut self, user: Option<&Label>) -> Result<(), StoreError> {
        let now = self.now.as_millisecond();
        let whose = if user.is_some() { "user_id = $2" } else { "user_id IS NULL AND CAST($2 AS TEXT) IS NULL" };
        let sql = format!("UPDATE setup_links SET used_at = $1 WHERE used_at IS NULL AND {whose}");
        let _touched: Touched = within!(self, |connection| sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now)
            .bind(user.map(Label::as_str))
            .execute(connection))?;
        Ok(())
    }

    /// Waits for everybody else who uses one of the first links, and keeps them from it until the end: two of
    /// these links would make two first users.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn lock_first_links(&mut self) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT created_at FROM setup_links WHERE user_id IS NULL AND used_at IS NULL ORDER BY digest{}",
            self.for_update()
        );
        let _locked: Vec<(i64,)> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(connection))?;
        Ok(())
    }
}

impl Row {
    fn record(self, digest: TokenDigest) -> Result<SetupLinkRecord, StoreError> {
        let id = || self.user_id.clone().unwrap_or_else(|| "the first user".into());
        let broken = |column| StoreError::Inconsistent { table: "setup_links", column, id: id() };
        let instant = |millis, column| moment(millis).map_err(|()| broken(column));
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
