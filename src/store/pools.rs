//! Connection pools: bounded, verified, and with timeouts for every wait.

use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, PgPool, SqlitePool};

use super::opened_file::OpenedFile;
use super::postgres_hosts::Hosts;
use super::{Store, StoreError};
use crate::config::{DatabaseTls, DatabaseUrl, PostgresUrl};

/// A connection to a server is replaced after this, so that a fleet follows a server that moves.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);
/// For one step of a migration.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(60);
/// A migration's wait for a table. Lookups queue behind it; their default timeout is two seconds.
const MIGRATION_LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// For a statement of a bulk write, its commit included.
const BULK_TIMEOUT: Duration = Duration::from_secs(120);
/// In KiB, where negative.
const BULK_CACHE_SIZE: &str = "-40000";

#[derive(Clone)]
pub(super) enum Pools {
    /// A file: many readers, one writer.
    Sqlite {
        /// With `query_only`.
        read: SqlitePool,
        /// One connection.
        write: SqlitePool,
        file: Arc<OpenedFile>,
    },
    Postgres(PgPool),
}

#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// At most; of SQLite, for reads.
    pub connections: u32,
    /// For one query, including the wait for a connection.
    pub query_timeout: Duration,
    /// Create a missing SQLite file.
    pub create: bool,
}

impl Store {
    /// Opens a database. A server is not contacted before the first query, so it may be down.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the URL, its files or the SQLite file cannot be used.
    pub async fn open(url: &DatabaseUrl, options: StoreOptions) -> Result<Self, StoreError> {
        let pools = match url {
            DatabaseUrl::Sqlite(file) => {
                let write = sqlite(file, options).create_if_missing(options.create);
                let write = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(options.query_timeout)
                    .max_lifetime(None)
                    .idle_timeout(None)
                    .connect_lazy_with(write);
                if options.create {
                    create(file)?;
                    // The file has to exist, in its journal mode, before the read pool opens it.
                    drop(write.acquire().await.map_err(StoreError::from)?);
                }
                let read = SqlitePoolOptions::new()
                    .max_connections(options.connections)
                    .acquire_timeout(options.query_timeout)
                    .max_lifetime(None)
                    .idle_timeout(None)
                    .connect_lazy_with(sqlite(file, options).pragma("query_only", "ON"));
                Pools::Sqlite { read, write, file: Arc::new(OpenedFile::at(file)) }
            }
            DatabaseUrl::Postgres(url) => {
                let servers = servers(url)?;
                let first = servers.first().cloned().unwrap_or_default();
                let hosts = Hosts::new(servers);
                let pool = hosts
                    .pool_options(timeouts([options.query_timeout; 3]), options.query_timeout)
                    .max_connections(options.connections)
                    // Before the query timeout, which would hide that there was no connection.
                    .acquire_timeout(options.query_timeout * 9 / 10)
                    .max_lifetime(MAX_LIFETIME);
                let pools = Pools::Postgres(pool.connect_lazy_with(first));
                return Ok(Self {
                    pools,
                    query_timeout: options.query_timeout,
                    hosts: Some(hosts),
                    counts: Arc::default(),
                });
            }
        };
        Ok(Self { pools, query_timeout: options.query_timeout, hosts: None, counts: Arc::default() })
    }

    /// The same database for a migration, on connections of its own: without a statement timeout, and with a short lock
    /// timeout, because lookups queue behind a statement that waits for a table.
    pub(super) fn for_migration(&self) -> Self {
        let pools = match &self.pools {
            Pools::Sqlite { write, file, .. } => {
                let options = write.connect_options().as_ref().clone().busy_timeout(MIGRATION_TIMEOUT);
                let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(MIGRATION_TIMEOUT);
                let read = pool.clone().connect_lazy_with(options.clone().pragma("query_only", "ON"));
                Pools::Sqlite { read, write: pool.connect_lazy_with(options), file: file.clone() }
            }
            Pools::Postgres(pool) => {
                let settings = timeouts([Duration::ZERO, MIGRATION_LOCK_TIMEOUT, MIGRATION_TIMEOUT]);
                let options = match &self.hosts {
                    Some(hosts) => hosts.pool_options(settings, self.query_timeout),
                    None => PgPoolOptions::new(),
                };
                // One that holds the migration lock, one that fills rows in.
                let options = options.acquire_timeout(MIGRATION_TIMEOUT).max_connections(2);
                Pools::Postgres(options.connect_lazy_with(pool.connect_options().as_ref().clone()))
            }
        };
        Self { pools, query_timeout: MIGRATION_TIMEOUT, hosts: self.hosts.clone(), counts: self.counts.clone() }
    }

