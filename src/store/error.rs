//! Database errors, grouped by what an operator does about them.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::UniqueKey;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Gone, busy or too slow; the next attempt may succeed.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The pool had no free connection in time, and could not open another; [`super::Store::diagnose`] finds the cause.
    #[error(
        "the database does not answer: no connection in time; check that the server runs, that this machine can reach \
         it, and that database.connections is high enough"
    )]
    NoConnection,
    /// What answers is a standby or read-only: its data may be old, so it counts as no answer.
    #[error(
        "the database does not answer as a primary: {0}; name the primary, or all hosts with \
         target_session_attrs=read-write"
    )]
    NotPrimary(String),
    /// The database answers, and every attempt fails until an operator changes something.
    #[error("the database cannot be used: {problem}; {remedy}")]
    Unusable { problem: String, remedy: &'static str },
    #[error("the database has no space left; free some on its disk. Reads continue")]
    Full,
    #[error(
        "the database is read-only; make its file and folder writable for this user, or name the primary server. Reads continue"
    )]
    ReadOnly,
    /// Another row has this key.
    #[error("{0} is already taken")]
    Taken(UniqueKey),
    /// A row that the change refers to does not exist, or not any more.
    #[error("something that it belongs to does not exist")]
    MissingReference,
    /// A value that this program never writes.
    #[error("{table}.{column} of {id:?} holds a value that claviger never writes; correct or delete that row")]
    Inconsistent { table: &'static str, column: &'static str, id: String },
}

impl StoreError {
    /// True when another attempt may succeed without an operator.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NoConnection | Self::NotPrimary(_))
    }

    /// For an answer that belongs to another question or client.
    pub(super) fn mixed_up() -> Self {
        Self::Unusable {
            problem:
                "its answers belong to other questions: a pooler in transaction mode is in front of the server, and \
                      gives one server session to several clients"
                    .into(),
            remedy: "set pool_mode = session there, or name the server itself",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) => Self::from_database(inner.as_ref()),
            sqlx::Error::PoolTimedOut => Self::NoConnection,
            sqlx::Error::Tls(inner) => Self::Unusable {
                problem: format!("TLS: {inner}"),
                remedy: "enable TLS on the server, and check the files that sslrootcert, sslcert and sslkey of its \
                         URL name",
            },
            // A certificate that fails verification arrives as this. The server may get another one.
            sqlx::Error::Io(inner) if inner.kind() == std::io::ErrorKind::InvalidData => Self::Unavailable(format!(
                "{inner}; use a host name that the server's certificate has, and name its authority with sslrootcert \
                 in the URL"
            )),
            sqlx::Error::ColumnNotFound(_) | sqlx::Error::ColumnIndexOutOfBounds { .. } => Self::mixed_up(),
            sqlx::Error::Configuration(inner) => {
                Self::Unusable { problem: inner.to_string(), remedy: "correct credentials.database" }
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl StoreError {
    fn from_database(error: &dyn DatabaseError) -> Self {
        if error.is_unique_violation() {
            return match UniqueKey::violated(error) {
                Some(key) => Self::Taken(key),
                None => Self::Unusable {
                    problem: error.message().to_owned(),
                    remedy: "drop this unique index, which is not part of claviger's schema",
                },
            };
        }
        if error.is_foreign_key_violation() {
            return Self::MissingReference;
        }
        let code = error.code().unwrap_or_default();
        let unusable = |remedy| Self::Unusable { problem: error.message().to_owned(), remedy };
        match (code.as_ref(), code.parse::<u32>().map(|code| code & 0xff)) {
            // PostgreSQL: SQLSTATE.
            ("53100", _) => Self::Full,
            ("25006", _) => Self::ReadOnly,
            ("28P01" | "28000", _) => unusable("check user name and password, and pg_hba.conf"),
            ("53300", _) => Self::Unavailable(format!(
                "{}; lower database.connections of each gate, or raise max_connections of the server or CONNECTION \
                 LIMIT of the role",
                error.message()
            )),
            ("08P01", _) if is_of_pooler(error) => Self::from_pooler(error.message()),
            // A prepared statement that is another client's, or that the session does not have.
            ("42P05" | "26000" | "08P01", _) => Self::mixed_up(),
            ("3D000", _) => unusable("create it: CREATE DATABASE"),
            ("55P03", _) => Self::Unavailable(format!(
                "{}: another session holds the lock; look for long transactions in pg_stat_activity",
                error.message()
            )),
            ("42501", _) => unusable("grant this user the right to it"),
            ("42P01" | "42703", _) => unusable("run claviger database migrate"),
            // SQLite: primary result codes.
            (_, Ok(13)) if code.len() != 5 => Self::Full,
            (_, Ok(8)) if code.len() != 5 => Self::ReadOnly,
            (_, Ok(14)) if code.len() != 5 => unusable("check that its folder exists and is writable for this user"),
            (_, Ok(11 | 26)) if code.len() != 5 => {
                unusable("it is damaged or no SQLite file: restore it from a backup")
            }
            (_, Ok(1)) if error.message().starts_with("no such") => unusable("run claviger database migrate"),
            _ => Self::Unavailable(error.message().to_owned()),
        }
    }

    /// PgBouncer has one code for all that it says itself, of which most passes: a limit, a server that is away.
    fn from_pooler(message: &str) -> Self {
        let is_limit = message.contains("too many connections") || message.contains("no more connections allowed");
        let remedy = if is_limit {
            "lower database.connections of each gate, or raise the limits of the pooler, the server or the role"
        } else {
            "its log has the reason"
        };
        Self::Unavailable(format!("the pooler answers: {message}; {remedy}"))
    }
}

/// PostgreSQL names the routine of each of its errors, a pooler names none.
fn is_of_pooler(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| error.routine().is_none())
}
