//! What is kept in a database, and the only SQL of this program. One set of statements for SQLite and PostgreSQL.
//!
//! Everything that is written goes through a [`Transaction`], which gives each change its number as the last
//! step before it commits: so a reader who has seen change 7 has seen every change before it.

mod access_requests;
mod accounts;
mod accounts_listing;
mod audit;
mod audit_reading;
mod backup;
mod changes;
mod credentials_listing;
mod error;
mod file;
mod hashes;
mod idempotency;
mod indexes;
mod listing;
mod migrating;
mod names;
mod operator_tokens;
mod place;
mod pools;
mod record;
mod records;
mod roles;
mod schema;
mod searches;
mod sessions;
mod setup_links;
mod standing;
mod transaction;
mod turn;
mod usable;
mod usage;
mod use_cases;
mod used_addresses;
mod users;
mod writes;

use std::time::Duration;

pub use access_requests::{AccessRequestFilter, AccessRequestRecord, RequestState};
pub use accounts::AccountRecord;
pub use accounts_listing::AccountFilter;
pub use audit::{Actor, ActorKind, AuditEntry};
pub use audit_reading::{AuditFilter, AuditRecord};
pub use changes::{Change, ChangeKind, Changes, Wake};
pub use credentials_listing::{CredentialFilter, CredentialKind, CredentialState, StateCounts};
pub use error::StoreError;
pub use idempotency::Remembered;
pub use listing::Listing;
pub use names::{Holders, Names};
pub use operator_tokens::OperatorTokenRecord;
pub use place::{NoPlace, Place};
pub use pools::StoreOptions;
pub use record::{CredentialRecord, PreviousSecret, RecordSecret};
pub use records::Page;
pub use roles::{NoRole, Role};
pub use schema::SchemaState;
pub use sessions::SessionRecord;
pub use setup_links::SetupLinkRecord;
pub use standing::CredentialsStanding;
pub use transaction::Transaction;
pub use usable::{Usable, UsableReading};
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
