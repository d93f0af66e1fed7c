//! The database, and the only SQL of this program: one set of statements for SQLite and PostgreSQL.
//!
//! Each operation writes in one [`Transaction`], which numbers its changes as the last step before it commits: a
//! reader that has seen change 7 has seen every change before it. A failed or dropped transaction has written nothing.
//!
//! Every method fails with [`StoreError::Unavailable`] or [`StoreError::Unusable`] when the database does not answer,
//! and with [`StoreError::Inconsistent`] when a row cannot be parsed; lists return such rows beside the others.

mod access_requests;
mod accounts;
mod answer_origin;
mod audit;
mod change_feed;
mod credentials;
mod deliveries;
mod error;
mod events;
mod idempotency;
mod message_counts;
mod opened_file;
mod operator_tokens;
mod outbox;
mod paging;
mod pools;
mod postgres_hosts;
mod primary_check;
mod publishers;
mod reveals;
mod role;
mod schema;
mod sessions;
mod setup_links;
mod statement;
mod timestamps;
mod transaction;
mod unique_key;
mod use_case;
mod users;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

pub use access_requests::{AccessRequestFilter, AccessRequestRecord, RequestState};
pub use accounts::{AccountFilter, AccountRecord, PeopleCounts};
pub use audit::{Actor, ActorKind, AuditEntry, AuditFilter, AuditRecord};
pub use change_feed::{Change, ChangeKind, Changes, FeedPoint, FeedPosition, ThrottleTarget, Wake};
pub use credentials::{
    AddressRecord, CatalogUse, CredentialFilter, CredentialKind, CredentialRecord, CredentialState, DeliveryProgress,
    ExpiringCredential, ExpiryNotice, ExpiryRecipient, GateCredential, Holders, MessageProgress, Page, PreviousSecret,
    RecordSecret, StateCounts, TakenNames, Versioned, expiry_event_id,
};
pub use deliveries::{
    AttemptRecord, ClaimedDeliveries, ClaimedDelivery, DeliveryDetail, DeliveryRecord, DeliveryRetention,
    DeliveryState, EndedAttempt, FanOut, FanOutLimits, MAX_DUE_WEBHOOKS, MAX_IN_FLIGHT, NextStep, NotDelivered,
    Recorded, ReplayRange, ReplayWhat, SkipScope,
};
pub use error::StoreError;
pub use events::{EventSample, EventSource, InsertedEvent, NewEvent};
pub use idempotency::StoredResponse;
pub use operator_tokens::OperatorTokenRecord;
pub use outbox::{
    AttemptOutcome, Channel, ClaimedMessage, MessageState, NewMessage, NotSent, OutboxBacklog, OutboxRecord, Purpose,
    SendFailure,
};
pub use paging::{Cursor, InvalidCursor, Listing};
pub use pools::StoreOptions;
pub use publishers::PublisherRecord;
pub use reveals::{
    CodeTry, MintedCode, MintedLink, Minting, NewReveal, OldStops, RevealMessage, RevealRecord, RevealState,
    ShownReveal, SupersededBy, Unsendable,
};
pub use role::{NoRole, Role};
pub use schema::SchemaState;
pub use sessions::SessionRecord;
pub use setup_links::SetupLinkRecord;
pub use timestamps::whole_millis;
pub use transaction::Transaction;
pub use unique_key::UniqueKey;
pub use use_case::{UnfitUseCase, UseCase};
pub use users::{EnabledUser, MailRecipient, UserFilter, UserRecord};
pub use webhooks::{
    ListedWebhook, OrphanedRestHook, PreviousWebhookSecret, SwitchedOff, SwitchedOffWhy, WebhookBacklog, WebhookFilter,
    WebhookKind, WebhookRecord, WebhookSecretRef, WebhookState, WebhookStop,
};

use credentials::CountCache;
use pools::Pools;
use postgres_hosts::Hosts;

/// A database. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    query_timeout: Duration,
    /// Of a server.
    hosts: Option<Hosts>,
    counts: Arc<CountCache>,
}

