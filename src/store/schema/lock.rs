//! Whose turn it is to change the schema.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor as _, Postgres, SqlSafeStr as _, SqlitePool};

use crate::store::{Pools, Store, StoreError};

/// Of a lock of PostgreSQL, in its database: `claviger` in ASCII.
const LOCK: i64 = 0x636c_6176_6967_6572;
/// Until it is asked for again.
const PAUSE: Duration = Duration::from_millis(200);

/// Held by one process of a fleet. A file of SQLite has no such thing: there, each statement is for itself, and does
/// nothing the second time.
pub(in crate::store) enum MigrationLock {
    Sqlite(SqlitePool),
    Postgres(PoolConnection<Postgres>),
}

impl MigrationLock {
    /// Waits until it is ours. By asking again: whoever waited in a statement would be waited for by an index that is
    /// built beside it.
    pub(in crate::store) async fn wait(store: &Store) -> Result<Self, StoreError> {
        let pool = match &store.pools {
            Pools::Sqlite { write, .. } => return Ok(Self::Sqlite(write.clone())),
            Pools::Postgres(pool) => pool,
        };
        let mut connection = pool.acquire().await?;
        let mut has_told = false;
        while !sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut *connection).await? {
            if !has_told {
                tracing::info!("another process migrates the database; waiting for it");
                has_told = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Self::Postgres(connection))
    }

    /// What is missing of these, each in a transaction of its own.
    pub(in crate::store) async fn apply(&mut self, migrator: &Migrator) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite(write) => migrator.run_direct(None, &mut *write.acquire().await?, false).await,
            Self::Postgres(connection) => migrator.run_direct(None, &mut **connection, false).await,
        }
    }

    /// One statement, outside of a transaction and for as long as it takes.
    pub(in crate::store) async fn run(&mut self, sql: String) -> Result<(), StoreError> {
        // Ours, word for word.
        let sql = AssertSqlSafe(sql).into_sql_str();
        match self {
            Self::Sqlite(write) => write.execute(sql).await.map(drop)?,
            Self::Postgres(connection) => connection.execute(sql).await.map(drop)?,
        }
        Ok(())
    }

    /// From now on waits for others without an end: for what nobody waits behind.
    pub(in crate::store) async fn be_patient(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.run("SET lock_timeout = 0".into()).await,
        }
    }

    /// After many rows have changed: makes room, and lets lists be read from an index alone again. Without it, the
    /// server does so by itself, later.
    pub(in crate::store) async fn prune(&mut self) {
        let Self::Postgres(_) = self else { return };
        if let Err(error) = self.run("VACUUM (ANALYZE) credentials".into()).await {
            tracing::debug!(%error, "the credentials are not tidied up");
        }
    }
}
