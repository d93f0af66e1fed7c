//! Accepts answers of a primary that takes writes only, and explains why there is none.

use std::time::Instant;

use sqlx::AssertSqlSafe;

use super::answer_origin::Origin;
use super::postgres_hosts::{Cause, SESSION_CHECK_INTERVAL, SESSION_CHECK_RETRY_INTERVAL, shares_sessions};
use super::statement;
use super::{Pools, Store, StoreError, in_transaction};

impl Store {
    /// Other connections from before a standby's answer are not used again.
    pub(super) fn check_role(&self, problem: Option<String>) -> Result<(), StoreError> {
        let Some(problem) = problem else { return Ok(()) };
        let Some(hosts) = &self.hosts else { return Err(StoreError::NotPrimary(problem)) };
        let described = format!("{} {problem}", hosts.address(hosts.current()));
        self.distrust_connections();
        hosts.set_cause(Cause::NotPrimary(described.clone()));
        Err(StoreError::NotPrimary(described))
    }

    /// Connections that are open now are not used again.
    pub(super) fn distrust_connections(&self) {
        if let Some(hosts) = &self.hosts {
            hosts.state().distrusted_before = Some(Instant::now());
        }
    }

    /// Checks what a session needs: a primary, and a server session of its own.
    ///
    /// # Errors
    /// [`StoreError::NotPrimary`] when a standby or a read-only server answers, [`StoreError::Unusable`] behind a pooler
    /// in transaction mode.
    pub async fn check_server(&self) -> Result<(), StoreError> {
        if self.is_embedded() {
            return Ok(());
        }
        self.check_sessions().await?;
        let (origin, question) = (self.origin_columns("$1"), Origin::question());
        let sql = format!("SELECT {origin}");
        let origin: Origin = self
            .timed(async {
                in_transaction!(self, |connection| {
                    Ok(statement::query_as(AssertSqlSafe(sql)).bind(question).fetch_one(connection).await?)
                })
            })
            .await?;
        self.check_origin(origin, question).map(drop)
    }

    /// Prepared statements and `SET` belong to a server session, which a pooler in transaction mode gives to any client:
    /// two clients then get answers from one backend. Checked once a minute: a pooler can be reconfigured.
    pub async fn check_sessions(&self) -> Result<(), StoreError> {
        let (Pools::Postgres(pool), Some(hosts)) = (&self.pools, &self.hosts) else { return Ok(()) };
        if hosts.state().check_sessions_at.is_some_and(|at| Instant::now() < at) {
            return Ok(());
        }
        let options = pool.connect_options();
        let interval = match tokio::time::timeout(self.query_timeout, shares_sessions(&options)).await {
            Ok(Ok(true)) => return Err(StoreError::mixed_up()),
            Ok(Ok(false)) => SESSION_CHECK_INTERVAL,
            // No finding: the pool reports what keeps it from connecting.
            Ok(Err(_)) | Err(_) => SESSION_CHECK_RETRY_INTERVAL,
        };
        hosts.state().check_sessions_at = Some(Instant::now() + interval);
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

    /// The recent cause of a timeout of the pool, where one is known; otherwise, searches for it in the background.
    pub(super) fn explain(&self, error: StoreError) -> StoreError {
        let Some(hosts) = &self.hosts else { return error };
        // Another host may be the primary by now. With open connections left, nothing else would look for it.
        if matches!(error, StoreError::NoConnection | StoreError::NotPrimary(_)) && hosts.hosts.len() > 1 {
            self.search_cause();
        }
        match (error, hosts.recent_cause()) {
            (StoreError::NoConnection, Some(Cause::NotPrimary(cause))) => StoreError::NotPrimary(cause),
            (StoreError::NoConnection, Some(Cause::Other(cause))) => StoreError::Unavailable(cause),
            (StoreError::NoConnection, None) => {
                self.search_cause();
                StoreError::NoConnection
            }
            (error @ StoreError::Unusable { .. }, _) => self.note_mixed_up(error),
            (error, _) => error,
        }
    }

    /// Logs why the pool had no connection, unless a caller diagnoses it. One search at a time.
    fn search_cause(&self) {
        let (Pools::Postgres(pool), Some(hosts)) = (&self.pools, &self.hosts) else { return };
        if std::mem::replace(&mut hosts.state().is_searching, true) {
            return;
        }
        let (pool, hosts, timeout) = (pool.clone(), hosts.clone(), self.query_timeout);
        let is_full = pool.size() >= pool.options().get_max_connections() && !hosts.had_outage();
        tokio::spawn(async move {
            let begun = Instant::now();
            let cause = match hosts.select(&pool, timeout).await {
                Ok(()) if !is_full => StoreError::Unavailable("there was no connection in time; it answers now".into()),
                Ok(()) => {
                    let cause = format!(
                        "all {} connections of the pool were in use, or being opened; raise database.connections, or look \
                         for slow queries and long transactions in pg_stat_activity",
                        pool.options().get_max_connections()
                    );
                    hosts.set_cause(Cause::Other(cause.clone()));
                    StoreError::Unavailable(cause)
                }
                Err(error) => error,
            };
            tokio::time::sleep(timeout).await;
            let mut state = hosts.state();
            state.is_searching = false;
            if state.diagnosed.is_none_or(|diagnosed| diagnosed < begun) {
                tracing::error!("{cause}");
            }
        });
    }

    /// Finds out why there is no connection, and makes the pool use the primary where a host is one. Takes at most the
    /// query timeout.
    pub async fn diagnose(&self, error: StoreError) -> StoreError {
        let (Pools::Postgres(pool), Some(hosts)) = (&self.pools, &self.hosts) else { return error };
        if !error.is_transient() {
            return error;
        }
        hosts.state().diagnosed = Some(Instant::now());
        match (hosts.select(pool, self.query_timeout).await, error) {
            (Ok(()), StoreError::NotPrimary(cause)) => StoreError::NotPrimary(cause),
            (Ok(()), error) => error,
            (Err(cause), StoreError::NoConnection | StoreError::NotPrimary(_)) => cause,
            (Err(_), error) => error,
        }
    }
}
