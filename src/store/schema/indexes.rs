//! Indexes that a migration builds without blocking other sessions.

use sqlx::AssertSqlSafe;

use super::lock::MigrationLock;
use crate::store::StoreError;

/// Partial index on rows that are not filled in yet.
pub(super) const UNFILLED: (&str, &str) = ("credentials_unfilled", "credentials (id) WHERE search IS NULL");

/// Name and definition.
pub(super) const INDEXES: [(&str, &str); 7] = [
    ("credentials_of_account", "credentials (account, created_at, id, cleared, enabled, expires_at, kind, search)"),
    ("credentials_of_owner", "credentials (owner, account, created_at, id) WHERE owner IS NOT NULL"),
    ("credentials_of_all", "credentials (created_at, id, cleared, enabled, expires_at, kind, search)"),
    ("credentials_expiry", "credentials (expires_at, id) WHERE expires_at IS NOT NULL"),
    ("audit_actor", "audit (actor, id)"),
    ("audit_verb", "audit (account, verb, id)"),
    ("access_requests_created", "access_requests (created_at, id)"),
];

/// Indexes that those of [`INDEXES`] replace.
pub(super) const REPLACED: [&str; 3] = ["credentials_account", "credentials_created", "credentials_owner"];

impl MigrationLock {
    /// Builds an index, unless it exists.
    pub(super) async fn build(&mut self, (name, of): (&str, &str)) -> Result<(), StoreError> {
        if self.is_invalid(name).await? {
            self.drop_index(name).await?;
        }
        let concurrently = self.concurrently();
        self.run(format!("CREATE INDEX {concurrently} IF NOT EXISTS {name} ON {of}")).await
    }

    /// Drops an index, if it exists.
    pub(super) async fn drop_index(&mut self, name: &str) -> Result<(), StoreError> {
        let concurrently = self.concurrently();
        self.run(format!("DROP INDEX {concurrently} IF EXISTS {name}")).await
    }

    /// Lets other sessions write meanwhile. SQLite cannot; its readers see the state from before.
    fn concurrently(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => "CONCURRENTLY",
        }
    }

    /// An interrupted CREATE INDEX CONCURRENTLY leaves an invalid index.
    async fn is_invalid(&mut self, name: &str) -> Result<bool, StoreError> {
        let Self::Postgres(connection) = self else { return Ok(false) };
        let sql = "SELECT COUNT(*) FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid";
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).bind(name).fetch_one(&mut **connection).await?;
        Ok(count > 0)
    }
}
