//! What is kept in a database, and the only SQL of this program. One set of statements for SQLite and PostgreSQL.
//!
//! Everything that is written goes through a [`Transaction`], which gives each change its number as the last
//! step before it commits: so a reader who has seen change 7 has seen every change before it.

mod access_requests;
mod accounts;
mod audit;
mod changes;
mod credentials;
mod cursor;
mod error;
mod idempotency;
mod listing;
mod operator_tokens;
mod pools;
mod roles;
mod schema;
mod sessions;
mod setup_links;
mod transaction;
mod unique_key;
mod use_cases;
mod users;

use std::time::Duration;

pub use self::accounts::list::AccountFilter;
pub use self::audit::list::{AuditFilter, AuditRecord};
pub use self::credentials::catalog_use::CatalogUse;
pub use self::credentials::gate::{GateCredential, Versioned};
pub use self::credentials::list::{CredentialFilter, CredentialKind, CredentialState, StateCounts};
pub use self::credentials::read::Page;
pub use self::credentials::readiness::UserCredentialCounts;
pub use self::credentials::record::{CredentialRecord, PreviousSecret, RecordSecret};
pub use self::credentials::uniqueness::{Holders, TakenNames};
pub use self::cursor::{Cursor, InvalidCursor};
pub use access_requests::{AccessRequestFilter, AccessRequestRecord, RequestState};
pub use accounts::AccountRecord;
pub use audit::{Actor, ActorKind, AuditEntry};
pub use changes::{Change, ChangeKind, Changes, Wake};
pub use error::StoreError;
pub use idempotency::StoredResponse;
pub use listing::Listing;
pub use operator_tokens::OperatorTokenRecord;
pub use pools::StoreOptions;
pub use roles::{NoRole, Role};
pub use schema::SchemaState;
pub use sessions::SessionRecord;
pub use setup_links::SetupLinkRecord;
pub use transaction::Transaction;
pub use unique_key::UniqueKey;
pub use use_cases::{UnfitUseCase, UseCase};
pub use users::{EnabledUser, UserFilter, UserRecord};

use pools::Pools;

/// A database. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    limit: Duration,
}

impl Store {
    /// Runs a statement or a few for as long as a query may take.
    async fn within<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        match tokio::time::timeout(self.limit, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {} ms", self.limit.as_millis()))),
        }
    }

    /// True for SQLite.
    pub fn is_embedded(&self) -> bool {
        matches!(self.pools, Pools::Sqlite { .. })
    }
}

/// One statement on whichever database it is: `on!(pools, |pool| query.fetch_one(pool))`.
macro_rules! on {
    ($pools:expr, |$pool:ident| $work:expr) => {
        match $pools {
            $crate::store::pools::Pools::Sqlite { read: $pool, .. } => $work,
            $crate::store::pools::Pools::Postgres($pool) => $work,
        }
    };
}
use on;

/// One statement that is put together for the database at hand, outside of a transaction:
/// `asked!(self, "SELECT …", |sql, pool| { sql.push(…); sql.build_query_as().persistent(false).fetch_all(pool) })`.
macro_rules! asked {
    ($store:expr, $begin:expr, |$sql:ident, $pool:ident| $work:expr) => {
        $store
            .within(async {
                match &$store.pools {
                    $crate::store::pools::Pools::Sqlite { read: $pool, .. } => {
                        let mut $sql = sqlx::QueryBuilder::<sqlx::Sqlite>::new($begin);
                        Ok($work.await?)
                    }
                    $crate::store::pools::Pools::Postgres($pool) => {
                        let mut $sql = sqlx::QueryBuilder::<sqlx::Postgres>::new($begin);
                        Ok($work.await?)
                    }
                }
            })
            .await
    };
}
use asked;

/// One statement that writes, likewise.
macro_rules! put {
    ($store:expr, $begin:expr, |$sql:ident, $pool:ident| $work:expr) => {
        $store
            .within(async {
                match &$store.pools {
                    $crate::store::pools::Pools::Sqlite { write: $pool, .. } => {
                        let mut $sql = sqlx::QueryBuilder::<sqlx::Sqlite>::new($begin);
                        Ok($work.await?.into())
                    }
                    $crate::store::pools::Pools::Postgres($pool) => {
                        let mut $sql = sqlx::QueryBuilder::<sqlx::Postgres>::new($begin);
                        Ok($work.await?.into())
                    }
                }
            })
            .await
    };
}
use put;

/// The row that a statement finds by one value, if there is one: `one!(store, sql, id)?`.
macro_rules! one {
    ($store:expr, $sql:expr, $key:expr) => {
        $store
            .within(async {
                $crate::store::on!(&$store.pools, |pool| {
                    Ok(sqlx::query_as(sqlx::AssertSqlSafe($sql)).bind($key).fetch_optional(pool).await?)
                })
            })
            .await
    };
}
use one;
