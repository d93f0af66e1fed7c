//! Users: people of an account, or of the provider's staff.

use jiff::Timestamp;

use super::credentials::gate::moment;
use super::transaction::{Touched, within};
use super::{ChangeKind, Cursor, Listing, Role, Store, StoreError, Transaction, on, one};
use crate::credential::{Label, PasswordHash};

/// Somebody who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Unique for good.
    pub id: Label,
    /// Whose; staff are of none.
    pub account: Option<Label>,
    /// What they sign in with. Upper and lower case are the same.
    pub email: String,
    /// For people.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// What their password is verified against; none before they have chosen one.
    pub password_hash: Option<PasswordHash>,
    /// Switched on.
    pub enabled: bool,
    /// When they were added.
    pub created_at: Timestamp,
    /// Counts changes.
    pub revision: i64,
}

/// Which users are looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserFilter<'f> {
    /// Of this account.
    pub account: Option<&'f Label>,
    /// With this role.
    pub role: Option<Role>,
    /// Switched on, or off.
    pub enabled: Option<bool>,
}

/// A user who is switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnabledUser {
    /// Which one.
    pub id: String,
    /// False: nobody can sign in as them yet.
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
/// How many of the staff can sign in, or could if they were switched on.
const STAFF: &str = "SELECT COUNT(*) FROM users WHERE role = 'staff' AND password_hash IS NOT NULL";

impl Store {
    /// The user with this id.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn user(&self, id: &str) -> Result<Option<UserRecord>, StoreError> {
        self.user_where("id = $1", id).await
    }

    /// The user with this e-mail address, in whichever case.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, StoreError> {
        // Both databases know upper and lower case of ASCII only.
        self.user_where("lower(email) = $1", &email.to_ascii_lowercase()).await
    }

    async fn user_where(&self, condition: &str, value: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE {condition}");
        let row: Option<Row> = one!(self, sql, value)?;
        row.map(Row::record).transpose()
    }

    /// The next users behind this place, the newest first. One that cannot be read keeps no other back.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn users_after(
        &self,
        filter: UserFilter<'_>,
        after: Option<&Cursor>,
        most: u32,
    ) -> Result<Listing<UserRecord>, StoreError> {
        // Each value is named in any case, so that what is bound is always the same.
        let account = if filter.account.is_some() { "account = $3" } else { "CAST($3 AS TEXT) IS NULL" };
        let sql = format!(
            "SELECT {COLUMNS} FROM users WHERE (created_at, id) < ($1, $2) AND {account}
            AND (CAST($4 AS TEXT) IS NULL OR role = $4) AND (CAST($5 AS BOOLEAN) IS NULL OR enabled = $5)
            ORDER BY created_at DESC, id DESC LIMIT $6"
        );
        let (millis, id) = after.map_or((i64::MAX, ""), |place| (place.created_at.as_millisecond(), place.id.as_str()));
        let rows: Vec<Row> = self
            .within(async {
                on!(&self.pools, |pool| {
                    let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(millis).bind(id);
                    let query = query.bind(filter.account.map(Label::as_str)).bind(filter.role.map(Role::as_str));
                    Ok(query.bind(filter.enabled).bind(i64::from(most) + 1).fetch_all(pool).await?)
                })
            })
            .await?;
        Ok(Listing::at_places(rows, most, |row| (row.created_at, &row.id), Row::record))
    }

    /// True once somebody of the staff has a password.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn has_staff(&self) -> Result<bool, StoreError> {
        let staff: i64 = self
            .within(async { on!(&self.pools, |pool| Ok(sqlx::query_scalar(STAFF).fetch_one(pool).await?)) })
            .await?;
        Ok(staff > 0)
    }
}

impl Transaction {
    /// The user with this id, kept from being changed by others until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn user(&mut self, id: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1{}", self.for_update());
        let row: Option<Row> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// The user with this id, who stays as they are until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn held_user(&mut self, id: &str) -> Result<Option<UserRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1{}", self.for_share());
        let row: Option<Row> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Keeps these two from being changed by others until the end, and everybody on whom it may depend what becomes
    /// of them: the owners of their accounts, and the staff. All at once and in order, so that two who do this do
    /// not wait for each other; to be done before any one user is asked for.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn lock_people(&mut self, [one, other]: [&str; 2]) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT revision FROM users WHERE id IN ($1, $2) OR (role = 'staff' AND enabled)
            OR (role = 'owner' AND account IN (SELECT account FROM users WHERE id IN ($1, $2)))
            ORDER BY id{}",
            self.for_update()
        );
        let _locked: Vec<(i64,)> = within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(one)
            .bind(other)
            .fetch_all(connection))?;
        Ok(())
    }

    /// True once somebody of the staff has a password.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn has_staff(&mut self) -> Result<bool, StoreError> {
        let row: (i64,) = within!(self, |connection| sqlx::query_as::<_, (i64,)>(STAFF).fetch_one(connection))?;
        Ok(row.0 > 0)
    }

    /// Everybody of the staff who is switched on, kept from being changed by others until the end. To be asked
    /// before any one user is, so that two who do this do not wait for each other.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn enabled_staff(&mut self) -> Result<Vec<EnabledUser>, StoreError> {
        let sql = format!(
            "SELECT id, password_hash IS NOT NULL FROM users WHERE role = 'staff' AND enabled ORDER BY id{}",
            self.for_update()
        );
        let rows: Vec<(String, bool)> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(connection))?;
        Ok(rows.into_iter().map(|(id, has_password)| EnabledUser { id, has_password }).collect())
    }

    /// The same of the owners of an account. To be asked when the people are locked.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn enabled_owners(&mut self, account: &Label) -> Result<Vec<EnabledUser>, StoreError> {
        let sql = "SELECT id, password_hash IS NOT NULL FROM users WHERE role = 'owner' AND enabled AND account = $1";
        let rows: Vec<(String, bool)> =
            within!(self, |connection| sqlx::query_as(sql).bind(account.as_str()).fetch_all(connection))?;
        Ok(rows.into_iter().map(|(id, has_password)| EnabledUser { id, has_password }).collect())
    }

    /// Writes a new user.
    ///
    /// # Errors
    /// When the e-mail address is taken or the account is unknown, or the database cannot be written.
    pub async fn add_user(&mut self, record: &UserRecord) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO users ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)");
        let _touched: Touched = within!(self, |connection| sqlx::query(sqlx::AssertSqlSafe(sql))
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

    /// Writes a known user as a whole, but for the account and when they were added. Their revision is counted here.
    ///
    /// # Errors
    /// When the e-mail address is taken, or the database cannot be written.
    pub async fn put_user(&mut self, record: &UserRecord) -> Result<(), StoreError> {
        let sql = "UPDATE users SET email = $1, name = $2, role = $3, password_hash = $4, enabled = $5,
            revision = revision + 1 WHERE id = $6";
        let _touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(&record.email)
            .bind(&record.name)
            .bind(record.role.as_str())
            .bind(record.password_hash.as_ref().map(PasswordHash::as_str))
            .bind(record.enabled)
            .bind(record.id.as_str())
            .execute(connection))?;
        // Keys of their own stand and fall with role and state.
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
            created_at: moment(self.created_at).map_err(|()| broken("created_at"))?,
            email: self.email.clone(),
            name: self.name.clone(),
            enabled: self.enabled,
            revision: self.revision,
        })
    }
}
