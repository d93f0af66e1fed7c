//! The credentials of a database: a cache that a change feed invalidates, and lookups for what is not cached.
//!
//! ```text
//!            find ──► CredentialCache ──(miss)──► Lookups ──► store
//!                        ▲   ▲                       │
//!              invalidate│   └──── insert ───────────┘
//!                  ChangeFeed ◄── changes, by number ───── store
//! ```

mod cache;
mod catalog_check;
mod change_feed;
mod conflicts;
mod invalidation;
mod last_use;
mod lookups;
mod snapshot;
mod startup;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use jiff::Timestamp;

use super::dummy_hashes::DummyHashes;
use crate::auth::{Directory, Lookup, LookupKey, Throttle, Unavailable};
use crate::clock::Clock;
use crate::credential::{Credential, PasswordHash, TokenDigest};
use crate::store::{Store, StoreError, ThrottleTarget};
use crate::telemetry::DatabaseMetrics;

use self::cache::CredentialCache;
use self::catalog_check::CatalogCheck;
use self::last_use::Uses;
use lookups::Lookups;

pub use catalog_check::CatalogMismatch;
pub use startup::{DatabaseSource, DatabaseStart};

/// The cache is trusted on unknown tokens while the change feed was confirmed this recently.
const MAX_FEED_LAG: Duration = Duration::from_secs(5);

/// Offset of the steady clock, so that the age of a snapshot from before the start is representable.
const EPOCH: Duration = Duration::from_secs(400 * 24 * 3600);

pub struct DatabaseDirectory {
    store: Store,
    clock: Clock,
    /// Of the gate: the change feed clears it.
    throttle: Arc<Throttle>,
    /// Of the control plane in the same process, if there is one: the change feed clears it too.
    sign_in_throttle: Arc<Throttle>,
    max_stale: Duration,
    /// Credentials to load at the start.
    preload: u32,
    /// Migrate an outdated schema.
    may_migrate: bool,
    snapshot: Option<PathBuf>,
    cache: CredentialCache,
    lookups: Lookups,
    uses: Uses,
    dummy_hashes: ArcSwap<DummyHashes>,
    /// The last time when all changes were applied: nanoseconds of the steady clock plus [`EPOCH`]; 0 for never.
    confirmed: AtomicU64,
    is_synced: AtomicBool,
    /// The last poll of the change feed failed.
    is_failing: AtomicBool,
    /// The last answer came from a standby or read-only server.
    is_no_primary: AtomicBool,
    /// Why the last poll failed.
    fault: Mutex<Option<String>>,
    metrics: Arc<DatabaseMetrics>,
    runtime: tokio::runtime::Handle,
    catalog_check: CatalogCheck,
}

impl DatabaseDirectory {
    pub fn throttle(&self) -> Arc<Throttle> {
        self.throttle.clone()
    }

    pub fn sign_in_throttle(&self) -> Arc<Throttle> {
        self.sign_in_throttle.clone()
    }

    /// Clears the throttles of all processes on this database, of one address or of all. In the background: those of
    /// this process are cleared by the caller, whether the database answers or not.
    pub fn clear_throttles(&self, address: Option<IpAddr>) {
        let (store, now) = (self.store.clone(), self.clock.now());
        let target = address.map_or(ThrottleTarget::All, ThrottleTarget::Address);
        self.runtime.spawn(async move {
            if let Err(error) = store.clear_throttles(now, &target).await {
                tracing::warn!("other gates do not clear their throttles: {error}");
            }
        });
    }

    /// Time since all changes were applied; `None` before the first sync.
    pub fn age(&self) -> Option<Duration> {
        match self.confirmed.load(Ordering::Acquire) {
            0 => None,
            nanos => Some((EPOCH + self.clock.steady()).saturating_sub(Duration::from_nanos(nanos))),
        }
    }

    /// All changes before this time of the steady clock are applied.
    fn confirm(&self, moment: Duration) {
        self.confirm_at(EPOCH + moment);
    }

    fn confirm_ago(&self, age: Duration) {
        self.confirm_at((EPOCH + self.clock.steady()).saturating_sub(age));
    }

