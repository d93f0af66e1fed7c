//! Users: people of an account, or of the provider's staff.

mod mail_recipients;

pub use mail_recipients::MailRecipient;

use super::statement;
use crate::store::timestamps::from_millis;
use jiff::Timestamp;

use super::transaction::{Touched, timed};
use super::{ChangeKind, Cursor, Listing, Role, Store, StoreError, Transaction, fetch, fetch_optional, in_transaction};
use crate::credential::{Label, PasswordHash};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    pub id: Label,
    /// `None` for staff.
    pub account: Option<Label>,
    /// Unique, ignoring ASCII case.
    pub email: String,
    pub name: Option<String>,
    pub role: Role,
    /// `None` until they set a password.
    pub password_hash: Option<PasswordHash>,
    pub enabled: bool,
    pub created_at: Timestamp,
    /// Incremented by each write.
    pub revision: i64,
}

/// Conditions that all apply; the default matches every user.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserFilter<'f> {
    pub account: Option<&'f Label>,
    pub role: Option<Role>,
    pub enabled: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnabledUser {
    pub id: String,
    /// False: they cannot sign in yet.
    pub has_password: bool,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    account: Option<String>,
    email: String,
    name: Option<String>,
    role: String,
    password_hash: Option<String>,
    enabled: bool,
    created_at: i64,
    revision: i64,
}

const COLUMNS: &str = "id, account, email, name, role, password_hash, enabled, created_at, revision";
/// Staff with a password, enabled or not.
const STAFF: &str = "SELECT COUNT(*) FROM users WHERE role = 'staff' AND password_hash IS NOT NULL";

impl Store {
    /// Id, name and e-mail address of those of these users that exist.
    pub async fn user_names(&self, ids: &[&str]) -> Result<Vec<(String, Option<String>, String)>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        fetch!(self, "SELECT id, name, email FROM users WHERE id IN (", |sql, connection| {
            let mut list = sql.separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            sql.push(")");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })
    }

    pub async fn user(&self, id: &str) -> Result<Option<UserRecord>, StoreError> {
        self.user_where("id = $1", id).await
    }

    /// Ignores ASCII case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError> {
        // Both databases' lower() knows ASCII alone.
        self.user_where("lower(email) = $1", &email.to_ascii_lowercase()).await
    }

    async fn user_where(&self, condition: &str, value: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
        let row: Option<Row> = fetch_optional!(self, sql, value)?;
        row.map(Row::record).transpose()
    }

    /// The newest `limit` users after the cursor.
    pub async fn users_after(
        &self,
        filter: UserFilter<'_>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Listing<UserRecord>, StoreError> {
        // Every parameter appears, so that the bindings are always the same.
        let account = if filter.account.is_some() { "account = $3" } else { "CAST($3 AS TEXT) IS NULL" };
        let sql = format!(
            "SELECT {COLUMNS} FROM users WHERE (created_at, id) < ($1, $2) AND {account}
            AND (CAST($4 AS TEXT) IS NULL OR role = $4) AND (CAST($5 AS BOOLEAN) IS NULL OR enabled = $5)
            ORDER BY created_at DESC, id DESC LIMIT $6"
        );
        let (millis, id) = Cursor::bounds(after);
        let rows: Vec<Row> = self
            .timed(async {
                in_transaction!(self, |connection| {
                    let query = statement::query_as(sqlx::AssertSqlSafe(sql)).bind(millis).bind(id);
                    let query = query.bind(filter.account.map(Label::as_str)).bind(filter.role.map(Role::as_str));
                    Ok(query.bind(filter.enabled).bind(i64::from(limit) + 1).fetch_all(connection).await?)
                })
            })
            .await?;
        Ok(Listing::by_cursor(rows, limit, |row| (row.created_at, &row.id), Row::record))
    }

    /// True when a member of staff has a password.
    pub async fn has_staff(&self) -> Result<bool, StoreError> {
        let staff: i64 = self
            .timed(async {
                in_transaction!(self, |connection| Ok(statement::query_scalar(STAFF).fetch_one(connection).await?))
            })
            .await?;
        Ok(staff > 0)
    }
}

