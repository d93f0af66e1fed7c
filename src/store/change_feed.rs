//! The change feed: what gates must drop from their caches, in commit order.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::answer_origin::Origin;
use super::statement;
use super::{Pools, Store, StoreError, in_transaction, with_pool};

/// The PostgreSQL channel for notifications of new changes.
pub(super) const CHANNEL: &str = "claviger_changes";
/// Changes in one read.
const PAGE_ROWS: i64 = 1000;
/// A reader that is further behind drops its cache instead.
pub(super) const MAX_CHANGES_FOLLOWED: i64 = 8000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangeKind {
    /// A credential that was written as a whole: gates may have cached its secret as unknown.
    Secret,
    /// A credential that has no new secret: edited, or deleted.
    Credential,
    /// An account, on which all its credentials depend.
    Account,
    /// A user, on whom all credentials that they own depend.
    User,
    /// Gates must clear counters of their throttle: the target is a [`ThrottleTarget`].
    Throttle,
}

/// The counters of throttles that a change clears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThrottleTarget {
    All,
    /// Those of its network.
    Address(IpAddr),
    /// Its secret was replaced: what was guessed at is gone.
    Username(String),
    /// The secrets of more user names were replaced than one transaction lists.
    EveryUsername,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Strictly increasing in commit order.
    pub number: i64,
    pub kind: ChangeKind,
    /// The id of the changed row.
    pub target: String,
    /// Milliseconds since the Unix epoch, by the clock of the process that wrote it.
    pub at: i64,
}

/// A number of the change feed. A standby that was promoted without the last writes uses their numbers again, in another
/// history; numbers of two histories cannot be compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPoint {
    /// Of the server: identifier and timeline. 0 for SQLite, and for a server that does not tell.
    pub history: i64,
    pub number: i64,
}

/// How far a reader has followed the change feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPosition {
    pub point: FeedPoint,
    /// The change with that number, where it was seen. A restored backup has another one under the same number.
    pub change: Option<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// In order; more may follow.
    Some(Vec<Change>),
    /// Too many, or pruned, or of another history; with the last change.
    TooMany(FeedPosition),
}

/// A hint that there may be changes. It may miss some, so readers also poll.
pub enum Wake {
    /// `LISTEN` on a connection of its own.
    Postgres(Box<PgListener>),
    /// `PRAGMA data_version`, which counts changes by other connections, on a connection of its own; with the last value.
    Sqlite(Box<SqliteConnection>, Option<i64>),
}

impl ChangeKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Credential => "credential",
            Self::Account => "account",
            Self::User => "user",
            Self::Throttle => "throttle",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        [Self::Secret, Self::Credential, Self::Account, Self::User, Self::Throttle]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl ThrottleTarget {
    const USERNAME: &str = "name:";
    const EVERY_USERNAME: &str = "names";

    pub(super) fn stored(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Address(address) => address.to_string(),
            Self::Username(name) => format!("{}{name}", Self::USERNAME),
            Self::EveryUsername => Self::EVERY_USERNAME.to_owned(),
        }
    }
}

impl Change {
    /// Which counters to clear. `None` for other changes, and for a target of a newer version, which must not clear
    /// everything.
    pub fn throttle_target(&self) -> Option<ThrottleTarget> {
        match (self.kind, self.target.strip_prefix(ThrottleTarget::USERNAME)) {
            (ChangeKind::Throttle, Some(name)) => Some(ThrottleTarget::Username(name.to_owned())),
            (ChangeKind::Throttle, None) if self.target.is_empty() => Some(ThrottleTarget::All),
            (ChangeKind::Throttle, None) if self.target == ThrottleTarget::EVERY_USERNAME => {
                Some(ThrottleTarget::EveryUsername)
            }
            (ChangeKind::Throttle, None) => self.target.parse().ok().map(ThrottleTarget::Address),
            _ => None,
        }
    }
}

