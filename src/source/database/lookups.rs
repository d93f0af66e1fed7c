//! Lookups in the database: one per token at a time, and a bounded number at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, Semaphore};

use super::DatabaseDirectory;
use crate::auth::{Lookup, LookupKey, Unavailable};
use crate::credential::{Credential, TokenDigest};
use crate::store::{StoreError, Versioned};

/// How often a read that a change has outdated is repeated. The last one is used but not cached: it is newer than the
/// request.
const MAX_READS: usize = 3;
/// Every request may log an error.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

type Answer = Result<Option<Arc<Credential>>, Unavailable>;

pub(super) struct Lookups {
    /// Weak: the directory owns this.
    directory: Weak<DatabaseDirectory>,
    places: Arc<Semaphore>,
    under_way: Mutex<HashMap<TokenDigest, Arc<OnceCell<Answer>>>>,
    logged_at: Mutex<Option<Instant>>,
}

/// Removes a lookup from the table when its last caller is done.
struct LookupGuard<'l> {
    lookups: &'l Lookups,
    digest: TokenDigest,
    cell: Arc<OnceCell<Answer>>,
}

impl Lookups {
    pub(super) fn new(directory: Weak<DatabaseDirectory>, limit: usize) -> Self {
        let places = Arc::new(Semaphore::new(limit));
        Self { directory, places, under_way: Mutex::default(), logged_at: Mutex::default() }
    }

    /// Concurrent lookups of a token share one query. User names are queried each time, so that the time of a response
    /// does not reveal other requests.
    pub(super) async fn fetch(&self, key: LookupKey) -> Answer {
        let LookupKey::Token(digest) = key else { return self.ask(key).await };
        let cell = self.table().entry(digest).or_default().clone();
        let guard = LookupGuard { lookups: self, digest, cell };
        // The first caller queries; if it goes away, the next one does.
        guard.cell.get_or_init(|| self.resolve(digest)).await.clone()
    }

    async fn resolve(&self, digest: TokenDigest) -> Answer {
        // Another lookup may have finished since the caller missed the cache.
        match self.directory.upgrade().ok_or(Unavailable)?.cached_token(&digest) {
            Lookup::Found(credential) | Lookup::Cached(credential) => Ok(Some(credential)),
            Lookup::Absent => Ok(None),
            Lookup::NeedsFetch => self.ask(LookupKey::Token(digest)).await,
        }
    }

    async fn ask(&self, key: LookupKey) -> Answer {
        let directory = self.directory.upgrade().ok_or(Unavailable)?;
        if directory.is_gone() {
            // The change feed notices when the database is back.
            directory.metrics.lookup_skipped();
            return Err(Unavailable);
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            directory.metrics.lookups_refused.inc();
            return Err(Unavailable);
        };
        // On the database threads: a caller that goes away does not cancel the query.
        let asking = directory.clone();
        let start = Instant::now();
        let task = directory.runtime.spawn(async move {
            let answer = asking.ask_store(key).await;
            drop(place);
            answer
        });
        let answer = task.await.unwrap_or(Err(Unavailable));
        directory.metrics.looked_up(start.elapsed(), answer.as_ref().map(Option::is_some).ok());
        answer
    }

    fn may_log(&self) -> bool {
        let mut logged_at = self.logged_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = logged_at.is_none_or(|logged_at| logged_at.elapsed() >= LOG_INTERVAL);
        if is_time {
            *logged_at = Some(Instant::now());
        }
        is_time
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<TokenDigest, Arc<OnceCell<Answer>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LookupGuard<'_> {
    /// Later callers do not get this answer.
    fn drop(&mut self) {
        let mut table = self.lookups.table();
        // Released while the table is locked, so that exactly one of several callers is the last.
        let cell = std::mem::take(&mut self.cell);
        let is_mine = table.get(&self.digest).is_some_and(|current| Arc::ptr_eq(current, &cell));
        // The table and this caller.
        let is_last = Arc::strong_count(&cell) <= 2;
        if is_mine && (is_last || cell.initialized()) {
            table.remove(&self.digest);
        }
        drop(cell);
    }
}

impl DatabaseDirectory {
    async fn ask_store(&self, key: LookupKey) -> Answer {
        let mut last = None;
        for _ in 0..MAX_READS {
            let reading = match &key {
                LookupKey::Token(digest) => self.store.find_token(digest).await,
                LookupKey::Username(username) => self.store.find_username(username).await,
            };
            let Versioned { read_at, found } = reading.map_err(|error| self.log_error(&error))?;
            let Some(usable) = found.and_then(|usable| usable.at(self.clock.now())) else {
                if let LookupKey::Token(digest) = key {
                    self.cache.insert_unknown(digest, read_at);
                }
                return Ok(None);
            };
            match self.cache.insert(usable, read_at) {
                Ok(credential) => return Ok(Some(credential)),
                Err(outdated) => last = Some(outdated),
            }
        }
        Ok(last)
    }

    fn log_error(&self, error: &StoreError) -> Unavailable {
        // The change feed logs an outage once.
        if error.is_transient() {
            tracing::debug!("a lookup failed: {error}");
        } else if self.lookups.may_log() {
            tracing::error!("{error}");
        }
        Unavailable
    }
}
