//! Bounded cache of credentials that were read from the database.

use std::mem::size_of;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::DefaultHashBuilder;
use jiff::Timestamp;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::invalidation::{Dependencies, DependencyIds, Registry};
use crate::clock::Clock;
use crate::config::raw;
use crate::credential::{Credential, Label, StoredSecret, TokenDigest};
use crate::store::{Changes, FeedPoint, FeedPosition, GateCredential};
use crate::telemetry::DatabaseMetrics;

/// Bytes per entry of the cache, the validities and the allocator. Measured: a million short entries take 980 MB.
const OVERHEAD: usize = 650;
const MEGABYTE: u64 = 1024 * 1024;

pub(super) struct CredentialCache {
    tokens: Cache<TokenDigest, Arc<Entry>, DefaultHashBuilder>,
    usernames: Cache<Box<str>, Arc<Entry>, DefaultHashBuilder>,
    /// Digests that do not exist, with the last change at the time of the lookup. A cache of its own, so that junk
    /// evicts no credential.
    unknown: Cache<TokenDigest, i64, DefaultHashBuilder>,
    registry: Mutex<Registry>,
    /// A copy of [`Registry::last_secret`] outside its lock.
    last_secret: AtomicI64,
}

pub(super) struct Entry {
    pub(super) credential: Arc<Credential>,
    pub(super) owner: Option<Label>,
    validity: Dependencies,
    /// The end of the overlap, for a previous secret.
    pub(super) ends_at: Option<Timestamp>,
}

/// Of each kind, where settings were not derived from a machine.
const DEFAULT_MEGABYTES: u64 = 128;

impl Entry {
    pub(super) fn is_valid(&self, clock: &Clock) -> bool {
        self.validity.is_valid() && self.ends_at.is_none_or(|end| clock.now() < end)
    }

    fn size(&self) -> usize {
        let credential = &*self.credential;
        let secret = match &credential.secret {
            StoredSecret::Token(_) => 0,
            StoredSecret::Password { username, hash } => username.len() + hash.as_str().len(),
        };
        let scopes = credential.scopes.as_ref().map_or(0, |scopes| 2 * scopes.joined().len());
        let texts = 2 * (credential.id.as_str().len() + credential.account.id.as_str().len());
        OVERHEAD + size_of::<Self>() + size_of::<Credential>() + secret + scopes + texts
    }
}

impl CredentialCache {
    /// Rejects all entries until [`CredentialCache::begin_at`].
    pub(super) fn new(bounds: &raw::DatabaseCache) -> Self {
        let bytes = bounds.megabytes.map_or(DEFAULT_MEGABYTES, |megabytes| megabytes.get().into()) * MEGABYTE;
        // A least weight bounds the number of entries.
        let least = u32::try_from(bytes / bounds.credentials.get()).unwrap_or(u32::MAX);
        let weigh = move |entry: &Arc<Entry>| u32::try_from(entry.size()).unwrap_or(u32::MAX).max(least);
        Self {
            tokens: Cache::builder()
                .max_capacity(bytes)
                .weigher(move |_, entry| weigh(entry))
                .build_with_hasher(DefaultHashBuilder::default()),
            usernames: Cache::builder()
                .max_capacity(bytes)
                .weigher(move |_, entry| weigh(entry))
                .build_with_hasher(DefaultHashBuilder::default()),
            unknown: Cache::builder()
                .max_capacity(bounds.unknown)
                .eviction_policy(EvictionPolicy::lru())
                .build_with_hasher(DefaultHashBuilder::default()),
            registry: Mutex::default(),
            last_secret: AtomicI64::default(),
        }
    }

    pub(super) fn token(&self, digest: &TokenDigest) -> Option<Arc<Entry>> {
        self.tokens.get(digest)
    }

    pub(super) fn username(&self, username: &str) -> Option<Arc<Entry>> {
        self.usernames.get(username)
    }

    /// True when a lookup did not find the digest and no secret was created since.
    pub(super) fn is_unknown(&self, digest: &TokenDigest) -> bool {
        self.unknown.get(digest).is_some_and(|read_at| read_at >= self.last_secret())
    }

    /// `read_at` is the last change at the time of the lookup.
    pub(super) fn insert_unknown(&self, digest: TokenDigest, read_at: FeedPoint) {
        // Locked, so that a change of the history, which empties this cache, comes before or after.
        let registry = self.registry();
        if registry.is_of_this_history(read_at) {
            self.unknown.insert(digest, read_at.number);
        }
    }

    /// `read_at` is the last change at the time of the read.
    ///
    /// # Errors
    /// The credential, not cached, when it has changed since.
    pub(super) fn insert(
        &self,
        usable: GateCredential,
        read_at: FeedPoint,
    ) -> Result<Arc<Credential>, Arc<Credential>> {
        let GateCredential { credential, owner, ends_at } = usable;
        let credential = Arc::new(credential);
        let depends = DependencyIds {
            credential: credential.id.as_str(),
            account: credential.account.id.as_str(),
            owner: owner.as_ref().map(Label::as_str),
        };
        // Before the insertion, so that every later change invalidates the entry.
        let Some(validity) = self.registry().register(depends, read_at) else { return Err(credential) };
        let entry = Arc::new(Entry { credential: credential.clone(), owner, validity, ends_at });
        match &credential.secret {
            StoredSecret::Token(digest) => self.tokens.insert(*digest, entry),
            StoredSecret::Password { username, .. } => self.usernames.insert(username.clone(), entry),
        }
        Ok(credential)
    }

    /// The last change that may have created a secret.
    pub(super) fn last_secret(&self) -> i64 {
        self.last_secret.load(Ordering::Acquire)
    }

    /// The last applied change.
    pub(super) fn position(&self) -> FeedPosition {
        self.registry().position().clone()
    }

    /// Invalidates everything that was read before this change.
    pub(super) fn begin_at(&self, position: FeedPosition) {
        self.apply(&Changes::TooMany(position));
    }

    /// Invalidates entries. True when there may be more changes.
    pub(super) fn apply(&self, changes: &Changes) -> bool {
        let mut registry = self.registry();
        let is_more = registry.apply(changes);
        if matches!(changes, Changes::TooMany(_)) {
            // After a restore, change numbers may start again below those of these entries.
            self.unknown.invalidate_all();
        }
        self.last_secret.store(registry.last_secret(), Ordering::Release);
        is_more
    }

    /// All valid entries.
    pub(super) fn valid(&self, clock: &Clock) -> Vec<Arc<Entry>> {
        let tokens = self.tokens.iter().map(|(_, entry)| entry);
        let all = tokens.chain(self.usernames.iter().map(|(_, entry)| entry));
        all.filter(|entry| entry.is_valid(clock)).collect()
    }

    pub(super) fn measure(&self, metrics: &DatabaseMetrics) {
        let size = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        // Entry counts lag behind pending evictions.
        self.tokens.run_pending_tasks();
        self.usernames.run_pending_tasks();
        self.unknown.run_pending_tasks();
        metrics.remembered[0].set(size(self.tokens.entry_count()));
        metrics.remembered[1].set(size(self.usernames.entry_count()));
        metrics.remembered[2].set(size(self.unknown.entry_count()));
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
