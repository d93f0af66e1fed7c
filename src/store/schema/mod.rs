//! The schema: which one there is, and whether this program can work with it.

pub(super) mod backup;
pub(super) mod file_identity;
pub(super) mod indexes;
pub(super) mod lock;
pub(super) mod migrate;
use super::credentials::search_index::IS_FILLED;
use super::{Pools, Store, StoreError, on};

/// In order; what was released is never changed. Quick statements only, see `migrating`. One after which older programs
/// can no longer work, reading and writing, says so: `UPDATE schema_mark SET readable_from = …`. They are part of the
/// program.
pub(super) const MIGRATIONS: [(i64, &str, &str); 3] = [
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "control plane", include_str!("migrations/0002_control_plane.sql")),
    (3, "addresses", include_str!("migrations/0003_addresses.sql")),
];

/// How a database stands to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// The version of the schema it has; 0 for none.
    pub has: i64,
    /// The version that this program works with.
    pub wants: i64,
    /// The version from which on programs can work with it.
    pub readable_from: i64,
    /// True when a migration has left nothing to fill in or to build.
    pub is_finished: bool,
}

impl SchemaState {
    /// True when this program can work with it: it is of this version, or of one that has only grown since.
    pub fn is_current(&self) -> bool {
        self.has >= self.wants && !self.is_too_new()
    }

    /// True when a newer program has been at it, and this one can no longer work with it.
    pub fn is_too_new(&self) -> bool {
        self.has > self.wants && self.readable_from > self.wants
    }

    /// An error when it is too new.
    pub(super) fn usable(&self) -> Result<(), StoreError> {
        if !self.is_too_new() {
            return Ok(());
        }
        let (has, readable_from, wants) = (self.has, self.readable_from, self.wants);
        Err(StoreError::Unusable {
            problem: format!(
                "its schema is at version {has}, which needs a claviger that knows {readable_from}, and this one knows {wants}"
            ),
            remedy: "use the version of claviger that last migrated it, or a newer one",
        })
    }
}

/// What this program works with.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or_default()
}

impl Store {
    /// How the schema stands.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn schema(&self) -> Result<SchemaState, StoreError> {
        let wants = newest();
        self.within(async {
            let exists = match &self.pools {
                Pools::Sqlite { .. } => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
                Pools::Postgres(_) => {
                    "SELECT COUNT(*) FROM information_schema.tables
                    WHERE table_name = '_sqlx_migrations' AND table_schema = current_schema()"
                }
            };
            let before = |has| SchemaState { has, wants, readable_from: has, is_finished: false };
            let tables: i64 = on!(&self.pools, |pool| sqlx::query_scalar(exists).fetch_one(pool).await?);
            if tables == 0 {
                return Ok(before(0));
            }
            let has = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success";
            let has: i64 = on!(&self.pools, |pool| sqlx::query_scalar(has).fetch_one(pool).await?);
            if has < wants {
                return Ok(before(has));
            }
            let mark = "SELECT readable_from, finished FROM schema_mark WHERE only_row = 1";
            let (readable_from, finished): (i64, i64) =
                on!(&self.pools, |pool| sqlx::query_as(mark).fetch_one(pool).await?);
            // What a newer one has to fill in is not known here.
            let is_finished = has > wants
                || finished >= wants && on!(&self.pools, |pool| sqlx::query_scalar(IS_FILLED).fetch_one(pool).await?);
            Ok(SchemaState { has, wants, readable_from, is_finished })
        })
        .await
    }

    /// Sees to it that the schema is one this program can work with; with `may_migrate` that nothing is left to do. How
    /// it was before.
    ///
    /// # Errors
    /// When it is not and may not be brought there, or is too new.
    pub async fn ensure_schema(&self, may_migrate: bool) -> Result<SchemaState, StoreError> {
        let state = self.schema().await?;
        state.usable()?;
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

    /// After much has been written: tells a server's planner, which would otherwise take the tables for as small as
    /// they were until it looks by itself. SQLite needs no telling.
    pub async fn after_many_writes(&self) {
        let Pools::Postgres(pool) = &self.pools else { return };
        let told = async { Ok(sqlx::query("ANALYZE accounts, credentials, tokens").execute(pool).await?) };
        if let Err(error) = self.within(told).await {
            tracing::debug!(%error, "the planner of the database is not told of what was written");
        }
    }
}
