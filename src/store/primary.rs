//! Connects to the primary: of several hosts in a URL, the one that takes writes. A hot standby answers queries, too,
//! but from a state that may be arbitrarily old.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, Row as _};

use super::{Pools, Store, StoreError, with_pool};

/// SQL expression: what keeps this server from being a primary that takes writes; NULL for nothing.
const ROLE_PROBLEM: &str = "CASE WHEN pg_is_in_recovery() THEN 'is a standby'
    WHEN current_setting('transaction_read_only') = 'on' THEN 'is read-only' END";
/// How long the cause of a failed connection explains later timeouts of the pool.
const CAUSE_LIFETIME: Duration = Duration::from_secs(10);

/// The check takes two connections.
const SESSION_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The hosts of a URL, and why there is no connection to a primary among them.
#[derive(Clone)]
pub(super) struct Hosts {
    hosts: Arc<[PgConnectOptions]>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Index of the host of the pool.
    current: usize,
    cause: Option<(Instant, Cause)>,
    /// Older connections are not used again.
    distrusted_before: Option<Instant>,
    /// When it was last checked that no pooler shares a server session among clients.
    sessions_checked: Option<Instant>,
}

#[derive(Clone)]
enum Cause {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_cause(&self, cause: Cause) {
        self.state().cause = Some((Instant::now(), cause));
    }

    fn recent_cause(&self) -> Option<Cause> {
        let state = self.state();
        let (at, cause) = state.cause.as_ref()?;
        (at.elapsed() < CAUSE_LIFETIME).then(|| cause.clone())
    }

    fn describe(&self, host: usize, problem: &str) -> String {
        match self.hosts.get(host) {
            Some(options) => format!("{}:{} {problem}", options.get_host(), options.get_port()),
            None => problem.to_owned(),
        }
    }

    /// Connects to each host in turn, and makes the pool use the first primary.
    async fn select(&self, pool: &PgPool, timeout: Duration) -> Result<(), StoreError> {
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
async fn shares_sessions(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
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

impl Store {
    /// SQL expression for a statement whose answer only a primary may give; see [`Self::check_role`].
    pub(super) fn role_column(&self) -> &'static str {
        if self.is_embedded() { "CAST(NULL AS TEXT)" } else { ROLE_PROBLEM }
    }

    /// Checks the value of [`Self::role_column`]. Other connections from before are not used again.
    pub(super) fn check_role(&self, problem: Option<String>) -> Result<(), StoreError> {
        let Some(problem) = problem else { return Ok(()) };
        let Some(hosts) = &self.hosts else { return Err(StoreError::NotPrimary(problem)) };
        let described = hosts.describe(hosts.state().current, &problem);
        hosts.state().distrusted_before = Some(Instant::now());
        hosts.set_cause(Cause::NotPrimary(described.clone()));
        Err(StoreError::NotPrimary(described))
    }

    /// Checks what a session needs: a primary, and a server session of its own.
    ///
    /// # Errors
    /// [`StoreError::NotPrimary`] when a standby or a read-only server answers, [`StoreError::Unusable`] behind a pooler
    /// in transaction mode.
    pub(super) async fn check_server(&self) -> Result<(), StoreError> {
        if self.is_embedded() {
            return Ok(());
        }
        self.check_sessions().await?;
        let sql = format!("SELECT {ROLE_PROBLEM}");
        let problem: Option<String> = self
            .timed(async {
                with_pool!(&self.pools, |pool| {
                    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false).fetch_one(pool).await?)
                })
            })
            .await?;
        self.check_role(problem)
    }

    /// Prepared statements and `SET` belong to a server session, which a pooler in transaction mode gives to any client:
    /// two clients then get answers from one backend.
    async fn check_sessions(&self) -> Result<(), StoreError> {
        let (Pools::Postgres(pool), Some(hosts)) = (&self.pools, &self.hosts) else { return Ok(()) };
        if hosts.state().sessions_checked.is_some_and(|checked| checked.elapsed() < SESSION_CHECK_INTERVAL) {
            return Ok(());
        }
        let options = pool.connect_options();
        // A failed check is no finding: the pool reports what keeps it from connecting.
        let shared = tokio::time::timeout(self.query_timeout, shares_sessions(&options)).await;
        if matches!(shared, Ok(Ok(true))) {
            return Err(StoreError::Unusable {
                problem:
                    "a pooler in transaction mode is in front of the server, and gives one server session to several \
                          clients"
                        .into(),
                remedy: "set pool_mode = session there, or name the server itself",
            });
        }
        if !matches!(shared, Ok(Err(_))) {
            hosts.state().sessions_checked = Some(Instant::now());
        }
        Ok(())
    }

    /// Chooses the primary among several hosts while there is no connection.
    pub(super) async fn choose_host(&self) -> Result<(), StoreError> {
        match (&self.pools, &self.hosts) {
            (Pools::Postgres(pool), Some(hosts)) if hosts.hosts.len() > 1 && pool.size() == 0 => {
                hosts.select(pool, self.query_timeout).await
            }
            _ => Ok(()),
        }
    }

    /// The recent cause of a timeout of the pool, where one is known.
    pub(super) fn explain(&self, error: StoreError) -> StoreError {
        let cause = self.hosts.as_ref().and_then(Hosts::recent_cause);
        match (error, cause) {
            (StoreError::NoConnection, Some(Cause::NotPrimary(cause))) => StoreError::NotPrimary(cause),
            (StoreError::NoConnection, Some(Cause::Other(cause))) => StoreError::Unavailable(cause),
            (error, _) => error,
        }
    }

    /// Finds out why there is no connection, and makes the pool use the primary where a host is one. Takes at most the
    /// query timeout.
    pub async fn diagnose(&self, error: StoreError) -> StoreError {
        let (Pools::Postgres(pool), Some(hosts)) = (&self.pools, &self.hosts) else { return error };
        if !error.is_transient() {
            return error;
        }
        match (hosts.select(pool, self.query_timeout).await, error) {
            (Ok(()), StoreError::NotPrimary(cause)) => StoreError::NotPrimary(cause),
            (Ok(()), error) => error,
            (Err(cause), StoreError::NoConnection | StoreError::NotPrimary(_)) => cause,
            (Err(_), error) => error,
        }
    }
}
