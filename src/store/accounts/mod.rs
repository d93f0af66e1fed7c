//! Accounts: the customers that credentials belong to.

pub(super) mod list;
use jiff::Timestamp;

use super::credentials::write::BATCH;
use super::transaction::{Touched, built, listed, within};
use super::{ChangeKind, Store, StoreError, Transaction, on, one};
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

impl AccountRecord {
    /// False: every credential of it is refused.
    pub fn has_access(&self) -> bool {
        self.granted && self.switched_on
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    name: Option<String>,
    granted: bool,
    switched_on: bool,
    members_allowed: bool,
    created_at: i64,
    revision: i64,
}

pub(super) const COLUMNS: &str = "id, name, granted, switched_on, members_allowed, created_at, revision";

impl Store {
    /// The account with this id.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn account(&self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE id = $1");
        let row: Option<Row> = one!(self, sql, id)?;
        row.map(Row::record).transpose()
    }

    /// The accounts that have no access now, in the order of their ids.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn accounts_without_access(&self) -> Result<Vec<Label>, StoreError> {
        let sql = "SELECT id FROM accounts WHERE NOT (granted AND switched_on) ORDER BY id";
        let ids: Vec<String> =
            self.within(async { on!(&self.pools, |pool| Ok(sqlx::query_scalar(sql).fetch_all(pool).await?)) }).await?;
        let label = |id: String| match id.parse() {
            Ok(label) => Ok(label),
            Err(_) => Err(StoreError::Inconsistent { table: "accounts", column: "id", id }),
        };
        ids.into_iter().map(label).collect()
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

    /// Those of these that there are, kept from being changed by others until the end.
    ///
    /// # Errors
    /// When the database cannot be asked, or holds what cannot be read.
    pub async fn accounts(&mut self, ids: &[&str]) -> Result<Vec<AccountRecord>, StoreError> {
        let mut found = Vec::new();
        let lock = self.for_update();
        for batch in ids.chunks(BATCH) {
            let begin = format!("SELECT {COLUMNS} FROM accounts WHERE id IN (");
            let rows: Vec<Row> = built!(self, begin, |sql, connection| {
                listed!(sql, batch.iter().copied());
                // In the order of their ids, so that two who want the same ones do not wait for each other.
                sql.push(") ORDER BY id").push(lock);
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
            found.extend(rows.into_iter().map(Row::record).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }

    /// Writes an account, new or known, as a whole. Its revision is counted here.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_account(&mut self, record: &AccountRecord) -> Result<(), StoreError> {
        self.put_accounts(std::slice::from_ref(record)).await
    }

    /// The same for many, no two of the same id.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn put_accounts(&mut self, records: &[AccountRecord]) -> Result<(), StoreError> {
        self.write_accounts(
            records,
            " ON CONFLICT (id) DO UPDATE SET name = excluded.name, granted = excluded.granted,
            switched_on = excluded.switched_on, members_allowed = excluded.members_allowed,
            revision = accounts.revision + 1",
        )
        .await
    }

    /// Writes new accounts.
    ///
    /// # Errors
    /// When one of the ids is taken, by somebody who was quicker too, or the database cannot be written.
    pub async fn add_accounts(&mut self, records: &[AccountRecord]) -> Result<(), StoreError> {
        self.write_accounts(records, "").await
    }

    async fn write_accounts(&mut self, records: &[AccountRecord], on_conflict: &str) -> Result<(), StoreError> {
        let begin = format!("INSERT INTO accounts ({COLUMNS}) ");
        for batch in records.chunks(BATCH) {
            let _touched: Touched = built!(self, begin.clone(), |sql, connection| {
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
    pub(super) fn record(self) -> Result<AccountRecord, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "accounts", column, id: self.id.clone() };
        Ok(AccountRecord {
            id: self.id.parse().map_err(|_| broken("id"))?,
            created_at: super::credentials::gate::moment(self.created_at).map_err(|()| broken("created_at"))?,
            name: self.name.clone(),
            granted: self.granted,
            switched_on: self.switched_on,
            members_allowed: self.members_allowed,
            revision: self.revision,
        })
    }
}
