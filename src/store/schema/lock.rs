//! The migration lock: one process at a time changes the schema.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor as _, Postgres, SqlSafeStr as _, SqlitePool};

use crate::store::{Pools, Store, StoreError};

/// Key of the PostgreSQL advisory lock: `claviger` in ASCII.
const LOCK_KEY: i64 = 0x636c_6176_6967_6572;
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Held by one process of a fleet. SQLite has no advisory lock: there, each statement is idempotent.
pub(super) enum MigrationLock {
    Sqlite(SqlitePool),
    Postgres(PoolConnection<Postgres>),
}

impl MigrationLock {
    /// Polls instead of blocking: a session blocked in `pg_advisory_lock` would be waited for by `CREATE INDEX
    /// CONCURRENTLY`.
    pub(super) async fn acquire(store: &Store) -> Result<Self, StoreError> {
        let pool = match &store.pools {
            Pools::Sqlite { write, .. } => return Ok(Self::Sqlite(write.clone())),
            Pools::Postgres(pool) => pool,
        };
        let mut connection = pool.acquire().await?;
        let mut is_logged = false;
        while !sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK_KEY).fetch_one(&mut *connection).await? {
            if !is_logged {
                tracing::info!("another process migrates the database; waiting for it");
                is_logged = true;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(Self::Postgres(connection))
    }

    /// Applies the missing migrations, each in a transaction of its own.
    pub(super) async fn apply(&mut self, migrator: &Migrator) -> Result<(), MigrateError> {
        match self {
            Self::Sqlite(write) => migrator.run_direct(None, &mut *write.acquire().await?, false).await,
            Self::Postgres(connection) => migrator.run_direct(None, &mut **connection, false).await,
        }
    }

    /// One statement, outside of a transaction and without a timeout.
    pub(super) async fn run(&mut self, sql: String) -> Result<(), StoreError> {
        // Built from constants of this program.
        let sql = AssertSqlSafe(sql).into_sql_str();
        match self {
            Self::Sqlite(write) => write.execute(sql).await.map(drop)?,
            Self::Postgres(connection) => connection.execute(sql).await.map(drop)?,
        }
        Ok(())
    }

    /// For statements that no lookup queues behind.
    pub(super) async fn disable_lock_timeout(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.run("SET lock_timeout = 0".into()).await,
        }
    }

    /// After a bulk update: frees space and restores index-only scans, which autovacuum does later.
    pub(super) async fn vacuum(&mut self) {
        let Self::Postgres(_) = self else { return };
        if let Err(error) = self.run("VACUUM (ANALYZE) credentials".into()).await {
            tracing::debug!(%error, "VACUUM failed; autovacuum does it later");
        }
    }
}
