//! Writing: everything of one operation at once, or nothing of it.

use jiff::Timestamp;
use sqlx::{PgPool, Postgres, Sqlite};

use super::changes::CHANNEL;
use super::{ChangeKind, Pools, Store, StoreError};

/// Changes that are being made. Dropped without [`Transaction::commit`], nothing has happened.
pub struct Transaction {
    pub(super) inner: Inner,
    pub(super) now: Timestamp,
    /// Audit entries so far, so that those of one moment stay in order.
    pub(super) entries: u32,
    changes: Vec<(ChangeKind, String)>,
    /// Told after the commit.
    notify: Option<PgPool>,
    store: Store,
}

pub(super) enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// One statement within a transaction: `within!(transaction, |connection| query.execute(connection))`.
macro_rules! within {
    ($transaction:expr, |$connection:ident| $work:expr) => {{
        let limit = $transaction.limit();
        let work = async {
            match &mut $transaction.inner {
                $crate::store::transaction::Inner::Sqlite(inner) => {
                    let $connection = &mut **inner;
                    $work.await.map(|outcome| outcome.into())
                }
                $crate::store::transaction::Inner::Postgres(inner) => {
                    let $connection = &mut **inner;
                    $work.await.map(|outcome| outcome.into())
                }
            }
        };
        match tokio::time::timeout(limit, work).await {
            Ok(outcome) => outcome.map_err($crate::store::StoreError::from),
            Err(_) => Err($crate::store::StoreError::Unavailable("it takes too long".into())),
        }
    }};
}
pub(super) use within;

/// One statement that is put together for the database at hand:
/// `built!(transaction, "DELETE …", |sql, connection| { sql.push(…); sql.build().persistent(false).execute(connection) })`.
macro_rules! built {
    ($transaction:expr, $begin:expr, |$sql:ident, $connection:ident| $work:expr) => {{
        let limit = $transaction.limit();
        let work = async {
            match &mut $transaction.inner {
                $crate::store::transaction::Inner::Sqlite(inner) => {
                    let mut $sql = sqlx::QueryBuilder::<sqlx::Sqlite>::new($begin);
                    let $connection = &mut **inner;
                    $work.await.map(|outcome| outcome.into())
                }
                $crate::store::transaction::Inner::Postgres(inner) => {
                    let mut $sql = sqlx::QueryBuilder::<sqlx::Postgres>::new($begin);
                    let $connection = &mut **inner;
                    $work.await.map(|outcome| outcome.into())
                }
            }
        };
        match tokio::time::timeout(limit, work).await {
            Ok(outcome) => outcome.map_err($crate::store::StoreError::from),
            Err(_) => Err($crate::store::StoreError::Unavailable("it takes too long".into())),
        }
    }};
}
pub(super) use built;

/// Values with a comma between them, onto a statement that is put together.
macro_rules! listed {
    ($sql:expr, $values:expr) => {{
        let mut list = $sql.separated(", ");
        for value in $values {
            list.push_bind(value);
        }
    }};
}
pub(super) use listed;

/// How many rows a statement has touched, on either database.
pub(super) struct Touched(pub(super) u64);

impl From<sqlx::sqlite::SqliteQueryResult> for Touched {
    fn from(result: sqlx::sqlite::SqliteQueryResult) -> Self {
        Self(result.rows_affected())
    }
}

impl From<sqlx::postgres::PgQueryResult> for Touched {
    fn from(result: sqlx::postgres::PgQueryResult) -> Self {
        Self(result.rows_affected())
    }
}

impl Store {
    /// Begins to write, at this moment by the clock of whoever writes. On SQLite there is one writer at a time; what waits too long for it fails.
    ///
    /// # Errors
    /// When the database cannot be written now.
    pub async fn begin(&self, now: Timestamp) -> Result<Transaction, StoreError> {
        self.within(async {
            let (inner, notify) = match &self.pools {
                // From the beginning: a reader that becomes a writer could find that it is too late.
                Pools::Sqlite { write, .. } => (Inner::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?), None),
                Pools::Postgres(pool) => (Inner::Postgres(pool.begin().await?), Some(pool.clone())),
            };
            Ok(Transaction { inner, now, changes: Vec::new(), entries: 0, notify, store: self.clone() })
        })
        .await
    }
}

