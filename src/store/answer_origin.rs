//! Where an answer comes from: a primary, a session of this process alone, and the question that was asked.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Store, StoreError};

/// SQL expression: what keeps this server from being a primary that takes writes; NULL for nothing.
pub(super) const ROLE_PROBLEM: &str = "CASE WHEN pg_is_in_recovery() THEN 'is a standby'
    WHEN current_setting('transaction_read_only') = 'on' THEN 'is read-only' END";
/// SQL expression: identifier and timeline of the server. A session never outlives its timeline: a promotion ends those
/// of the former primary, and those of the standby were refused.
const HISTORY: &str = "(SELECT system_identifier FROM pg_control_system())
    # ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint";

/// Columns of an answer.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Origin {
    /// What keeps the server from being a primary; NULL for nothing.
    role_problem: Option<String>,
    /// What [`mark_session`] has written there. NULL for SQLite, and for a server without values of sessions.
    session: Option<String>,
    /// The number that was sent.
    question: i64,
}

impl Origin {
    /// A number to send, so that the answer to another question is not taken for that to this one.
    pub(super) fn question() -> i64 {
        fastrand::i64(..)
    }
}

/// Records in a session whose it is, and the history of its server.
pub(super) async fn mark_session(connection: &mut PgConnection, client: i64) -> Result<(), sqlx::Error> {
    // Some servers of this protocol lack the functions.
    for history in [HISTORY, "0"] {
        let sql = format!("SELECT set_config('claviger.session', '{client}/' || ({history})::text, false)");
        match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await {
            Err(sqlx::Error::Database(error)) => tracing::debug!(%error, "the server does not tell its timeline"),
            outcome => return outcome.map(drop),
        }
    }
    Ok(())
}

impl Store {
    /// Columns for a statement whose answer only a primary may give, with the place of [`Origin::question`] in it; see
    /// [`Self::check_origin`].
    pub(super) fn origin_columns(&self, question: &str) -> String {
        let (role, session) = match self.is_embedded() {
            true => ("CAST(NULL AS TEXT)", "CAST(NULL AS TEXT)"),
            false => (ROLE_PROBLEM, "NULLIF(current_setting('claviger.session', true), '')"),
        };
        format!("{role} AS role_problem, {session} AS session, CAST({question} AS BIGINT) AS question")
    }

    /// The history that an answer belongs to.
    ///
    /// # Errors
    /// [`StoreError::NotPrimary`] for the answer of a standby, [`StoreError::Unusable`] for that to another question.
    pub(super) fn check_origin(&self, origin: Origin, question: i64) -> Result<i64, StoreError> {
        self.check_role(origin.role_problem)?;
        self.check_question(origin.question, question)?;
        let Some(session) = origin.session else { return Ok(0) };
        let client = self.hosts.as_ref().map(|hosts| hosts.client.to_string());
        match session.split_once('/') {
            Some((of, history)) if Some(of) == client.as_deref() => {
                history.parse().map_err(|_| self.note_mixed_up(StoreError::mixed_up()))
            }
            _ => Err(self.note_mixed_up(StoreError::mixed_up())),
        }
    }

    fn check_question(&self, answered: i64, question: i64) -> Result<(), StoreError> {
        if answered == question { Ok(()) } else { Err(self.note_mixed_up(StoreError::mixed_up())) }
    }

    /// Perhaps a pooler was reconfigured: its sessions are checked before anything else is asked.
    pub(super) fn note_mixed_up(&self, error: StoreError) -> StoreError {
        if let Some(hosts) = &self.hosts {
            hosts.state().check_sessions_at = None;
        }
        error
    }

    /// Asks for one number.
    pub(super) async fn ask_number(&self, expression: &str) -> Result<i64, StoreError> {
        let question = Origin::question();
        let sql = format!("SELECT CAST(({expression}) AS BIGINT) AS value, CAST($1 AS BIGINT) AS question");
        let (value, answered): (i64, i64) = self
            .timed(async {
                super::with_pool!(&self.pools, |pool| {
                    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(question).fetch_one(pool).await?)
                })
            })
            .await?;
        self.check_question(answered, question)?;
        Ok(value)
    }
}
