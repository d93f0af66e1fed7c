//! Accounts: the customers that credentials belong to.

mod list;
mod summary;

use super::statement;
use crate::store::timestamps::from_millis;
use jiff::Timestamp;

use super::transaction::{BATCH, Touched, build, lock_all, timed};
use super::{ChangeKind, Store, StoreError, Transaction, fetch_optional, in_transaction};
use crate::credential::Label;

pub use list::AccountFilter;
pub use summary::PeopleCounts;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    pub id: Label,
    pub name: Option<String>,
    /// The provider has granted API access.
    pub granted: bool,
    /// The account's owner has switched API access on.
    pub switched_on: bool,
    /// Members may have keys of their own.
    pub members_allowed: bool,
    pub created_at: Timestamp,
    /// Incremented by each write.
    pub revision: i64,
}

impl AccountRecord {
    /// False: all its credentials are refused.
    pub fn has_access(&self) -> bool {
        self.granted && self.switched_on
    }
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
    pub async fn account(&self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1");
        let row: Option<Row> = fetch_optional!(self, sql, id)?;
        row.map(Row::record).transpose()
    }

    /// In the order of ids.
    pub async fn accounts_without_access(&self) -> Result<Vec<Label>, StoreError> {
        let sql = "SELECT id FROM accounts WHERE NOT (granted AND switched_on) ORDER BY id";
        let ids: Vec<String> = self
            .timed(async {
                in_transaction!(self, |connection| Ok(statement::query_scalar(sql).fetch_all(connection).await?))
            })
            .await?;
        let label = |id: String| match id.parse() {
            Ok(label) => Ok(label),
            Err(_) => Err(StoreError::Inconsistent { table: "accounts", column: "id", id }),
        };
        ids.into_iter().map(label).collect()
    }
}

impl Transaction {
    /// Locks the account until the commit.
    pub async fn account(&mut self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1{}", self.for_no_key_update());
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// The same with a lock that other readers share: it does not change before the commit.
    pub async fn account_for_share(&mut self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1{}", self.for_share());
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Those of these ids that exist, locked until the commit.
    pub async fn accounts(&mut self, ids: &[&str]) -> Result<Vec<AccountRecord>, StoreError> {
        let rows: Vec<Row> = lock_all!(self, "accounts", COLUMNS, ids, self.for_no_key_update())?;
        rows.into_iter().map(Row::record).collect()
    }

    /// Inserts or replaces an account, except its creation time, and increments the revision.
    pub async fn put_account(&mut self, record: &AccountRecord) -> Result<(), StoreError> {
        self.put_accounts(std::slice::from_ref(record)).await
    }

    /// [`Self::put_account`] for many, with distinct ids.
    pub async fn put_accounts(&mut self, records: &[AccountRecord]) -> Result<(), StoreError> {
        self.write_accounts(
            records,
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, granted = excluded.granted,
            switched_on = excluded.switched_on, members_allowed = excluded.members_allowed,
            revision = accounts.revision + 1",
        )
        .await
    }

    /// # Errors
    /// [`StoreError::Taken`] for an id.
    pub async fn add_accounts(&mut self, records: &[AccountRecord]) -> Result<(), StoreError> {
        self.write_accounts(records, "").await
    }

    async fn write_accounts(&mut self, records: &[AccountRecord], on_conflict: &str) -> Result<(), StoreError> {
        let begin = format!("INSERT INTO accounts ({COLUMNS}) ");
        for batch in records.chunks(BATCH) {
            let _touched: Touched = build!(self, begin.clone(), |sql, connection| {
                sql.push_values(batch, |mut row, record| {
                    row.push_bind(record.id.as_str())
                        .push_bind(&record.name)
                        .push_bind(record.granted)
                        .push_bind(record.switched_on)
                        .push_bind(record.members_allowed)
                        .push_bind(record.created_at.as_millisecond())
                        .push("1");
                });
                sql.push(on_conflict);
                sql.build().persistent(false).execute(connection)
            })?;
            for record in batch {
                self.changed(ChangeKind::Account, record.id.as_str());
            }
        }
        Ok(())
    }
}

impl Row {
    fn record(self) -> Result<AccountRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "accounts", column, id: self.id.clone() };
        Ok(AccountRecord {
            id: self.id.parse().map_err(|_| broken("id"))?,
            created_at: from_millis(self.created_at).map_err(|()| broken("created_at"))?,
            name: self.name.clone(),
            granted: self.granted,
            switched_on: self.switched_on,
            members_allowed: self.members_allowed,
            revision: self.revision,
        })
    }
}