impl Transaction {
    pub(super) fn limit(&self) -> std::time::Duration {
        self.store.limit
    }

    /// What a row is locked with when it is read to be changed; SQLite has locked everything already.
    pub(super) fn for_update(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR UPDATE",
        }
    }

    /// What a row is locked with when it has to stay as it is read.
    pub(super) fn for_share(&self) -> &'static str {
        match self.inner {
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR SHARE",
        }
    }

    /// Gates have to forget this.
    pub(super) fn changed(&mut self, kind: ChangeKind, target: &str) {
        let change = (kind, target.to_owned());
        // Of many, finding out would take longer than telling twice.
        if self.changes.len() > 100 || !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Forgets changes from before the moment of this transaction.
    pub(super) async fn prune_changes(&mut self) -> Result<u64, StoreError> {
        let before = self.now.as_millisecond();
        let sql = "UPDATE counter SET pruned_to = GREATEST_OF (pruned_to,
            COALESCE((SELECT MAX(number) FROM changes WHERE at < $1), 0)) WHERE only_row = 1";
        let greatest = if matches!(self.inner, Inner::Sqlite(_)) { "MAX" } else { "GREATEST" };
        let sql = sql.replace("GREATEST_OF", greatest);
        let _touched: Touched =
            within!(self, |connection| sqlx::query(sqlx::AssertSqlSafe(sql)).bind(before).execute(connection))?;
        let sql = "DELETE FROM changes WHERE number <= (SELECT pruned_to FROM counter WHERE only_row = 1)";
        let touched: Touched = within!(self, |connection| sqlx::query(sql).execute(connection))?;
        Ok(touched.0)
    }

    /// Makes everything happen. The numbers of the changes are drawn here and not before: the row that counts
    /// stays locked until the end, so a lower number is never visible later than a higher one.
    ///
    /// # Errors
    /// When the database refuses; nothing has happened then.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            self.number(&changes).await?;
        }
        let limit = self.limit();
        let commit = async {
            match self.inner {
                Inner::Sqlite(inner) => inner.commit().await,
                Inner::Postgres(inner) => inner.commit().await,
            }
        };
        match tokio::time::timeout(limit, commit).await {
            Ok(outcome) => outcome?,
            Err(_) => return Err(StoreError::Unavailable("nobody can tell whether it was committed".into())),
        }
        if let Some(pool) = self.notify.filter(|_| !changes.is_empty()) {
            // Outside of the transaction, where databases that know no notifications may fail at it.
            let told = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&pool);
            if let Err(error) = tokio::time::timeout(limit, told).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                tracing::debug!(%error, "gates are not told of a change, and will find it by themselves");
            }
        }
        Ok(())
    }

    async fn number(&mut self, changes: &[(ChangeKind, String)]) -> Result<(), StoreError> {
        let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        let sql = "UPDATE counter SET last_change = last_change + $1 WHERE only_row = 1 RETURNING last_change";
        let row: (i64,) =
            within!(self, |connection| sqlx::query_as::<_, (i64,)>(sql).bind(count).fetch_one(connection))?;
        let now = self.now.as_millisecond();
        let mut number = row.0 - count;
        for batch in changes.chunks(1000) {
            macro_rules! insert {
                ($database:ty) => {{
                    let mut sql =
                        sqlx::QueryBuilder::<$database>::new("INSERT INTO changes (number, at, kind, target) ");
                    sql.push_values(batch, |mut row, (kind, target)| {
                        number += 1;
                        row.push_bind(number).push_bind(now).push_bind(kind.as_str()).push_bind(target.as_str());
                    });
                    sql
                }};
            }
            let limit = self.limit();
            let work = async {
                match &mut self.inner {
                    Inner::Sqlite(inner) => {
                        insert!(Sqlite).build().persistent(false).execute(&mut **inner).await.map(drop)
                    }
                    Inner::Postgres(inner) => {
                        insert!(Postgres).build().persistent(false).execute(&mut **inner).await.map(drop)
                    }
                }
            };
            tokio::time::timeout(limit, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        }
        Ok(())
    }
}
