//! The schema, and bringing a database to it. Migrations are part of the program.

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::{Pools, Store, StoreError, on};

/// In order; what was released is never changed.
const MIGRATIONS: [(i64, &str, &str); 2] =
    [(1, "first", include_str!("migrations/0001_first.sql")), (2, "desk", include_str!("migrations/0002_desk.sql"))];

/// How a database stands to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaState {
    /// The version of the schema it has; 0 for none.
    pub has: i64,
    /// The version that this program works with.
    pub wants: i64,
}

impl SchemaState {
    /// True when there is nothing to do.
    pub fn is_current(&self) -> bool {
        self.has == self.wants
    }

    /// True when a newer program has been at it.
    pub fn is_too_new(&self) -> bool {
        self.has > self.wants
    }
}

impl Store {
    /// How the schema stands.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn schema(&self) -> Result<SchemaState, StoreError> {
        let wants = MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or_default();
        let has = self
            .within(async {
                let exists = match &self.pools {
                    Pools::Sqlite { .. } => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
                    Pools::Postgres(_) => {
                        "SELECT COUNT(*) FROM information_schema.tables
                        WHERE table_name = '_sqlx_migrations' AND table_schema = current_schema()"
                    }
                };
                let has = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations WHERE success";
                let tables: i64 = on!(&self.pools, |pool| sqlx::query_scalar(exists).fetch_one(pool).await?);
                if tables == 0 {
                    return Ok(0);
                }
                Ok(on!(&self.pools, |pool| sqlx::query_scalar(has).fetch_one(pool).await?))
            })
            .await?;
        Ok(SchemaState { has, wants })
    }

    /// Sees to it that the schema is the one this program works with. What it was before.
    ///
    /// # Errors
    /// When it is not and may not be brought there, or is newer.
    pub async fn ensure_schema(&self, may_migrate: bool) -> Result<SchemaState, StoreError> {
        let state = self.schema().await?;
        if state.is_current() {
            return Ok(state);
        }
        if state.is_too_new() {
            return Err(StoreError::Unusable {
                problem: format!("its schema is at version {}, and this claviger knows {}", state.has, state.wants),
                remedy: "use the version of claviger that last migrated it, or a newer one",
            });
        }
        if !may_migrate {
            return Err(StoreError::Unusable {
                problem: format!("its schema is at version {}, and this claviger wants {}", state.has, state.wants),
                remedy: "run claviger database migrate, or claviger serve --migrate",
            });
        }
        self.migrate().await?;
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

    /// Brings the schema to the version that this program works with. Two at the same time are one after the other.
    ///
    /// # Errors
    /// When it is newer already, or the database refuses.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let outcome = match &self.pools {
            Pools::Sqlite { write, .. } => migrator(false).run(write).await,
            Pools::Postgres(pool) => migrator(true).run(pool).await,
        };
        // sqlx has no lock for SQLite: whoever comes second finds the tables there.
        if outcome.is_err() && self.schema().await?.is_current() {
            return Ok(());
        }
        outcome.map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => StoreError::Unusable {
                problem: other.to_string(),
                remedy: "use the version of claviger that last migrated it, or a newer one",
            },
        })?;
        self.fold_searches().await
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
    Migrator::with_migrations(MIGRATIONS.iter().map(migration).collect())
}
