//! Statements of the tests themselves, outside of the program and the test's runtime.

use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;

/// Independent of the runtime of the test, which may be blocked.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// One connection to a database, reopened after a restart of the server.
pub struct Direct {
    url: String,
    connection: Arc<Mutex<Option<PgConnection>>>,
}

impl Direct {
    pub fn to(url: &str) -> Self {
        Self { url: url.to_owned(), connection: Arc::default() }
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        let (url, connection, sql) = (self.url.clone(), self.connection.clone(), AssertSqlSafe(sql.to_owned()));
        let work = async move {
            let mut held = connection.lock().await;
            sqlx::raw_sql(sql).execute(alive(&mut held, &url).await).await.unwrap();
        };
        RUNTIME.spawn(work).await.unwrap();
    }

    /// One number.
    pub async fn ask(&self, sql: &str) -> i64 {
        let (url, connection, sql) = (self.url.clone(), self.connection.clone(), AssertSqlSafe(sql.to_owned()));
        let work = async move {
            let mut held = connection.lock().await;
            let query = sqlx::query_scalar(sql).persistent(false);
            query.fetch_one(alive(&mut held, &url).await).await.unwrap()
        };
        RUNTIME.spawn(work).await.unwrap()
    }
}

async fn alive<'c>(held: &'c mut Option<PgConnection>, url: &str) -> &'c mut PgConnection {
    let is_alive = match held {
        Some(connection) => connection.ping().await.is_ok(),
        None => false,
    };
    if !is_alive {
        *held = Some(PgConnection::connect(url).await.unwrap());
    }
    held.as_mut().unwrap()
}
