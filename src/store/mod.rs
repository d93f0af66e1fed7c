//! What is kept in a database, and the only SQL of this program. One set of statements for SQLite and PostgreSQL.
//!
//! Everything that is written goes through a [`Transaction`], which gives each change its number as the last
//! step before it commits: so a reader who has seen change 7 has seen every change before it.

mod accounts;
mod audit;
mod changes;
mod error;
mod file;
mod hashes;
mod idempotency;
mod listing;
mod names;
mod pools;
mod record;
mod records;
mod roles;
mod schema;
mod searches;
mod transaction;
mod usable;
mod usage;
mod writes;

use std::time::Duration;

pub use accounts::AccountRecord;
pub use audit::{Actor, ActorKind, AuditEntry, AuditRecord};
pub use changes::{Change, ChangeKind, Changes, Wake};
pub use error::StoreError;
pub use idempotency::Remembered;
pub use listing::{CredentialFilter, CredentialKind, CredentialPlace, CredentialState, Listing, StateCounts};
pub use names::{Holders, Names};
pub use pools::StoreOptions;
pub use record::{CredentialRecord, PreviousSecret, RecordSecret};
pub use records::Page;
pub use roles::{NoRole, Role};
pub use schema::SchemaState;
pub use transaction::Transaction;
pub use usable::{Usable, UsableReading};
pub use usage::Use;

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
