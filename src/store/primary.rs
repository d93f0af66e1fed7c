//! Accepts answers of a primary that takes writes only, and explains why there is none.

use std::time::Instant;

use sqlx::AssertSqlSafe;

use super::hosts::{Cause, Hosts, ROLE_PROBLEM, SESSION_CHECK_INTERVAL, shares_sessions};
use super::{Pools, Store, StoreError, with_pool};

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
