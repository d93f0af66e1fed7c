//! Write transactions, and the macros for statements within them.

use jiff::Timestamp;
use sqlx::{PgPool, Postgres, Sqlite};

use super::change_feed::{CHANNEL, MAX_CHANGES_FOLLOWED};
use super::statement;
use super::{ChangeKind, Pools, Store, StoreError, ThrottleTarget};

/// Rolls back when dropped without [`Transaction::commit`].
pub struct Transaction {
    pub(super) inner: Inner,
    pub(super) now: Timestamp,
    is_read_only: bool,
    /// Audit entries, events and deliveries so far: keeps the ids of one timestamp in order.
    pub(super) entries: u32,
    changes: Vec<(ChangeKind, String)>,
    /// Changes beyond [`MAX_CHANGES_FOLLOWED`], which no reader follows one by one.
    further_changes: i64,
    /// Stored even where the changes are not: readers that empty their cache still have to clear these.
    throttles: Vec<ThrottleTarget>,
    /// Where to notify gates after the commit.
    notify: Option<PgPool>,
    store: Store,
}

/// User names whose counters one transaction lists for clearing.
const MAX_THROTTLES: usize = 4000;
/// Rows in one statement of at most 32 columns: SQLite takes 32,766 values.
pub(super) const BATCH: usize = 1000;

pub(super) enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// One statement within a transaction: `timed!(transaction, |connection| query.execute(connection))`.
macro_rules! timed {
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
            Err(_) => Err($crate::store::StoreError::Unavailable("the statement did not end in time".into())),
        }
    }};
}
pub(super) use timed;

/// Builds a statement with `QueryBuilder` for the database at hand:
/// `build!(transaction, "DELETE …", |sql, connection| { sql.push(…); sql.build().persistent(false).execute(connection) })`.
macro_rules! build {
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
            Err(_) => Err($crate::store::StoreError::Unavailable("the statement did not end in time".into())),
        }
    }};
}
pub(super) use build;

/// Pushes bound values, separated by commas.
macro_rules! bind_list {
    ($sql:expr, $values:expr) => {{
        let mut list = $sql.separated(", ");
        for value in $values {
            list.push_bind(value);
        }
    }};
}
pub(super) use bind_list;

/// The rows with these ids, locked until the commit: `lock_all!(transaction, "credentials", COLUMNS, ids)?`; another lock
/// than for deletion too goes last. In the order of ids, so that concurrent transactions cannot deadlock.
macro_rules! lock_all {
    ($transaction:expr, $table:literal, $columns:expr, $ids:expr) => {
        $crate::store::transaction::lock_all!($transaction, $table, $columns, $ids, $transaction.for_update())
    };
    ($transaction:expr, $table:literal, $columns:expr, $ids:expr, $lock:expr) => {{
        let lock = $lock;
        let begin = format!(concat!("SELECT {} FROM ", $table, " WHERE id IN ("), $columns);
        let mut rows = Vec::new();
        let mut outcome = Ok(());
        for batch in $ids.chunks($crate::store::transaction::BATCH) {
            let read: Result<Vec<_>, $crate::store::StoreError> =
                $crate::store::transaction::build!($transaction, begin.as_str(), |sql, connection| {
                    $crate::store::transaction::bind_list!(sql, batch.iter().copied());
                    sql.push(") ORDER BY id").push(lock);
                    sql.build_query_as().persistent(false).fetch_all(connection)
                });
            match read {
                Ok(read) => rows.extend(read),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        outcome.map(|()| rows)
    }};
}
pub(super) use lock_all;

/// Rows affected by a statement, on either database.
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
    /// Begins a write transaction whose rows carry the timestamp `now`. SQLite has one writer at a time: waiting for it
    /// counts towards the query timeout.
    pub async fn begin(&self, now: Timestamp) -> Result<Transaction, StoreError> {
        self.timed(async {
            let (inner, notify) = match &self.pools {
                // IMMEDIATE: a read transaction that later writes can fail with SQLITE_BUSY_SNAPSHOT.
                Pools::Sqlite { write, .. } => (Inner::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?), None),
                Pools::Postgres(pool) => (Inner::Postgres(pool.begin().await?), Some(pool.clone())),
            };
            Ok(Transaction { notify, ..Transaction::new(inner, now, self.clone()) })
        })
        .await
    }

    /// Begins a transaction that reads the state of one moment, and locks nothing: it waits for no writer, and no writer
    /// waits for it.
    pub async fn begin_read(&self, now: Timestamp) -> Result<Transaction, StoreError> {
        const READ_ONLY: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.timed(async {
            let inner = match &self.pools {
                Pools::Sqlite { read, .. } => Inner::Sqlite(read.begin().await?),
                Pools::Postgres(pool) => Inner::Postgres(pool.begin_with(READ_ONLY).await?),
            };
            Ok(Transaction { is_read_only: true, ..Transaction::new(inner, now, self.clone()) })
        })
        .await
    }
}

impl Transaction {
    fn new(inner: Inner, now: Timestamp, store: Store) -> Self {
        Self {
            inner,
            now,
            is_read_only: false,
            changes: Vec::new(),
            further_changes: 0,
            throttles: Vec::new(),
            entries: 0,
            notify: None,
            store,
        }
    }

