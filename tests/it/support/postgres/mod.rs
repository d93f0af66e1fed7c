//! A real PostgreSQL server: started by this process and ended with it, or named by `CLAVIGER_TEST_POSTGRES`.

mod cluster;
mod direct;
mod installation;
mod pgbouncer;

use std::sync::OnceLock;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, raw_sql};

pub use cluster::{Cluster, HowToStop};
pub use direct::Direct;
pub use pgbouncer::PgBouncer;

const TIMEOUT: Duration = Duration::from_secs(30);

/// The server of all tests that never stop it.
pub enum Shared {
    Own(Box<Cluster>),
    /// URL of an existing database, with a role that may create databases.
    Given(String),
}

/// Started on first use; nextest runs each test in a process, and so with a server, of its own.
pub fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "an option of the test run, not a setting of the program")]
    let given = || std::env::var("CLAVIGER_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    SHARED.get_or_init(|| given().map_or_else(|| Shared::Own(Box::new(Cluster::start())), Shared::Given))
}

/// A new, empty database on the shared server.
pub fn fresh_database() -> Database {
    match shared() {
        Shared::Own(cluster) => cluster.fresh_database(),
        given @ Shared::Given(url) => Database::create(url, |name| given.url(name), |name| given.url(name)),
    }
}

impl Shared {
    /// Of one of its databases.
    pub fn url(&self, database: &str) -> String {
        match self {
            Self::Own(cluster) => cluster.url(database),
            Self::Given(url) => {
                let mut url = reqwest::Url::parse(url).expect("CLAVIGER_TEST_POSTGRES is no URL");
                url.set_path(database);
                url.to_string()
            }
        }
    }
}

/// A database with a name of its own; dropped with this.
pub struct Database {
    name: String,
    url: String,
    /// For statements of the tests: without TLS.
    direct: String,
    /// URL of the database from which this one is created and dropped.
    maintenance: String,
}

impl Database {
    /// `url` is for the program, `direct` for the tests.
    fn create(maintenance: &str, url: impl Fn(&str) -> String, direct: impl Fn(&str) -> String) -> Self {
        Self::create_from("template0", maintenance, url, direct)
    }

    fn copy(template: &Self, url: impl Fn(&str) -> String, direct: impl Fn(&str) -> String) -> Self {
        Self::create_from(&template.name, &template.maintenance, url, direct)
    }

    fn create_from(
        template: &str,
        maintenance: &str,
        url: impl Fn(&str) -> String,
        direct: impl Fn(&str) -> String,
    ) -> Self {
        let name = format!("claviger_test_{}_{}", std::process::id(), random());
        ask(maintenance, &format!("CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'"));
        Self { url: url(&name), direct: direct(&name), name, maintenance: maintenance.to_owned() }
    }

    /// As the program's settings want it; its role owns the database and is no superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Without TLS.
    pub fn direct(&self) -> &str {
        &self.direct
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL there; the first value of the first row as text, empty without one.
    pub fn execute(&self, sql: &str) -> String {
        ask(&self.direct, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be stopped.
        let _gone = try_ask(&self.maintenance, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// On a connection and thread of its own, so that any thread may call it.
fn try_ask(url: &str, sql: &str) -> Result<String, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let sql = AssertSqlSafe(sql.to_owned());
    let asking = async move {
        let mut connection = options.disable_statement_logging().connect().await?;
        let rows = raw_sql(sql).fetch_all(&mut connection).await?;
        connection.close().await?;
        // The simple protocol has text for every type.
        rows.first().map_or(Ok(String::new()), |row| row.try_get_unchecked(0))
    };
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Not a panic: a database that is dropped while its test fails would end all tests with it.
        let late = |_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
        runtime.block_on(async { tokio::time::timeout(TIMEOUT, asking).await.unwrap_or_else(late) })
    });
    thread.join().expect("asking PostgreSQL")
}

fn ask(url: &str, sql: &str) -> String {
    try_ask(url, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// For names and passwords.
fn random() -> String {
    format!("{:016x}", getrandom::u64().unwrap())
}
