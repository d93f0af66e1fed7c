//! Bringing a database to the schema of this program while gates go on with it: quick statements first, then rows in
//! small batches, then indexes beside everything else. Whatever stops it, the next one goes on from there.

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::indexes::{INDEXES, REPLACED, UNFILLED};
use super::lock::MigrationLock;
use super::{MIGRATIONS, newest};
use crate::store::{Store, StoreError};

/// A table that somebody else holds is asked for so often, about a minute in all.
const ATTEMPTS: u32 = 30;
/// Between two attempts everybody else gets through.
const PAUSE: Duration = Duration::from_secs(1);

impl Store {
    /// Brings the schema to the version that this program works with, and what is in it. Two at the same time are one
    /// after the other, or do no harm. Nothing is done to a newer one that this program can work with.
    ///
    /// # Errors
    /// When it is newer than that, or the database refuses.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let patient = self.patient();
        let outcome = patient.migrate_patiently().await;
        patient.close().await;
        outcome
    }

    async fn migrate_patiently(&self) -> Result<(), StoreError> {
        let mut turn = MigrationLock::wait(self).await?;
        let state = self.schema().await?;
        if state.has > state.wants {
            return state.usable();
        }
        self.apply(&mut turn).await?;
        if !self.schema().await?.is_finished {
            self.finish(&mut turn).await?;
        }
        Ok(())
    }

    /// Statements that are quick once they have their table. For that they wait less long than a look-up does, as
    /// look-ups wait behind them.
    async fn apply(&self, turn: &mut MigrationLock) -> Result<(), StoreError> {
        let migrator = migrator(!self.is_embedded());
        let mut attempt = 1;
        loop {
            let Err(error) = turn.apply(&migrator).await else { return Ok(()) };
            // Nothing locks a file of SQLite against others: whoever comes second finds the tables there.
            if self.schema().await?.has >= newest() {
                return Ok(());
            }
            let (error, is_refused) = told(error);
            if !is_refused || !error.is_transient() || attempt == ATTEMPTS {
                return Err(error);
            }
            tracing::warn!(%error, attempt, "the schema cannot be changed yet; trying again");
            attempt += 1;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn finish(&self, turn: &mut MigrationLock) -> Result<(), StoreError> {
        turn.be_patient().await?;
        turn.build(UNFILLED).await?;
        let filled = self.fill().await?;
        for index in INDEXES {
            turn.build(index).await?;
        }
        for name in REPLACED {
            turn.drop_index(name).await?;
        }
        if filled > 0 {
            turn.prune().await;
        }
        turn.run(format!("UPDATE schema_mark SET finished = {}", newest())).await
    }
}

/// What it is, and whether the database has said it.
fn told(error: MigrateError) -> (StoreError, bool) {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            let is_refused = matches!(error, sqlx::Error::Database(_));
            (error.into(), is_refused)
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
        // Ours, word for word.
        let sql = AssertSqlSafe(text).into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
    };
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect());
    // There is a lock of our own, that nobody waits for within a statement.
    migrator.set_locking(false);
    migrator
}