    /// The same database for one long transaction that writes many rows, on connections of its own.
    pub fn for_bulk_write(&self) -> Self {
        let pools = match &self.pools {
            Pools::Sqlite { write, file, .. } => {
                // Rows arrive in the order of a file, and touch the whole of each index.
                let options = write.connect_options().as_ref().clone().pragma("cache_size", BULK_CACHE_SIZE);
                let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(self.query_timeout);
                let read = pool.clone().connect_lazy_with(options.clone().pragma("query_only", "ON"));
                Pools::Sqlite { read, write: pool.connect_lazy_with(options), file: file.clone() }
            }
            Pools::Postgres(pool) => {
                let settings = timeouts([BULK_TIMEOUT, self.query_timeout, BULK_TIMEOUT]);
                let options = match &self.hosts {
                    Some(hosts) => hosts.pool_options(settings, self.query_timeout),
                    None => PgPoolOptions::new(),
                };
                let options = options.acquire_timeout(self.query_timeout).max_connections(1);
                Pools::Postgres(options.connect_lazy_with(pool.connect_options().as_ref().clone()))
            }
        };
        Self { pools, query_timeout: BULK_TIMEOUT, hosts: self.hosts.clone(), counts: self.counts.clone() }
    }

    /// That an SQLite file is still where it was opened.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the path leads to another file, or to none.
    pub fn check_file(&self) -> Result<(), StoreError> {
        match &self.pools {
            Pools::Sqlite { file, .. } => file.check(),
            Pools::Postgres(_) => Ok(()),
        }
    }

    /// Closes all connections after their running statements.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// SQL that sets timeouts for a statement, for its wait for locks, and for an idle transaction; zero disables one.
fn timeouts([statement, lock, idle]: [Duration; 3]) -> String {
    let [statement, lock, idle] = [statement.as_millis(), lock.as_millis(), idle.as_millis()];
    format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {lock}; SET idle_in_transaction_session_timeout = {idle}"
    )
}

fn sqlite(file: &std::path::Path, options: StoreOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(options.query_timeout)
        .disable_statement_logging()
}

/// Readable by its owner alone: password hashes can be guessed offline. SQLite gives its journal the same mode.
fn create(file: &std::path::Path) -> Result<(), StoreError> {
    let created = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match created {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Err(StoreError::Full),
        Err(error) => Err(StoreError::Unusable {
            problem: error.to_string(),
            remedy: "check that its folder exists and is writable for this user",
        }),
    }
}

/// Options for each host of the URL. TLS follows the URL alone; `PGSSLMODE` of the environment is ignored.
fn servers(url: &PostgresUrl) -> Result<Vec<PgConnectOptions>, StoreError> {
    let unusable =
        |problem: &str| StoreError::Unusable { problem: problem.into(), remedy: "correct credentials.database" };
    for (name, file) in url.files() {
        // sqlx would report an unreadable file as a server that does not answer.
        std::fs::File::open(file).map_err(|error| unusable(&format!("{name} {}: {error}", file.display())))?;
    }
    let mode = match url.tls().map_err(unusable)? {
        DatabaseTls::Off => PgSslMode::Disable,
        DatabaseTls::Required => PgSslMode::Require,
        DatabaseTls::VerifyAuthority => PgSslMode::VerifyCa,
        DatabaseTls::VerifyFull => PgSslMode::VerifyFull,
    };
    let server = |url: String| {
        let options: PgConnectOptions =
            url.parse().map_err(|_| unusable("its URL cannot be read; write postgres://USER@HOST/DATABASE"))?;
        // PgBouncer refuses extra_float_digits as a startup parameter; no column is a floating-point number.
        let options = options.ssl_mode(mode).application_name("claviger").extra_float_digits(None);
        Ok(options.disable_statement_logging())
    };
    url.hosts().into_iter().map(server).collect()
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;

    const OPTIONS: StoreOptions = StoreOptions { connections: 2, query_timeout: Duration::from_secs(10), create: true };

    /// Older versions can corrupt a write-ahead log (<https://sqlite.org/wal.html>, "The WAL-reset bug").
    #[tokio::test]
    async fn sqlite_is_new_enough_and_set_to_lose_nothing() {
        let folder = tempfile::TempDir::new().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("claviger.db"));
        let store = Store::open(&url, OPTIONS).await.unwrap();
        let Pools::Sqlite { read, write, .. } = &store.pools else { panic!("not SQLite") };
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(write).await.unwrap();
        let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
        assert!(numbers >= vec![3, 51, 3], "{version}");
        let pragma = async |name: &'static str| -> String {
            let sql = AssertSqlSafe(format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"));
            sqlx::query_scalar(sql).fetch_one(write).await.unwrap()
        };
        assert_eq!(pragma("journal_mode").await, "wal");
        assert_eq!(pragma("synchronous").await, "2", "FULL");
        assert_eq!(pragma("foreign_keys").await, "1");
        let sql = "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout";
        assert_eq!(sqlx::query_scalar::<_, String>(sql).fetch_one(write).await.unwrap(), "10000");
        assert!(sqlx::query("CREATE TABLE t (a BIGINT)").execute(read).await.is_err(), "the read pool cannot write");
    }

    #[tokio::test]
    async fn a_missing_folder_is_refused_with_a_remedy() {
        let url = DatabaseUrl::Sqlite("/nowhere/at/all/claviger.db".into());
        let error = Store::open(&url, OPTIONS).await.map(drop).unwrap_err();
        assert!(error.to_string().contains("folder exists and is writable"), "{error}");
    }
}
