//! Connects to the primary: of several hosts in a URL, the one that takes writes. A hot standby answers queries, too,
//! but from a state that may be arbitrarily old.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, Row as _};

use super::StoreError;
use super::answer_origin::{ROLE_PROBLEM, mark_session};

/// How long the cause of a failed connection explains later timeouts of the pool.
const CAUSE_LIFETIME: Duration = Duration::from_secs(10);

/// At most, for a server to answer on a connection that is taken from the pool or returned to it. Without one, a
/// connection to a server that has fallen silent keeps its place in the pool until TCP gives up, after a quarter of an
/// hour. Too short a timeout makes a busy server busier, by new connections.
const MAX_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The check takes two connections.
pub(super) const SESSION_CHECK_INTERVAL: Duration = Duration::from_secs(60);
/// After a check without a finding.
pub(super) const SESSION_CHECK_RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// The hosts of a URL, and why there is no connection to a primary among them.
#[derive(Clone)]
pub(super) struct Hosts {
    pub(super) hosts: Arc<[PgConnectOptions]>,
    /// Marks the sessions of these pools.
    pub(super) client: i64,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    current: usize,
    cause: Option<(Instant, Cause)>,
    /// Older connections are not used again.
    pub(super) distrusted_before: Option<Instant>,
    /// When to check again that no pooler shares a server session among clients; `None` for now.
    pub(super) check_sessions_at: Option<Instant>,
    /// When a connection of the pool last turned out to be lost.
    unanswered_at: Option<Instant>,
    /// A search for the cause of a missing connection is under way.
    pub(super) is_searching: bool,
    /// When a caller, who reports what it finds, last began to search.
    pub(super) diagnosed: Option<Instant>,
}

#[derive(Clone)]
pub(super) enum Cause {
    NotPrimary(String),
    Other(String),
}

impl Hosts {
    pub(super) fn new(hosts: Vec<PgConnectOptions>) -> Self {
        Self { hosts: hosts.into(), client: fastrand::i64(..), state: Arc::default() }
    }

