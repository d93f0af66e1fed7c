//! The credentials of a database: those in use are remembered, the others are asked for, and changes are followed.
//!
//! ```text
//!            find ──► Remembered ──(not there)──► Lookups ──► store
//!                        ▲   ▲                       │
//!             stamps void│   └── stamped readings ───┘
//!                      Feed ◄── changes, by number ───── store
//! ```

mod cache;
mod catalog_check;
mod change_feed;
mod conflicts;
mod invalidation;
mod lookups;
mod snapshot;
mod startup;
mod usage;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use jiff::Timestamp;

use super::dummy_hashes::DummyHashes;
use crate::auth::{Directory, Lookup, LookupKey, Unavailable};
use crate::clock::Clock;
use crate::credential::{Credential, PasswordHash, TokenDigest};
use crate::store::Store;
use crate::telemetry::DatabaseMetrics;

use self::cache::CredentialCache;
use self::catalog_check::CatalogCheck;
use self::usage::Uses;
use lookups::Lookups;

pub use self::catalog_check::CatalogMismatch;
pub use self::startup::{Database, DatabaseStart};

/// A credential that is unknown is believed to be so for as long as changes were followed this recently.
const RECENT: Duration = Duration::from_secs(5);

/// What was known before this process began may be as old as this.
const EPOCH: Duration = Duration::from_secs(400 * 24 * 3600);

/// What the gate sees of a database.
pub struct DatabaseDirectory {
    store: Store,
    clock: Clock,
    max_stale: Duration,
    /// Credentials to begin with.
    preload: u32,
    /// Bring the schema up to date where it is not.
    may_migrate: bool,
    /// Where what is remembered is kept.
    snapshot: Option<PathBuf>,
    remembered: CredentialCache,
    lookups: Lookups,
    uses: Uses,
    decoys: ArcSwap<DummyHashes>,
    /// When all changes were known, in nanoseconds of the steady clock from [`EPOCH`] before its start; 0 for never.
    confirmed: AtomicU64,
    is_synced: AtomicBool,
    /// The last look at the changes got no answer.
    is_failing: AtomicBool,
    metrics: Arc<DatabaseMetrics>,
    runtime: tokio::runtime::Handle,
    catalog_check: CatalogCheck,
}

impl DatabaseDirectory {
    /// Time since all changes were known; `None` before that.
    pub fn age(&self) -> Option<Duration> {
        match self.confirmed.load(Ordering::Acquire) {
            0 => None,
            nanos => Some((EPOCH + self.clock.steady()).saturating_sub(Duration::from_nanos(nanos))),
        }
    }

    /// All changes of before this moment of the steady clock are known.
    fn confirm(&self, moment: Duration) {
        self.confirm_at(EPOCH + moment);
    }

    /// They were known so long ago.
    fn confirm_ago(&self, age: Duration) {
        self.confirm_at((EPOCH + self.clock.steady()).saturating_sub(age));
    }

    fn confirm_at(&self, moment: Duration) {
        let nanos = u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.confirmed.fetch_max(nanos, Ordering::AcqRel);
    }

    /// True once the database, or a snapshot of it, has been read.
    pub fn is_synced(&self) -> bool {
        self.is_synced.load(Ordering::Acquire)
    }

    /// True while changes are followed.
    pub fn is_followed(&self) -> bool {
        self.age().is_some_and(|age| age <= RECENT)
    }

    /// True when it is long enough that it has not answered; nobody else needs to wait for it in vain.
    fn is_gone(&self) -> bool {
        self.is_failing.load(Ordering::Acquire) && !self.is_followed()
    }

    /// True while it answers.
    pub fn answers(&self) -> bool {
        self.age().is_some() && !self.is_failing.load(Ordering::Acquire)
    }

    /// Brings the gauges up to date.
    pub fn measure(&self) {
        self.metrics.age.set(self.age().map_or(-1.0, |age| age.as_secs_f64()));
        self.metrics.is_followed.set(i64::from(self.is_followed()));
        self.remembered.measure(&self.metrics);
        if let Some(file) = &self.snapshot {
            let written = file.metadata().and_then(|file| file.modified());
            self.metrics.snapshot_written(written.unwrap_or(UNIX_EPOCH));
        }
    }

    pub(super) fn decoys(&self) -> Arc<DummyHashes> {
        self.decoys.load_full()
    }

    /// What is known of a token without asking.
    fn known_token(&self, digest: &TokenDigest) -> Lookup {
        match self.judge(self.remembered.token(digest)) {
            Lookup::Unsettled if self.is_followed() && self.remembered.is_unknown(digest) => Lookup::Absent,
            lookup => lookup,
        }
    }

    fn judge(&self, found: Option<Arc<cache::Entry>>) -> Lookup {
        let is_fresh = || self.age().is_some_and(|age| age <= self.max_stale);
        match found {
            Some(entry) if entry.is_valid(&self.clock) && is_fresh() => Lookup::Remembered(entry.credential.clone()),
            _ => Lookup::Unsettled,
        }
    }

    fn counted(&self, lookup: Lookup) -> Lookup {
        let counter = if matches!(lookup, Lookup::Unsettled) { &self.metrics.misses } else { &self.metrics.hits };
        counter.inc();
        lookup
    }
}

#[async_trait]
impl Directory for DatabaseDirectory {
    fn find_token(&self, digest: &TokenDigest) -> Lookup {
        self.counted(self.known_token(digest))
    }

    fn find_username(&self, username: &str) -> Lookup {
        self.counted(self.judge(self.remembered.username(username)))
    }

    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        self.lookups.fetch(key).await
    }

    fn decoy(&self, username: &str) -> PasswordHash {
        self.decoys.load().of(username)
    }

    fn replaces_hashes(&self) -> bool {
        true
    }

    fn replace_hash(&self, credential: &Arc<Credential>, hash: PasswordHash) {
        let (store, credential, now) = (self.store.clone(), credential.clone(), self.clock.now());
        self.runtime.spawn(async move {
            let Some(old) = credential.password_hash() else { return };
            let id = credential.id.as_str();
            match store.replace_hash(&credential, old, &hash, now).await {
                Ok(true) => tracing::info!(credential = id, from = old.scheme(), "its password is hashed anew"),
                Ok(false) => {}
                Err(error) => tracing::warn!(credential = id, "its password is not hashed anew: {error}"),
            }
        });
    }

    fn note_use(&self, credential: &Arc<Credential>, from: Option<IpAddr>, now: Timestamp) {
        self.uses.note(credential, from, now);
    }
}
