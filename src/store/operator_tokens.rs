//! Tokens of scripts that handle credentials. Of the token only the digest is kept.

use jiff::{SignedDuration, Timestamp};

use super::credentials::gate::moment;
use super::transaction::{Touched, within};
use super::{Cursor, Listing, Role, Store, StoreError, Transaction, on, one};
use crate::credential::{Label, TokenDigest};

/// Last uses are no more exact than this.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// A script that may do what a role may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorTokenRecord {
    /// Unique for good.
    pub id: Label,
    /// For people.
    pub name: String,
    /// What it is recognised by.
    pub digest: TokenDigest,
    /// What it may do.
    pub role: Role,
    /// Whose; those of staff are of none.
    pub account: Option<Label>,
    /// Switched on.
    pub enabled: bool,
    /// Worth nothing from this moment on.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When it was last used, to a minute.
    pub last_used_at: Option<Timestamp>,
    /// Counts changes.
    pub revision: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    digest: Vec<u8>,
    role: String,
    account: Option<String>,
    enabled: bool,
    expires_at: Option<i64>,
    created_at: i64,
    created_by: String,
    last_used_at: Option<i64>,
    revision: i64,
}

const COLUMNS: &str =
    "id, name, digest, role, account, enabled, expires_at, created_at, created_by, last_used_at, revision";

impl Store {
    /// The operator token with this id.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn operator_token(&self, id: &str) -> Result<Option<OperatorTokenRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM operator_tokens WHERE id = $1");
        let row: Option<Row> = one!(self, sql, id)?;
        row.map(Row::record).transpose()
    }

    /// The operator token of this digest. Nobody has looked yet at whether it counts.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn operator_token_of(&self, digest: &TokenDigest) -> Result<Option<OperatorTokenRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM operator_tokens WHERE digest = $1");
        let digest = digest.as_bytes().to_vec();
        let row: Option<Row> = one!(self, sql, digest)?;
        row.map(Row::record).transpose()
    }

    /// The next operator tokens behind this place, the newest first. With an account, only its own.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn operator_tokens_after(
        &self,
        account: Option<&Label>,
        after: Option<&Cursor>,
        most: u32,
    ) -> Result<Listing<OperatorTokenRecord>, StoreError> {
        let whose = if account.is_some() { "account = $3" } else { "CAST($3 AS TEXT) IS NULL" };
        let sql = format!(
            "SELECT {COLUMNS} FROM operator_tokens WHERE (created_at, id) < ($1, $2) AND {whose}
            ORDER BY created_at DESC, id DESC LIMIT $4"
        );
        let (millis, id) = after.map_or((i64::MAX, ""), |place| (place.created_at.as_millisecond(), place.id.as_str()));
        let rows: Vec<Row> = self
            .within(async {
                on!(&self.pools, |pool| {
                    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(millis).bind(id);
                    let query = query.bind(account.map(Label::as_str)).bind(i64::from(most) + 1);
                    Ok(query.fetch_all(pool).await?)
                })
            })
            .await?;
        Ok(Listing::at_places(rows, most, |row| (row.created_at, &row.id), Row::record))
    }

    /// Puts down that an operator token was used, unless that was put down less than a minute ago.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn note_use_of_operator_token(
        &self,
        record: &OperatorTokenRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if record.last_used_at.is_some_and(|last| now.duration_since(last) < NOTED_EVERY) {
            return Ok(());
        }
        let mut transaction = self.begin(now).await?;
        // What it does may be going on, and holds it: then this waits for the next use.
        let lock = if transaction.for_update().is_empty() { "" } else { " FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "UPDATE operator_tokens SET last_used_at = $1 WHERE id IN (SELECT id FROM operator_tokens
            WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1){lock})"
        );
        let _touched: Touched = within!(transaction, |connection| sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.as_millisecond())
            .bind(record.id.as_str())
            .execute(connection))?;
        transaction.commit().await
    }
}

impl Transaction {
    /// The operator token with this id, kept from being changed by others until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn operator_token(&mut self, id: &str) -> Result<Option<OperatorTokenRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM operator_tokens WHERE id = $1{}", self.for_update());
        let row: Option<Row> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// The operator token with this id, which stays as it is until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn held_operator_token(&mut self, id: &str) -> Result<Option<OperatorTokenRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM operator_tokens WHERE id = $1{}", self.for_share());
        let row: Option<Row> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Keeps these two from being changed by others until the end, in order, so that two who do this do not wait for
    /// each other. To be done before any one token is asked for.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn lock_operator_tokens(&mut self, [one, other]: [&str; 2]) -> Result<(), StoreError> {
        let sql = format!("SELECT revision FROM operator_tokens WHERE id IN ($1, $2) ORDER BY id{}", self.for_update());
        let _locked: Vec<(i64,)> = within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(one)
            .bind(other)
            .fetch_all(connection))?;
        Ok(())
    }

    /// Writes a new operator token.
    ///
    /// # Errors
    /// When its account is unknown, or the database cannot be written.
    pub async fn add_operator_token(&mut self, record: &OperatorTokenRecord) -> Result<(), StoreError> {
        let sql =
            format!("INSERT INTO operator_tokens ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, 1)");
        let _touched: Touched = within!(self, |connection| sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(record.id.as_str())
            .bind(&record.name)
            .bind(record.digest.as_bytes().to_vec())
            .bind(record.role.as_str())
            .bind(record.account.as_ref().map(Label::as_str))
            .bind(record.enabled)
            .bind(record.expires_at.map(Timestamp::as_millisecond))
            .bind(record.created_at.as_millisecond())
            .bind(&record.created_by)
            .execute(connection))?;
        Ok(())
    }

    /// Switches an operator token on or off. Its revision is counted here.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_operator_token(&mut self, record: &OperatorTokenRecord) -> Result<(), StoreError> {
        let sql = "UPDATE operator_tokens SET enabled = $1, revision = revision + 1 WHERE id = $2";
        let _touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(record.enabled)
            .bind(record.id.as_str())
            .execute(connection))?;
        Ok(())
    }

    /// Deletes an operator token for good. False when there is none with this id.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_operator_token(&mut self, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM operator_tokens WHERE id = $1";
        let touched: Touched = within!(self, |connection| sqlx::query(sql).bind(id).execute(connection))?;
        Ok(touched.0 > 0)
    }
}

impl Row {
    fn record(self) -> Result<OperatorTokenRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "operator_tokens", column, id: self.id.clone() };
        let instant = |millis, column| moment(millis).map_err(|()| broken(column));
        Ok(OperatorTokenRecord {
            id: self.id.parse().map_err(|_| broken("id"))?,
            digest: TokenDigest::from_bytes(&self.digest).ok_or_else(|| broken("digest"))?,
            role: self.role.parse().map_err(|_| broken("role"))?,
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
