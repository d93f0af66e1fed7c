//! Connections: bounded, verified, and with a limit on what they wait for.

use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgPool, SqlitePool};

use super::schema::file_identity::OpenedFile;
use super::{Store, StoreError};
use crate::config::{DatabaseTls, DatabaseUrl, PostgresUrl};

/// A connection to a server is replaced after this, so that a fleet follows a server that moves.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// What one step of a migration may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a migration waits for a table. Look-ups wait behind it, and have two seconds by default.
const TABLE_WAIT: Duration = Duration::from_secs(1);

/// The database, by kind.
#[derive(Clone)]
pub(super) enum Pools {
    /// A file: many readers, one writer, as SQLite has it.
    Sqlite {
        /// Never writes.
        read: SqlitePool,
        /// One connection.
        write: SqlitePool,
        /// What both have open.
        file: Arc<OpenedFile>,
    },
    /// A server.
    Postgres(PgPool),
}

/// How a database is used.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Connections at most; of SQLite, for reading.
    pub connections: u32,
    /// What a query may take, waiting for a connection included.
    pub limit: Duration,
    /// Make an SQLite file that is not there.
    pub create: bool,
}

impl Store {
    /// Opens a database. Of a server nothing is asked before the first query, so that it may be down.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when it can never be reached this way.
    pub async fn open(url: &DatabaseUrl, options: StoreOptions) -> Result<Self, StoreError> {
        let pools = match url {
            DatabaseUrl::Sqlite(file) => {
                let write = sqlite(file, options).create_if_missing(options.create);
                let write = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(options.limit)
                    .max_lifetime(None)
                    .idle_timeout(None)
                    .connect_lazy_with(write);
                if options.create {
                    make(file)?;
                    // The file has to be there, in its journal mode, before anybody reads it.
                    drop(write.acquire().await.map_err(StoreError::from)?);
                }
                let read = SqlitePoolOptions::new()
                    .max_connections(options.connections)
                    .acquire_timeout(options.limit)
                    .max_lifetime(None)
                    .idle_timeout(None)
                    .connect_lazy_with(sqlite(file, options).pragma("query_only", "ON"));
                Pools::Sqlite { read, write, file: Arc::new(OpenedFile::at(file)) }
            }
            DatabaseUrl::Postgres(url) => {
                let limits = [options.limit; 3];
                let pool = limited(limits).max_connections(options.connections).acquire_timeout(options.limit);
                Pools::Postgres(pool.max_lifetime(LIFETIME).connect_lazy_with(server(url)?))
            }
        };
        Ok(Self { pools, limit: options.limit })
    }

    /// The same database for a migration, on connections of its own: statements take as long as they need. Nobody else
    /// waits long for one that waits for a table.
    pub(super) fn patient(&self) -> Self {
        let pools = match &self.pools {
            Pools::Sqlite { write, file, .. } => {
                let options = write.connect_options().as_ref().clone().busy_timeout(PATIENCE);
                let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
                let read = pool.clone().connect_lazy_with(options.clone().pragma("query_only", "ON"));
                Pools::Sqlite { read, write: pool.connect_lazy_with(options), file: file.clone() }
            }
            Pools::Postgres(pool) => {
                let options = limited([Duration::ZERO, TABLE_WAIT, PATIENCE]).acquire_timeout(PATIENCE);
                // One whose turn it is, one that fills rows in.
                Pools::Postgres(options.max_connections(2).connect_lazy_with(pool.connect_options().as_ref().clone()))
            }
        };
        Self { pools, limit: PATIENCE }
    }

    /// Ends all connections, once what runs on them is done.
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

/// What a statement may take, what it may wait for others, and what a transaction may do nothing; zero is no limit.
fn limited([statement, lock, idle]: [Duration; 3]) -> PgPoolOptions {
    let [statement, lock, idle] = [statement.as_millis(), lock.as_millis(), idle.as_millis()];
    let settings = format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {lock}; SET idle_in_transaction_session_timeout = {idle}"
    );
    PgPoolOptions::new().after_connect(move |connection, _| {
        // Numbers only.
        let settings = AssertSqlSafe(settings.clone());
        Box::pin(async move { connection.execute(settings).await.map(drop) })
    })
}

fn sqlite(file: &std::path::Path, options: StoreOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(options.limit)
        .disable_statement_logging()
}

/// For its owner alone: what stands in it is worth guessing at. SQLite gives the files beside it the same rights.
fn make(file: &std::path::Path) -> Result<(), StoreError> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Err(StoreError::Full),
        Err(error) => Err(StoreError::Unusable {
            problem: error.to_string(),
            remedy: "check that its folder exists and is writable for this user",
        }),
    }
}

/// The environment (`PGSSLMODE`) has no say in how a connection is secured.
pub(super) fn server(url: &PostgresUrl) -> Result<PgConnectOptions, StoreError> {
    let unusable =
        |problem: &str| StoreError::Unusable { problem: problem.into(), remedy: "mend credentials.database" };
    let options: PgConnectOptions =
        url.expose().parse().map_err(|_| unusable("its URL cannot be read; write postgres://USER@HOST/DATABASE"))?;
    for (name, file) in url.files() {
        // Else it would look as if the server did not answer.
        std::fs::File::open(file).map_err(|error| unusable(&format!("{name} {}: {error}", file.display())))?;
    }
    let mode = match url.tls().map_err(unusable)? {
        DatabaseTls::Off => PgSslMode::Disable,
        DatabaseTls::Required => PgSslMode::Require,
        DatabaseTls::VerifyAuthority => PgSslMode::VerifyCa,
        DatabaseTls::VerifyFull => PgSslMode::VerifyFull,
    };
    Ok(options.ssl_mode(mode).application_name("claviger").disable_statement_logging())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: StoreOptions = StoreOptions { connections: 2, limit: Duration::from_secs(10), create: true };

    /// Older ones can corrupt a write-ahead log (<https://sqlite.org/wal.html>, "The WAL-reset bug").
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
        assert!(sqlx::query("CREATE TABLE t (a BIGINT)").execute(read).await.is_err(), "readers write nothing");
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_named_by_what_to_do() {
        let url = DatabaseUrl::Sqlite("/nowhere/at/all/claviger.db".into());
        let error = Store::open(&url, OPTIONS).await.map(drop).unwrap_err();
        assert!(error.to_string().contains("folder exists and is writable"), "{error}");
    }
}
