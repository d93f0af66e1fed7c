//! What can go wrong with a database, told by what to do about it.

use sqlx::error::DatabaseError;

use super::UniqueKey;

/// Why the store could not do what it was asked for. Nothing is half done: every write is one transaction.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Gone, busy or too slow; the next attempt may succeed.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// It answers, and will go on answering so until somebody changes something.
    #[error("the database cannot be used: {problem}; {remedy}")]
    Unusable {
        /// What it says.
        problem: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// No space is left.
    #[error("the database has no space left; free some on its disk. Reading goes on meanwhile")]
    Full,
    /// Nothing can be written.
    #[error(
        "the database is read-only; make its file and folder writable for this user, or name the primary server. Reading goes on meanwhile"
    )]
    ReadOnly,
    /// Another row has this key.
    #[error("{0} is already taken")]
    Taken(UniqueKey),
    /// Something named in the change is not there (any more).
    #[error("something that it belongs to does not exist")]
    MissingReference,
    /// A value that this program never wrote.
    #[error("{table}.{column} of {id:?} holds what claviger has never written; mend or delete that row")]
    Inconsistent {
        /// Where.
        table: &'static str,
        /// In which column.
        column: &'static str,
        /// In which row.
        id: String,
    },
}

impl StoreError {
    /// True when another attempt may succeed without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) => Self::of_database(inner.as_ref()),
            sqlx::Error::PoolTimedOut => Self::Unavailable(
                "no connection in time; check that the server is there, that this machine may reach it, and that \
                 database.connections are enough"
                    .into(),
            ),
            sqlx::Error::Tls(inner) => Self::Unusable {
                problem: format!("TLS: {inner}"),
                remedy: "let it speak TLS, and check what sslrootcert, sslcert and sslkey of its URL name",
            },
            // What TLS has against the server's certificate comes as this. It may be mended there meanwhile.
            sqlx::Error::Io(inner) if inner.kind() == std::io::ErrorKind::InvalidData => Self::Unavailable(format!(
                "{inner}; call it by a name that its certificate has, and name the authority of that with sslrootcert \
                 in the URL"
            )),
            sqlx::Error::Configuration(inner) => {
                Self::Unusable { problem: inner.to_string(), remedy: "mend credentials.database" }
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl StoreError {
    fn of_database(error: &dyn DatabaseError) -> Self {
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
            ("3D000", _) => unusable("create it: CREATE DATABASE"),
            ("55P03", _) => Self::Unavailable(format!(
                "{}: somebody else holds what it waits for; look for long transactions in pg_stat_activity",
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
}
