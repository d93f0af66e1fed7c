//! Connects to the primary: of several hosts in a URL, the one that takes writes. A hot standby answers queries, too,
//! but from a state that may be arbitrarily old.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, Row as _};

use super::StoreError;

/// SQL expression: what keeps this server from being a primary that takes writes; NULL for nothing.
pub(super) const ROLE_PROBLEM: &str = "CASE WHEN pg_is_in_recovery() THEN 'is a standby'
    WHEN current_setting('transaction_read_only') = 'on' THEN 'is read-only' END";
/// How long the cause of a failed connection explains later timeouts of the pool.
const CAUSE_LIFETIME: Duration = Duration::from_secs(10);

/// The check takes two connections.
pub(super) const SESSION_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The hosts of a URL, and why there is no connection to a primary among them.
#[derive(Clone)]
pub(super) struct Hosts {
    pub(super) hosts: Arc<[PgConnectOptions]>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    /// Index of the host of the pool.
    pub(super) current: usize,
    cause: Option<(Instant, Cause)>,
    /// Older connections are not used again.
    pub(super) distrusted_before: Option<Instant>,
    /// When it was last checked that no pooler shares a server session among clients.
    pub(super) sessions_checked: Option<Instant>,
}

#[derive(Clone)]
pub(super) enum Cause {
    NotPrimary(String),
    Other(String),
}

impl Hosts {
    pub(super) fn new(hosts: Vec<PgConnectOptions>) -> Self {
        Self { hosts: hosts.into(), state: Arc::default() }
    }

    /// Pool options that run `settings` on each new connection, and accept a primary alone.
    pub(super) fn pool_options(&self, settings: String) -> PgPoolOptions {
        let (on_connect, on_acquire) = (self.clone(), self.clone());
        PgPoolOptions::new()
            .after_connect(move |connection, _| {
                // Numbers only.
                let settings = AssertSqlSafe(settings.clone());
                let hosts = on_connect.clone();
                Box::pin(async move {
                    connection.execute(settings).await?;
                    match role_problem(connection).await? {
                        None => Ok(()),
                        Some(problem) => {
                            let host = hosts.state().current;
                            hosts.set_cause(Cause::NotPrimary(hosts.describe(host, &problem)));
                            // The pool tries again until its timeout, and does not report this.
                            Err(sqlx::Error::Protocol(problem))
                        }
                    }
                })
            })
            .before_acquire(move |_, metadata| {
                let since = on_acquire.state().distrusted_before;
                let is_trusted = since.is_none_or(|since| metadata.age < since.elapsed());
                Box::pin(async move { Ok(is_trusted) })
            })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_cause(&self, cause: Cause) {
        self.state().cause = Some((Instant::now(), cause));
    }

    pub(super) fn recent_cause(&self) -> Option<Cause> {
        let state = self.state();
        let (at, cause) = state.cause.as_ref()?;
        (at.elapsed() < CAUSE_LIFETIME).then(|| cause.clone())
    }

    pub(super) fn describe(&self, host: usize, problem: &str) -> String {
        match self.hosts.get(host) {
            Some(options) => format!("{}:{} {problem}", options.get_host(), options.get_port()),
            None => problem.to_owned(),
        }
    }

    /// Connects to each host in turn, and makes the pool use the first primary.
    pub(super) async fn select(&self, pool: &PgPool, timeout: Duration) -> Result<(), StoreError> {
        let count = self.hosts.len().max(1);
        let each = timeout / u32::try_from(count).unwrap_or(u32::MAX);
        let first = self.state().current;
        let mut problems = Vec::new();
        let mut is_any_standby = false;
        let mut last = None;
        for host in (0..count).map(|turn| (first + turn) % count) {
            let Some(options) = self.hosts.get(host) else { continue };
            match tokio::time::timeout(each, connect(options)).await {
                Ok(Ok(None)) => {
                    pool.set_connect_options(options.clone());
                    let mut state = self.state();
                    state.current = host;
                    state.cause = None;
                    return Ok(());
                }
                Ok(Ok(Some(problem))) => {
                    is_any_standby = true;
                    problems.push(self.describe(host, &problem));
                }
                Ok(Err(error)) => {
                    problems.push(self.describe(host, &error.to_string()));
                    last = Some(error);
                }
                Err(_) => problems.push(self.describe(host, &format!("no connection within {} ms", each.as_millis()))),
            }
        }
        let all = problems.join("; ");
        if is_any_standby {
            self.set_cause(Cause::NotPrimary(all.clone()));
            return Err(StoreError::NotPrimary(all));
        }
        // A single host keeps the kind of its error, with its remedy.
        let error = last.filter(|_| count == 1).map_or_else(|| StoreError::Unavailable(all), StoreError::from);
        if let StoreError::Unavailable(cause) = &error {
            self.set_cause(Cause::Other(cause.clone()));
        }
        Err(error)
    }
}

/// What keeps this server from being a primary; `None` for nothing.
async fn connect(options: &PgConnectOptions) -> Result<Option<String>, sqlx::Error> {
    let mut connection = options.connect().await?;
    let problem = role_problem(&mut connection).await?;
    connection.close().await?;
    Ok(problem)
}

/// True when two open connections reach one backend.
pub(super) async fn shares_sessions(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let (mut one, mut other) = (options.connect().await?, options.connect().await?);
    let mut is_shared = false;
    for _ in 0..3 {
        is_shared |= backend(&mut one).await? == backend(&mut other).await?;
    }
    one.close().await?;
    other.close().await?;
    Ok(is_shared)
}

/// By the simple protocol: a prepared statement may be unknown to the backend that is to execute it.
async fn backend(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get_unchecked(0)
}

async fn role_problem(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let sql = format!("SELECT {ROLE_PROBLEM}");
    sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false).fetch_one(connection).await
}