    /// Pool options that run `settings` on each new connection, and accept a primary alone. `query_timeout` includes the
    /// wait for a connection.
    pub(super) fn pool_options(&self, settings: String, query_timeout: Duration) -> PgPoolOptions {
        let (on_connect, on_acquire) = (self.clone(), self.clone());
        // Half of it is left for a new connection.
        let acquire_timeout = (query_timeout / 2).min(MAX_PING_TIMEOUT);
        let release_timeout = query_timeout.min(MAX_PING_TIMEOUT);
        PgPoolOptions::new()
            // Pings without a timeout.
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                // Numbers only.
                let settings = AssertSqlSafe(settings.clone());
                let hosts = on_connect.clone();
                Box::pin(async move {
                    connection.execute(settings).await?;
                    match role_problem(connection).await? {
                        None => mark_session(connection, hosts.client).await,
                        Some(problem) => {
                            let host = hosts.address(hosts.current());
                            hosts.set_cause(Cause::NotPrimary(format!("{host} {problem}")));
                            // The pool tries again until its timeout, and does not report this.
                            Err(sqlx::Error::Protocol(problem))
                        }
                    }
                })
            })
            .before_acquire(move |connection, metadata| {
                let since = on_acquire.state().distrusted_before;
                let is_trusted = since.is_none_or(|since| metadata.age < since.elapsed());
                let hosts = on_acquire.clone();
                Box::pin(async move {
                    if !is_trusted {
                        return Ok(false);
                    }
                    let answer = ping(connection, acquire_timeout).await;
                    if answer.is_err() {
                        hosts.state().unanswered_at = Some(Instant::now());
                    }
                    answer
                })
            })
            // The pool pings after this once more, and waits for that as long as it takes.
            .after_release(move |connection, _| Box::pin(ping(connection, release_timeout)))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Index of the host of the pool.
    pub(super) fn current(&self) -> usize {
        self.state().current
    }

    pub(super) fn set_cause(&self, cause: Cause) {
        self.state().cause = Some((Instant::now(), cause));
    }

    pub(super) fn recent_cause(&self) -> Option<Cause> {
        let state = self.state();
        let (at, cause) = state.cause.as_ref()?;
        (at.elapsed() < CAUSE_LIFETIME).then(|| cause.clone())
    }

    /// True where an outage, rather than many queries, may explain that the pool had no connection.
    pub(super) fn had_outage(&self) -> bool {
        self.state().unanswered_at.is_some_and(|at| at.elapsed() < CAUSE_LIFETIME)
    }

    /// `HOST:PORT`, or the path of a socket.
    pub(super) fn address(&self, host: usize) -> String {
        let Some(options) = self.hosts.get(host) else { return String::new() };
        match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        }
    }

    /// Connects to each host in turn, and makes the pool use the first primary.
    pub(super) async fn select(&self, pool: &PgPool, timeout: Duration) -> Result<(), StoreError> {
        let count = self.hosts.len().max(1);
        let each = timeout / u32::try_from(count).unwrap_or(u32::MAX);
        let first = self.current();
        let mut problems = Vec::new();
        let mut remedies = Vec::new();
        let mut is_any_standby = false;
        for host in (0..count).map(|turn| (first + turn) % count) {
            let Some(options) = self.hosts.get(host) else { continue };
            let outcome = match tokio::time::timeout(each, connect(options)).await {
                Ok(outcome) => outcome.map_err(StoreError::from),
                Err(_) => Err(StoreError::Unavailable(format!("no connection within {} ms", each.as_millis()))),
            };
            match outcome {
                Ok(None) => {
                    pool.set_connect_options(options.clone());
                    let mut state = self.state();
                    if state.current != host {
                        // The server behind them may answer again, as a former primary.
                        state.distrusted_before = Some(Instant::now());
                    }
                    state.current = host;
                    state.cause = None;
                    return Ok(());
                }
                Ok(Some(problem)) => {
                    is_any_standby = true;
                    problems.push(format!("{} {problem}", self.address(host)));
                }
                Err(StoreError::Unusable { problem, remedy }) => {
                    problems.push(format!("{}: {problem}", self.address(host)));
                    remedies.push(remedy);
                }
                Err(StoreError::Unavailable(problem)) => problems.push(format!("{}: {problem}", self.address(host))),
                Err(other) => problems.push(format!("{}: {other}", self.address(host))),
            }
        }
        let all = problems.join("; ");
        if is_any_standby {
            self.set_cause(Cause::NotPrimary(all.clone()));
            return Err(StoreError::NotPrimary(all));
        }
        match remedies.first() {
            // Every host refuses: none of them becomes a primary by waiting.
            Some(remedy) if remedies.len() == count => Err(StoreError::Unusable { problem: all, remedy }),
            first => {
                let all = first.map_or(all.clone(), |remedy| format!("{all}; {remedy}"));
                self.set_cause(Cause::Other(all.clone()));
                Err(StoreError::Unavailable(all))
            }
        }
    }
}

/// An error makes the pool close the connection at once, and free its place.
async fn ping(connection: &mut PgConnection, timeout: Duration) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(timeout, connection.ping()).await {
        Ok(outcome) => outcome.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// What keeps this server from being a primary; `None` for nothing.
async fn connect(options: &PgConnectOptions) -> Result<Option<String>, sqlx::Error> {
    let mut connection = options.connect().await?;
    let problem = role_problem(&mut connection).await?;
    connection.close().await?;
    Ok(problem)
}

/// True when two open connections reach one backend, or one of them reaches two.
pub(super) async fn shares_sessions(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let (mut one, mut other) = (options.connect().await?, options.connect().await?);
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        ones.push(backend(&mut one).await?);
        others.push(backend(&mut other).await?);
    }
    one.close().await?;
    other.close().await?;
    let is_steady = |backends: &[String]| backends.windows(2).all(|pair| pair[0] == pair[1]);
    Ok(!is_steady(&ones) || !is_steady(&others) || ones[0] == others[0])
}

// Both by the simple protocol: a prepared statement may be unknown to the backend that is to execute it, or another one.

async fn backend(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get_unchecked(0)
}

async fn role_problem(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let sql = format!("SELECT {ROLE_PROBLEM}");
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await?.try_get_unchecked(0)
}