impl Store {
    /// Runs a few statements within the query timeout, which includes the wait for a connection.
    async fn timed<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let work = async {
            self.choose_host().await?;
            work.await
        };
        match tokio::time::timeout(self.query_timeout, work).await {
            Ok(outcome) => outcome.map_err(|error| self.explain(error)),
            Err(_) => Err(StoreError::Unavailable(format!("no answer within {} ms", self.query_timeout.as_millis()))),
        }
    }

    /// True for SQLite.
    pub fn is_embedded(&self) -> bool {
        matches!(self.pools, Pools::Sqlite { .. })
    }
}

/// Runs the same expression on the read pool of either database: `with_pool!(pools, |pool| query.fetch_one(pool))`. For
/// statements whose answer shows the question that was asked.
macro_rules! with_pool {
    ($pools:expr, |$pool:ident| $work:expr) => {
        match $pools {
            $crate::store::pools::Pools::Sqlite { read: $pool, .. } => $work,
            $crate::store::pools::Pools::Postgres($pool) => $work,
        }
    };
}
use with_pool;

/// Reads on a connection to either database: `in_transaction!(self, |connection| query.fetch_one(connection))`. See
/// [`statement`] for why a server needs a transaction.
macro_rules! in_transaction {
    ($store:expr, |$connection:ident| $work:expr) => {
        match &$store.pools {
            $crate::store::pools::Pools::Sqlite { read, .. } => {
                let mut held = read.acquire().await?;
                let $connection = &mut *held;
                $work
            }
            $crate::store::pools::Pools::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                let found = {
                    let $connection = &mut *transaction;
                    $work
                };
                transaction.commit().await?;
                found
            }
        }
    };
}
use in_transaction;

/// Builds a statement with `QueryBuilder` for the database at hand, in a transaction of its own on the connection of
/// `$sqlite`.
macro_rules! build_alone {
    ($store:expr, $sqlite:ident, $convert:path, $begin:expr, |$sql:ident, $connection:ident| $work:expr) => {
        $store
            .timed(async {
                match &$store.pools {
                    $crate::store::pools::Pools::Sqlite { $sqlite: pool, .. } => {
                        let mut held = pool.acquire().await?;
                        let $connection = &mut *held;
                        let mut $sql = sqlx::QueryBuilder::<sqlx::Sqlite>::new($begin);
                        Ok($convert($work.await?))
                    }
                    $crate::store::pools::Pools::Postgres(pool) => {
                        let mut transaction = pool.begin().await?;
                        let outcome = {
                            let $connection = &mut *transaction;
                            let mut $sql = sqlx::QueryBuilder::<sqlx::Postgres>::new($begin);
                            $work.await?
                        };
                        transaction.commit().await?;
                        Ok($convert(outcome))
                    }
                }
            })
            .await
    };
}
use build_alone;

/// One statement that reads:
/// `fetch!(self, "SELECT …", |sql, connection| { sql.push(…); sql.build_query_as().persistent(false).fetch_all(connection) })`.
macro_rules! fetch {
    ($store:expr, $begin:expr, |$sql:ident, $connection:ident| $work:expr) => {
        $crate::store::build_alone!($store, read, std::convert::identity, $begin, |$sql, $connection| $work)
    };
}
use fetch;

/// Like `fetch!`, for one statement that writes outside of a [`Transaction`].
macro_rules! execute {
    ($store:expr, $begin:expr, |$sql:ident, $connection:ident| $work:expr) => {
        $crate::store::build_alone!($store, write, Into::into, $begin, |$sql, $connection| $work)
    };
}
use execute;

/// The row with this key, if there is one: `fetch_optional!(store, sql, id)?`.
macro_rules! fetch_optional {
    ($store:expr, $sql:expr, $key:expr) => {
        $store
            .timed(async {
                $crate::store::in_transaction!($store, |connection| {
                    let query = $crate::store::statement::query_as(sqlx::AssertSqlSafe($sql)).bind($key);
                    Ok(query.fetch_optional(connection).await?)
                })
            })
            .await
    };
}
use fetch_optional;
