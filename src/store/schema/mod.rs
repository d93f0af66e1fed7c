//! The schema: its version, and whether this program can use it.

mod backup;
mod indexes;
mod lock;
mod migrate;

use super::credentials::IS_FILLED;
use super::{Pools, Store, StoreError};

/// In order; a released one never changes. Quick statements only, see `migrate`. One that older programs cannot work
/// with, reading or writing, says so: `UPDATE schema_mark SET readable_from = …`.
const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "control plane", include_str!("migrations/0002_control_plane.sql")),
    (3, "addresses", include_str!("migrations/0003_addresses.sql")),
    (4, "delivery", include_str!("migrations/0004_delivery.sql")),
    (5, "webhooks", include_str!("migrations/0005_webhooks.sql")),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// Version of the database; 0 for none.
    pub has: i64,
    /// Version of this program.
    pub wants: i64,
    /// The oldest program version that can use the database.
    pub readable_from: i64,
    /// True when no row is left to fill in and no index to build.
    pub is_finished: bool,
}

impl SchemaState {
    /// True when this program can use it: it has this version, or a newer one that only adds.
    pub fn is_current(&self) -> bool {
        self.has >= self.wants && !self.is_too_new()
    }

    /// True when a newer program has migrated it beyond what this one can use.
    pub fn is_too_new(&self) -> bool {
        self.has > self.wants && self.readable_from > self.wants
    }

    fn check_not_too_new(&self) -> Result<(), StoreError> {
        if !self.is_too_new() {
            return Ok(());
        }
        let (has, readable_from, wants) = (self.has, self.readable_from, self.wants);
        Err(StoreError::Unusable {
            problem: format!(
                "its schema is at version {has}, which needs a claviger of schema version {readable_from}, and this one has {wants}"
            ),
            remedy: "use the version of claviger that last migrated it, or a newer one",
        })
    }
}

fn newest() -> i64 {
    MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or_default()
}

impl Store {
    pub async fn schema(&self) -> Result<SchemaState, StoreError> {
        let wants = newest();
        let exists = match &self.pools {
            Pools::Sqlite { .. } => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Pools::Postgres(_) => {
                "SELECT COUNT(*) FROM information_schema.tables
                WHERE table_name = '_sqlx_migrations' AND table_schema = current_schema()"
            }
        };
        let unfinished = |has| SchemaState { has, wants, readable_from: has, is_finished: false };
        if self.ask_number(exists).await? == 0 {
            return Ok(unfinished(0));
        }
        let has = self.ask_number("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success").await?;
        if has < wants {
            return Ok(unfinished(has));
        }
        let readable_from = self.ask_number("SELECT readable_from FROM schema_mark WHERE only_row = 1").await?;
        // A newer program finishes its own migrations.
        let is_finished = has > wants
            || self.ask_number("SELECT finished FROM schema_mark WHERE only_row = 1").await? >= wants
                && self.ask_number(&format!("CASE WHEN ({IS_FILLED}) THEN 1 ELSE 0 END")).await? == 1;
        Ok(SchemaState { has, wants, readable_from, is_finished })
    }

    /// Checks that this program can use the schema; with `may_migrate`, migrates it. The state from before.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the schema is too new, or too old and `may_migrate` is false.
    pub async fn ensure_schema(&self, may_migrate: bool) -> Result<SchemaState, StoreError> {
        self.check_server().await?;
        let state = self.schema().await?;
        state.check_not_too_new()?;
        if may_migrate && !state.is_finished {
            self.migrate().await?;
        } else if !state.is_current() {
            return Err(StoreError::Unusable {
                problem: format!("its schema is at version {}, and this claviger wants {}", state.has, state.wants),
                remedy: "run claviger database migrate, or claviger serve --migrate",
            });
        }
        Ok(state)
    }

    /// Updates the planner statistics of PostgreSQL after a bulk write: autovacuum does so later. No-op on SQLite.
    pub async fn analyze(&self) {
        let Pools::Postgres(pool) = &self.pools else { return };
        let analyzed = async { Ok(sqlx::query("ANALYZE accounts, credentials, tokens").execute(pool).await?) };
        if let Err(error) = self.timed(analyzed).await {
            tracing::debug!(%error, "ANALYZE failed; autovacuum updates the statistics later");
        }
    }
}
