//! Accounts: the customers that credentials belong to.

use jiff::Timestamp;

use super::transaction::{Touched, within};
use super::{ChangeKind, Store, StoreError, Transaction, on};
use crate::credential::Label;

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Unique for good.
    pub id: Label,
    /// For people.
    pub name: Option<String>,
    /// The provider lets it use the API.
    pub granted: bool,
    /// It lets itself.
    pub switched_on: bool,
    /// Its members may have keys of their own.
    pub members_allowed: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes.
    pub revision: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: Option<String>,
    granted: bool,
    switched_on: bool,
    members_allowed: bool,
    created_at: i64,
    revision: i64,
}

const COLUMNS: &str = "id, name, granted, switched_on, members_allowed, created_at, revision";

impl Store {
    /// The account with this id.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn account(&self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1");
        let row: Option<Row> = self
            .within(async {
                on!(&self.pools, |pool| {
                    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await?)
                })
            })
            .await?;
        row.map(Row::record).transpose()
    }
}

impl Transaction {
    /// The account with this id, kept from being changed by others until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn account(&mut self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1{}", self.for_update());
        let row: Option<Row> =
            within!(self, |connection| sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Writes an account, new or known, as a whole. Its revision is counted here.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_account(&mut self, record: &AccountRecord) -> Result<(), StoreError> {
        let sql = "INSERT INTO accounts (id, name, granted, switched_on, members_allowed, created_at, revision)
            VALUES ($1, $2, $3, $4, $5, $6, 1)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, granted = excluded.granted,
            switched_on = excluded.switched_on, members_allowed = excluded.members_allowed,
            revision = accounts.revision + 1";
        let _touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(record.id.as_str())
            .bind(&record.name)
            .bind(record.granted)
            .bind(record.switched_on)
            .bind(record.members_allowed)
            .bind(record.created_at.as_millisecond())
            .execute(connection))?;
        self.changed(ChangeKind::Account, record.id.as_str());
        Ok(())
    }
}

impl Row {
    fn record(self) -> Result<AccountRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "accounts", column, id: self.id.clone() };
        Ok(AccountRecord {
            id: self.id.parse().map_err(|_| broken("id"))?,
            created_at: super::usable::moment(self.created_at).map_err(|()| broken("created_at"))?,
            name: self.name.clone(),
            granted: self.granted,
            switched_on: self.switched_on,
            members_allowed: self.members_allowed,
            revision: self.revision,
        })
    }
}