    pub(super) fn limit(&self) -> std::time::Duration {
        self.store.query_timeout
    }

    /// The lock for a row that is read to be changed; SQLite has locked the whole file.
    pub(super) fn for_update(&self) -> &'static str {
        match self.inner {
            Inner::Postgres(_) if !self.is_read_only => " FOR UPDATE",
            Inner::Sqlite(_) | Inner::Postgres(_) => "",
        }
    }

    /// The lock for a row that is read to be changed, but neither its key nor to be deleted: rows that refer to it can be
    /// added meanwhile.
    pub(super) fn for_no_key_update(&self) -> &'static str {
        match self.inner {
            Inner::Postgres(_) if !self.is_read_only => " FOR NO KEY UPDATE",
            Inner::Sqlite(_) | Inner::Postgres(_) => "",
        }
    }

    /// The lock for a row that must not change before the commit.
    pub(super) fn for_share(&self) -> &'static str {
        match self.inner {
            Inner::Postgres(_) if !self.is_read_only => " FOR SHARE",
            Inner::Sqlite(_) | Inner::Postgres(_) => "",
        }
    }

    /// Queues a change for the feed: gates drop what they cache of this target.
    pub(super) fn changed(&mut self, kind: ChangeKind, target: &str) {
        if self.changes.len() >= MAX_CHANGES_FOLLOWED as usize {
            self.further_changes += 1;
            return;
        }
        let change = (kind, target.to_owned());
        // In a long list, the search costs more than a duplicate.
        if self.changes.len() > 100 || !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Every process clears these counters once this is committed.
    pub fn clear_throttles(&mut self, target: ThrottleTarget) {
        self.throttles.push(target);
        if self.throttles.len() > MAX_THROTTLES {
            self.throttles
                .retain(|target| !matches!(target, ThrottleTarget::Username(_) | ThrottleTarget::EveryUsername));
            self.throttles.push(ThrottleTarget::EveryUsername);
        }
    }

    /// Deletes changes older than the timestamp of this transaction.
    pub(super) async fn prune_changes(&mut self) -> Result<u64, StoreError> {
        let before = self.now.as_millisecond();
        let sql = "UPDATE counter SET pruned_to = GREATEST_OF (pruned_to,
            COALESCE((SELECT MAX(number) FROM changes WHERE at < $1), 0)) WHERE only_row = 1";
        let greatest = if matches!(self.inner, Inner::Sqlite(_)) { "MAX" } else { "GREATEST" };
        let sql = sql.replace("GREATEST_OF", greatest);
        let _touched: Touched =
            timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql)).bind(before).execute(connection))?;
        let sql = "DELETE FROM changes WHERE number <= (SELECT pruned_to FROM counter WHERE only_row = 1)";
        let touched: Touched = timed!(self, |connection| statement::query(sql).execute(connection))?;
        Ok(touched.0)
    }

    /// Commits. Changes get their numbers here and not before: the counter row stays locked until the commit, so a
    /// lower number never becomes visible after a higher one.
    ///
    /// # Errors
    /// When the database refuses or does not confirm in time. After a timeout the commit may have taken effect.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let mut changes = std::mem::take(&mut self.changes);
        if self.further_changes > 0 {
            self.skip_changes(changes.len()).await?;
            changes.clear();
        }
        let throttles = std::mem::take(&mut self.throttles).into_iter();
        changes.extend(throttles.map(|target| (ChangeKind::Throttle, target.stored())));
        let is_changed = self.further_changes > 0 || !changes.is_empty();
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
            Err(_) => {
                return Err(StoreError::Unavailable(
                    "the commit was not confirmed in time and may have taken effect".into(),
                ));
            }
        }
        if let Some(pool) = self.notify.filter(|_| is_changed) {
            // Outside of the transaction: databases without notifications fail at it.
            let notified = async {
                let mut transaction = pool.begin().await?;
                statement::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut *transaction).await?;
                transaction.commit().await
            };
            if let Err(error) = tokio::time::timeout(limit, notified).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
                tracing::debug!(%error, "gates are not notified of a change; they find it with their next poll");
            }
        }
        Ok(())
    }

    /// Numbers more changes than readers follow without storing them: every reader finds its position pruned, and empties
    /// its cache.
    async fn skip_changes(&mut self, listed: usize) -> Result<(), StoreError> {
        let count = self.further_changes.saturating_add(i64::try_from(listed).unwrap_or(i64::MAX));
        let sql = "UPDATE counter SET last_change = last_change + $1, pruned_to = last_change + $1 WHERE only_row = 1";
        let _touched: Touched = timed!(self, |connection| statement::query(sql).bind(count).execute(connection))?;
        let sql = "DELETE FROM changes WHERE number <= (SELECT pruned_to FROM counter WHERE only_row = 1)";
        let _touched: Touched = timed!(self, |connection| statement::query(sql).execute(connection))?;
        Ok(())
    }

    async fn number(&mut self, changes: &[(ChangeKind, String)]) -> Result<(), StoreError> {
        let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        let sql = "UPDATE counter SET last_change = last_change + $1 WHERE only_row = 1 RETURNING last_change";
        let row: (i64,) =
            timed!(self, |connection| statement::query_as::<_, (i64,)>(sql).bind(count).fetch_one(connection))?;
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
