//! What was read from the database and still counts. Bounded, whatever is asked for.

use std::mem::size_of;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::DefaultHashBuilder;
use jiff::Timestamp;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::invalidation::{Depends, Registry, Stamps};
use crate::clock::Clock;
use crate::config::raw;
use crate::credential::{Credential, Label, StoredSecret, TokenDigest};
use crate::store::{Changes, GateCredential};
use crate::telemetry::DatabaseMetrics;

/// What the cache, the stamps and the allocator keep beside an entry, in bytes. With it a million short ones weigh
/// what they take: 980 MB.
const OVERHEAD: usize = 650;
const MEGABYTE: u64 = 1024 * 1024;

/// Credentials in use, and digests that nobody has.
pub(super) struct CredentialCache {
    tokens: Cache<TokenDigest, Arc<Entry>, DefaultHashBuilder>,
    usernames: Cache<Box<str>, Arc<Entry>, DefaultHashBuilder>,
    /// With the last change that was known when they were looked for in vain. Apart from the others, so that no
    /// amount of junk pushes a good credential out.
    unknown: Cache<TokenDigest, i64, DefaultHashBuilder>,
    registry: Mutex<Registry>,
    /// [`Registry::last_secret`], without its lock.
    last_secret: AtomicI64,
}

/// A credential as it was read, and what that depends on.
pub(super) struct Entry {
    /// As it is used.
    pub(super) credential: Arc<Credential>,
    /// The user it depends on.
    pub(super) owner: Option<Label>,
    stamps: Stamps,
    /// When the secret it was found by ends.
    pub(super) ends_at: Option<Timestamp>,
}

impl Entry {
    pub(super) fn is_valid(&self, clock: &Clock) -> bool {
        self.stamps.are_valid() && self.ends_at.is_none_or(|end| clock.now() < end)
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
    /// Nothing so far, within these bounds. Nothing is stamped before [`CredentialCache::begin_at`].
    pub(super) fn new(bounds: &raw::DatabaseCache) -> Self {
        let bytes = u64::from(bounds.megabytes.get()) * MEGABYTE;
        // So that the weight of everything is bounded, and with it the number.
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

    /// True when the digest was looked for in vain, and no secret has been made since.
    pub(super) fn is_unknown(&self, digest: &TokenDigest) -> bool {
        self.unknown.get(digest).is_some_and(|read_at| read_at >= self.last_secret())
    }

    /// Remembers that nobody has this digest, as of this change.
    pub(super) fn insert_unknown(&self, digest: TokenDigest, read_at: i64) {
        self.unknown.insert(digest, read_at);
    }

    /// Remembers a credential as it was read when `read_at` was the last change.
    ///
    /// # Errors
    /// The credential, not remembered, when it has changed meanwhile.
    pub(super) fn insert(&self, usable: GateCredential, read_at: i64) -> Result<Arc<Credential>, Arc<Credential>> {
        let GateCredential { credential, owner, ends_at } = usable;
        let credential = Arc::new(credential);
        let depends = Depends {
            credential: credential.id.as_str(),
            account: credential.account.id.as_str(),
            owner: owner.as_ref().map(Label::as_str),
        };
        // Before it is remembered: every change that is applied from here on voids the stamps.
        let Some(stamps) = self.registry().stamp(depends, read_at) else { return Err(credential) };
        let entry = Arc::new(Entry { credential: credential.clone(), owner, stamps, ends_at });
        match &credential.secret {
            StoredSecret::Token(digest) => self.tokens.insert(*digest, entry),
            StoredSecret::Password { username, .. } => self.usernames.insert(username.clone(), entry),
        }
        Ok(credential)
    }

    /// The last change that may have made a secret known.
    pub(super) fn last_secret(&self) -> i64 {
        self.last_secret.load(Ordering::Acquire)
    }

    /// The last change that was applied.
    pub(super) fn position(&self) -> i64 {
        self.registry().position()
    }

    /// Nothing counts that was read before this change; it is followed from here.
    pub(super) fn begin_at(&self, position: i64) {
        self.apply(&Changes::TooMany(position));
    }

    /// Voids what has changed. True when there may be more to read.
    pub(super) fn apply(&self, changes: &Changes) -> bool {
        if matches!(changes, Changes::TooMany(_)) {
            // Numbers may begin anew after a backup was put back, and would not tell that these are from before.
            self.unknown.invalidate_all();
        }
        let mut registry = self.registry();
        let is_more = registry.apply(changes);
        self.last_secret.store(registry.last_secret(), Ordering::Release);
        is_more
    }

    /// Everything that counts now.
    pub(super) fn valid(&self, clock: &Clock) -> Vec<Arc<Entry>> {
        let tokens = self.tokens.iter().map(|(_, entry)| entry);
        let all = tokens.chain(self.usernames.iter().map(|(_, entry)| entry));
        all.filter(|entry| entry.is_valid(clock)).collect()
    }

    pub(super) fn measure(&self, metrics: &DatabaseMetrics) {
        let size = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        // Evictions are counted when they are carried out.
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