    fn confirm_at(&self, moment: Duration) {
        let nanos = u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.confirmed.fetch_max(nanos, Ordering::AcqRel);
    }

    /// True once the database or a snapshot was read.
    pub fn is_synced(&self) -> bool {
        self.is_synced.load(Ordering::Acquire)
    }

    /// True while the change feed is up to date.
    pub fn is_followed(&self) -> bool {
        self.age().is_some_and(|age| age <= MAX_FEED_LAG)
    }

    /// True when the database has failed for so long that lookups are refused at once.
    fn is_gone(&self) -> bool {
        self.is_no_primary.load(Ordering::Acquire) || self.is_failing.load(Ordering::Acquire) && !self.is_followed()
    }

    /// Whether the last answer came from a primary that takes writes; `None` where nothing answers.
    pub fn is_primary(&self) -> Option<bool> {
        match self.is_no_primary.load(Ordering::Acquire) {
            true => Some(false),
            false => (!self.is_failing.load(Ordering::Acquire)).then_some(true),
        }
    }

    /// Why the database does not answer, or not as a primary.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answered(&self, outcome: Result<(), &StoreError>) {
        let is_no_primary = matches!(outcome, Err(StoreError::NotPrimary(_)));
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = outcome.err().map(ToString::to_string);
        self.is_no_primary.store(is_no_primary, Ordering::Release);
        self.is_failing.store(outcome.is_err(), Ordering::Release);
    }

    /// True while the database answers.
    pub fn answers(&self) -> bool {
        self.age().is_some() && !self.is_failing.load(Ordering::Acquire)
    }

    /// Updates the gauges.
    pub fn measure(&self) {
        self.metrics.age.set(self.age().map_or(-1.0, |age| age.as_secs_f64()));
        self.metrics.is_followed.set(i64::from(self.is_followed()));
        self.cache.measure(&self.metrics);
        if let Some(file) = &self.snapshot {
            let written = file.metadata().and_then(|file| file.modified());
            self.metrics.snapshot_written(written.unwrap_or(UNIX_EPOCH));
        }
    }

    pub(super) fn dummy_hashes(&self) -> Arc<DummyHashes> {
        self.dummy_hashes.load_full()
    }

    fn cached_token(&self, digest: &TokenDigest) -> Lookup {
        match self.judge(self.cache.token(digest)) {
            Lookup::NeedsFetch if self.is_followed() && self.cache.is_unknown(digest) => Lookup::Absent,
            lookup => lookup,
        }
    }

    fn judge(&self, found: Option<Arc<cache::Entry>>) -> Lookup {
        let is_fresh = || self.age().is_some_and(|age| age <= self.max_stale);
        match found {
            Some(entry) if entry.is_valid(&self.clock) && is_fresh() => Lookup::Cached(entry.credential.clone()),
            _ => Lookup::NeedsFetch,
        }
    }

    fn counted(&self, lookup: Lookup) -> Lookup {
        let counter = if matches!(lookup, Lookup::NeedsFetch) { &self.metrics.misses } else { &self.metrics.hits };
        counter.inc();
        lookup
    }
}

#[async_trait]
impl Directory for DatabaseDirectory {
    fn find_token(&self, digest: &TokenDigest) -> Lookup {
        self.counted(self.cached_token(digest))
    }

    fn find_username(&self, username: &str) -> Lookup {
        self.counted(self.judge(self.cache.username(username)))
    }

    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        self.lookups.fetch(key).await
    }

    fn dummy_hash(&self, username: &str) -> PasswordHash {
        self.dummy_hashes.load().of(username)
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
                Ok(true) => tracing::info!(credential = id, from = old.scheme(), "the password is hashed again"),
                Ok(false) => {}
                Err(error) => tracing::warn!(credential = id, "the password is not hashed again: {error}"),
            }
        });
    }

    fn note_use(&self, credential: &Arc<Credential>, from: Option<IpAddr>, now: Timestamp) {
        self.uses.note(credential, from, now);
    }
}
