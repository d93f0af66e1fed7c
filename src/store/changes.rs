//! What gates have to forget, in the order in which it was committed.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{Connection as _, SqliteConnection};

use super::{Pools, Store, StoreError, on};

/// The channel on which PostgreSQL tells that there is something to read.
pub(super) const CHANNEL: &str = "claviger_changes";
/// Read at once.
const PAGE: i64 = 1000;
/// A reader that is further behind reads everything anew.
const MOST_FOLLOWED: i64 = 8000;

/// What kind of thing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// A credential, and there may be a secret that was unknown before.
    Secret,
    /// A credential in some other way.
    Credential,
    /// Something of an account that all its credentials depend on.
    Account,
    /// Something of a user that all their credentials depend on.
    User,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Later ones have higher numbers, without exception.
    pub number: i64,
    /// Of what kind of thing.
    pub kind: ChangeKind,
    /// The id of the thing.
    pub target: String,
}

/// What has happened since some number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// These, in order; there may be more.
    Some(Vec<Change>),
    /// So much that what led here is gone; the number of the last one.
    TooMany(i64),
}

/// What tells that it is time to look for changes. Never to be relied on: it may miss some.
pub enum Wake {
    /// Notifications of a server, on a connection of their own.
    Postgres(Box<PgListener>),
    /// SQLite's own count of changes by other connections, on a connection of its own.
    Sqlite(Box<SqliteConnection>, Option<i64>),
}

impl ChangeKind {
    /// As it is stored.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Credential => "credential",
            Self::Account => "account",
            Self::User => "user",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [Self::Secret, Self::Credential, Self::Account, Self::User].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Store {
    /// The number of the last change.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        let sql = "SELECT last_change FROM counter WHERE only_row = 1";
        self.within(async { on!(&self.pools, |pool| Ok(sqlx::query_scalar(sql).fetch_one(pool).await?)) }).await
    }

    /// The changes behind this number.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn changes_since(&self, number: i64) -> Result<Changes, StoreError> {
        // One statement, so that both are of the same moment. Limited before it is joined: else each page of a long
        // list would cost as much as the whole.
        let sql = "SELECT k.last_change, k.pruned_to, c.number, c.kind, c.target FROM counter k LEFT JOIN
            (SELECT number, kind, target FROM changes WHERE number > $1 ORDER BY number LIMIT $2) c ON TRUE
            WHERE k.only_row = 1 ORDER BY c.number";
        type Row = (i64, i64, Option<i64>, Option<String>, Option<String>);
        let rows: Vec<Row> = self
            .within(async {
                on!(&self.pools, |pool| Ok(sqlx::query_as(sql).bind(number).bind(PAGE).fetch_all(pool).await?))
            })
            .await?;
        let Some((last, pruned, ..)) = rows.first() else {
            return Err(StoreError::Inconsistent { table: "counter", column: "only_row", id: "1".into() });
        };
        // A number from the future is one of another database, or of this one before a backup was put back.
        // Of more changes than this there is nothing to be gained by following them one by one, and much time to lose.
        let is_far_behind = last.saturating_sub(number) > MOST_FOLLOWED;
        if *pruned > number || *last < number || is_far_behind {
            return Ok(Changes::TooMany(*last));
        }
        let last = *last;
        let changes = rows.into_iter().filter_map(|(_, _, number, kind, target)| Some((number?, kind?, target?)));
        let change = |(number, kind, target): (i64, String, String)| {
            Some(Change { number, kind: ChangeKind::from_stored(&kind)?, target })
        };
        // A kind of change that a newer version makes may be about anything.
        Ok(changes.map(change).collect::<Option<_>>().map_or(Changes::TooMany(last), Changes::Some))
    }

    /// Forgets changes of before this moment.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune_changes(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin(before).await?;
        let pruned = transaction.prune_changes().await?;
        transaction.commit().await?;
        Ok(pruned)
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// When there is no connection for it.
    pub async fn wake(&self) -> Result<Wake, StoreError> {
        self.within(async {
            match &self.pools {
                Pools::Postgres(pool) => {
                    // One that is never handed to anybody else.
                    let own = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
                    let own = own.connect_lazy_with((*pool.connect_options()).clone());
                    let mut listener = PgListener::connect_with(&own).await?;
                    listener.listen(CHANNEL).await?;
                    Ok(Wake::Postgres(Box::new(listener)))
                }
                Pools::Sqlite { read, .. } => {
                    let options = read.connect_options();
                    let connection = SqliteConnection::connect_with(&options).await?;
                    Ok(Wake::Sqlite(Box::new(connection), None))
                }
            }
        })
        .await
    }
}

impl Wake {
    /// Waits until there may be a change, but not for longer than this.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn wait(&mut self, most: Duration) -> Result<(), StoreError> {
        match self {
            Self::Postgres(listener) => match tokio::time::timeout(most, listener.try_recv()).await {
                Ok(Ok(Some(_))) => {
                    // One look answers all that have come.
                    while listener.next_buffered().is_some() {}
                    Ok(())
                }
                Err(_) => Ok(()),
                Ok(Ok(None)) => Err(StoreError::Unavailable("the connection for notifications is lost".into())),
                Ok(Err(error)) => Err(error.into()),
            },
            Self::Sqlite(..) => {
                tokio::time::sleep(most).await;
                Ok(())
            }
        }
    }

    /// False when it is sure that nothing has changed since the last time.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn may_have_changed(&mut self) -> Result<bool, StoreError> {
        let Self::Sqlite(connection, seen) = self else { return Ok(true) };
        let version: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut **connection).await?;
        Ok(seen.replace(version) != Some(version))
    }
}