/// The counter, with one change or none.
#[derive(sqlx::FromRow)]
struct Row {
    last_change: i64,
    #[sqlx(flatten)]
    origin: Origin,
    number: Option<i64>,
    kind: Option<String>,
    target: Option<String>,
    at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct FeedRow {
    #[sqlx(flatten)]
    row: Row,
    pruned_to: i64,
}

/// Of a newer version.
#[derive(Debug)]
struct UnknownKind;

impl Row {
    fn change(&self) -> Option<Result<Change, UnknownKind>> {
        let (Some(number), Some(kind), Some(target), Some(at)) = (self.number, &self.kind, &self.target, self.at)
        else {
            return None;
        };
        let kind = ChangeKind::from_stored(kind).ok_or(UnknownKind);
        Some(kind.map(|kind| Change { number, kind, target: target.clone(), at }))
    }
}

impl Store {
    /// Every process clears these counters of its throttles.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn clear_throttles(&self, now: Timestamp, target: &ThrottleTarget) -> Result<(), StoreError> {
        let mut transaction = self.begin(now).await?;
        transaction.clear_throttles(target.clone());
        transaction.commit().await
    }

    /// The number of the last change.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        Ok(self.position().await?.point.number)
    }

    /// The last change. Only a primary answers.
    pub async fn position(&self) -> Result<FeedPosition, StoreError> {
        let (origin, question) = (self.origin_columns("$1"), Origin::question());
        let sql = format!(
            "SELECT k.last_change, {origin}, c.number, c.kind, c.target, c.at FROM counter k
            LEFT JOIN changes c ON c.number = k.last_change WHERE k.only_row = 1"
        );
        let row: Row = self
            .timed(async {
                with_pool!(&self.pools, |pool| {
                    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(question).fetch_one(pool).await?)
                })
            })
            .await?;
        let change = row.change();
        let history = self.check_origin(row.origin, question)?;
        Ok(FeedPosition { point: FeedPoint { history, number: row.last_change }, change: change.and_then(Result::ok) })
    }

    /// The changes after this position. Only a primary answers.
    pub async fn changes_since(&self, position: &FeedPosition) -> Result<Changes, StoreError> {
        let (FeedPoint { history, number }, question) = (position.point, Origin::question());
        // One statement, so that counter and changes are of one snapshot. The limit is inside the join: outside, each
        // page of a long list would cost as much as the whole list. The change of the position itself is read again.
        let sql = format!(
            "SELECT k.last_change, k.pruned_to, {}, c.number, c.kind, c.target, c.at FROM counter k LEFT JOIN
            (SELECT number, kind, target, at FROM changes WHERE number >= $1 ORDER BY number LIMIT $2) c ON TRUE
            WHERE k.only_row = 1 ORDER BY c.number",
            self.origin_columns("$3")
        );
        let rows: Vec<FeedRow> = self
            .timed(async {
                with_pool!(&self.pools, |pool| Ok(sqlx::query_as(AssertSqlSafe(sql))
                    .bind(number)
                    .bind(PAGE_ROWS + 1)
                    .bind(question)
                    .fetch_all(pool)
                    .await?))
            })
            .await?;
        let Some(FeedRow { row: first, pruned_to }) = rows.first() else {
            return Err(StoreError::Inconsistent { table: "counter", column: "only_row", id: "1".into() });
        };
        let (last, pruned_to) = (first.last_change, *pruned_to);
        let is_of_position = |row: &Row| row.number == Some(number);
        let same = Some(first).filter(|row| is_of_position(row)).and_then(Row::change).and_then(Result::ok);
        let is_replaced = matches!((&position.change, &same), (Some(seen), Some(same)) if seen != same);
        let is_elsewhere = self.check_origin(first.origin.clone(), question)? != history;
        if is_elsewhere {
            // Another connection may still reach a server of the former history.
            self.distrust_connections();
        }
        // Following a long list one by one takes longer than reading the cache anew.
        let is_far_behind = last.saturating_sub(number) > MAX_CHANGES_FOLLOWED;
        if is_elsewhere || is_replaced || pruned_to > number || last < number || is_far_behind {
            return Ok(Changes::TooMany(self.position().await?));
        }
        let later = rows.iter().map(|row| &row.row).filter(|row| !is_of_position(row)).filter_map(Row::change);
        match later.collect::<Result<_, _>>() {
            Ok(changes) => Ok(Changes::Some(changes)),
            // It may concern any credential.
            Err(UnknownKind) => Ok(Changes::TooMany(self.position().await?)),
        }
    }

    /// The counters to clear by the changes after this point, for a reader that got [`Changes::TooMany`]: it may read its
    /// cache anew, but cannot read what it has to clear. Of another history they are those of all changes that are kept.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn throttle_targets(&self, after: FeedPoint, last: FeedPoint) -> Result<Vec<ThrottleTarget>, StoreError> {
        let sql = "SELECT number, target FROM changes WHERE number > $1 AND number <= $2 AND kind = $3 ORDER BY number";
        let kind = ChangeKind::Throttle;
        let first = if after.history == last.history { after.number } else { 0 };
        let rows: Vec<(i64, String)> = self
            .timed(async {
                in_transaction!(self, |connection| Ok(statement::query_as(sql)
                    .bind(first)
                    .bind(last.number)
                    .bind(kind.as_str())
                    .fetch_all(connection)
                    .await?))
            })
            .await?;
        let targets = rows.into_iter().map(|(number, target)| Change { number, kind, target, at: 0 });
        Ok(targets.filter_map(|change| change.throttle_target()).collect())
    }

    /// Deletes changes from before this time; how many.
    pub async fn prune_changes(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.begin(before).await?;
        let pruned = transaction.prune_changes().await?;
        transaction.commit().await?;
        Ok(pruned)
    }

    /// Opens the connection for hints.
    pub async fn wake(&self) -> Result<Wake, StoreError> {
        self.timed(async {
            match &self.pools {
                Pools::Postgres(pool) => {
                    // A pool of its own: this connection is never returned.
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
    /// Waits until there may be a change, at most for `timeout`.
    pub async fn wait(&mut self, timeout: Duration) -> Result<(), StoreError> {
        match self {
            Self::Postgres(listener) => match tokio::time::timeout(timeout, listener.try_recv()).await {
                Ok(Ok(Some(_))) => {
                    // One read of the feed covers all pending notifications.
                    while listener.next_buffered().is_some() {}
                    Ok(())
                }
                Err(_) => Ok(()),
                Ok(Ok(None)) => Err(StoreError::Unavailable("the connection for notifications was lost".into())),
                Ok(Err(error)) => Err(error.into()),
            },
            Self::Sqlite(..) => {
                tokio::time::sleep(timeout).await;
                Ok(())
            }
        }
    }

    /// False when nothing has changed since the last call.
    pub async fn may_have_changed(&mut self) -> Result<bool, StoreError> {
        let Self::Sqlite(connection, last) = self else { return Ok(true) };
        let version: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut **connection).await?;
        Ok(last.replace(version) != Some(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttle_target_is_read_as_it_is_stored_and_junk_clears_nothing() {
        let read = |kind, target: &str| Change { number: 1, kind, target: target.into(), at: 0 }.throttle_target();
        for target in [
            ThrottleTarget::All,
            ThrottleTarget::Address("192.0.2.1".parse().unwrap()),
            ThrottleTarget::Address("2001:db8::1".parse().unwrap()),
            ThrottleTarget::Username("name: \u{fc} 192.0.2.1".into()),
            ThrottleTarget::Username(String::new()),
            ThrottleTarget::Username("names".into()),
            ThrottleTarget::EveryUsername,
        ] {
            assert_eq!(read(ChangeKind::Throttle, &target.stored()), Some(target));
        }
        for junk in [" ", "*", "192.0.2.1/24", "NAME:acme", "NAMES", "names ", "192.0.2.1:80", "\0"] {
            assert_eq!(read(ChangeKind::Throttle, junk), None, "{junk:?}");
        }
        assert_eq!(read(ChangeKind::Secret, ""), None);
    }
}