impl Transaction {
    /// Locks the user until the commit.
    pub async fn user(&mut self, id: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1{}", self.for_update());
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Locks the user against changes until the commit; other transactions may hold the same lock.
    pub async fn user_for_share(&mut self, id: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1{}", self.for_share());
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Locks these two users until the commit, and all users that a decision on them may depend on: the owners of their
    /// accounts, and enabled staff. In one order, so that concurrent transactions cannot deadlock; so call it before
    /// any other lock on a user.
    pub async fn lock_users(&mut self, [one, other]: [&str; 2]) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT revision FROM users WHERE id IN ($1, $2) OR (role = 'staff' AND enabled)
            OR (role = 'owner' AND account IN (SELECT account FROM users WHERE id IN ($1, $2)))
            ORDER BY id{}",
            self.for_update()
        );
        let _locked: Vec<(i64,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(one)
            .bind(other)
            .fetch_all(connection))?;
        Ok(())
    }

    /// True when a member of staff has a password.
    pub async fn has_staff(&mut self) -> Result<bool, StoreError> {
        let row: (i64,) = timed!(self, |connection| statement::query_as::<_, (i64,)>(STAFF).fetch_one(connection))?;
        Ok(row.0 > 0)
    }

    /// Enabled staff, locked until the commit. Call it before any other lock on a user, so that concurrent transactions
    /// cannot deadlock.
    pub async fn enabled_staff(&mut self) -> Result<Vec<EnabledUser>, StoreError> {
        let sql = format!(
            "SELECT id, password_hash IS NOT NULL FROM users WHERE role = 'staff' AND enabled ORDER BY id{}",
            self.for_update()
        );
        let rows: Vec<(String, bool)> =
            timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(connection))?;
        Ok(rows.into_iter().map(|(id, has_password)| EnabledUser { id, has_password }).collect())
    }

    /// Enabled owners of an account, without a lock: call [`Self::lock_users`] before.
    pub async fn enabled_owners(&mut self, account: &Label) -> Result<Vec<EnabledUser>, StoreError> {
        let sql = "SELECT id, password_hash IS NOT NULL FROM users WHERE role = 'owner' AND enabled AND account = $1";
        let rows: Vec<(String, bool)> =
            timed!(self, |connection| statement::query_as(sql).bind(account.as_str()).fetch_all(connection))?;
        Ok(rows.into_iter().map(|(id, has_password)| EnabledUser { id, has_password }).collect())
    }

    /// # Errors
    /// [`StoreError::Taken`] for the e-mail address, [`StoreError::MissingReference`] for an unknown account.
    pub async fn add_user(&mut self, record: &UserRecord) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO users ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)");
        let _touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(record.id.as_str())
            .bind(record.account.as_ref().map(Label::as_str))
            .bind(&record.email)
            .bind(&record.name)
            .bind(record.role.as_str())
            .bind(record.password_hash.as_ref().map(PasswordHash::as_str))
            .bind(record.enabled)
            .bind(record.created_at.as_millisecond())
            .execute(connection))?;
        Ok(())
    }

    /// Replaces a user, except account and creation time, and increments the revision.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for the e-mail address.
    pub async fn put_user(&mut self, record: &UserRecord) -> Result<(), StoreError> {
        let sql = "UPDATE users SET email = $1, name = $2, role = $3, password_hash = $4, enabled = $5,
            revision = revision + 1 WHERE id = $6";
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(&record.email)
            .bind(&record.name)
            .bind(record.role.as_str())
            .bind(record.password_hash.as_ref().map(PasswordHash::as_str))
            .bind(record.enabled)
            .bind(record.id.as_str())
            .execute(connection))?;
        // Keys that the user owns depend on role and state.
        self.changed(ChangeKind::User, record.id.as_str());
        Ok(())
    }
}

impl Row {
    pub(super) fn record(self) -> Result<UserRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "users", column, id: self.id.clone() };
        Ok(UserRecord {
            id: self.id.parse().map_err(|_| broken("id"))?,
            account: self.account.as_deref().map(|id| id.parse().map_err(|_| broken("account"))).transpose()?,
            role: self.role.parse().map_err(|_| broken("role"))?,
            password_hash: self
                .password_hash
                .as_deref()
                .map(|hash| hash.parse().map_err(|_| broken("password_hash")))
                .transpose()?,
            created_at: from_millis(self.created_at).map_err(|()| broken("created_at"))?,
            email: self.email.clone(),
            name: self.name.clone(),
            enabled: self.enabled,
            revision: self.revision,
        })
    }
}
