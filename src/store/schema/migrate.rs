//! Migrations, while gates use the database: first quick statements, then rows in small batches, then concurrent index
//! builds. An interrupted migration is continued by the next one.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::indexes::{INDEXES, REPLACED, UNFILLED};
use super::lock::MigrationLock;
use super::{MIGRATIONS, newest};
use crate::store::{Store, StoreError};

/// With [`RETRY_INTERVAL`] and the lock timeout, about a minute in all.
const MAX_ATTEMPTS: u32 = 30;
/// Lets queued statements of others through.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

impl Store {
    /// Migrates schema and rows to the version of this program. Concurrent calls wait for each other. A newer schema that
    /// this program can use stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the schema is too new.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let store = self.for_migration();
        let outcome = store.migrate_schema_and_rows().await;
        store.close().await;
        outcome
    }

    async fn migrate_schema_and_rows(&self) -> Result<(), StoreError> {
        let mut lock = MigrationLock::acquire(self).await?;
        let state = self.schema().await?;
        if state.has > state.wants {
            return state.check_not_too_new();
        }
        self.apply(&mut lock).await?;
        if !self.schema().await?.is_finished {
            self.finish(&mut lock).await?;
        }
        Ok(())
    }

    /// Quick statements, once they have their table lock. Their lock timeout is shorter than that of a lookup, because
    /// lookups queue behind them.
    async fn apply(&self, lock: &mut MigrationLock) -> Result<(), StoreError> {
        let migrator = migrator(!self.is_embedded());
        let mut attempt = 1;
        loop {
            let Err(error) = lock.apply(&migrator).await else { return Ok(()) };
            // SQLite has no migration lock: the second process finds the tables of the first.
            if self.schema().await?.has >= newest() {
                return Ok(());
            }
            let (error, is_from_database) = classify(error);
            if !is_from_database || !error.is_transient() || attempt == MAX_ATTEMPTS {
                return Err(error);
            }
            tracing::warn!(%error, attempt, "the schema cannot be changed yet; retrying");
            attempt += 1;
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    async fn finish(&self, lock: &mut MigrationLock) -> Result<(), StoreError> {
        lock.disable_lock_timeout().await?;
        lock.build(UNFILLED).await?;
        let filled = self.fill().await?;
        for index in INDEXES {
            lock.build(index).await?;
        }
        for name in REPLACED {
            lock.drop_index(name).await?;
        }
        if filled > 0 {
            lock.vacuum().await;
        }
        lock.run(format!("UPDATE schema_mark SET finished = {}", newest())).await
    }
}

/// The error, and whether it came from the database.
fn classify(error: MigrateError) -> (StoreError, bool) {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            let is_from_database = matches!(error, sqlx::Error::Database(_));
            (error.into(), is_from_database)
        }
        other => {
            let problem = other.to_string();
            let remedy = "use the version of claviger that last migrated it, or a newer one";
            (StoreError::Unusable { problem, remedy }, false)
        }
    }
}

fn migrator(for_postgres: bool) -> Migrator {
    let migration = |(version, name, text): &(i64, &'static str, &'static str)| {
        let text = if for_postgres {
            text.replace("BLOB", "BYTEA").replace(" TEXT", " TEXT COLLATE \"C\"")
        } else {
            (*text).to_owned()
        };
        // A constant of this program.
        let sql = AssertSqlSafe(text).into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
    };
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect());
    // See `MigrationLock`.
    migrator.set_locking(false);
    migrator
}
