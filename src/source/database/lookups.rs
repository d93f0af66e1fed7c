//! Asking the database: each token once at a time, and no more than so many at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OnceCell, Semaphore};

use super::DatabaseDirectory;
use crate::auth::{Lookup, LookupKey, Unavailable};
use crate::credential::{Credential, TokenDigest};
use crate::store::{StoreError, Versioned};

/// How often a reading is repeated that was overtaken by a change. The last one is used, but not remembered: it is
/// younger than the request.
const ATTEMPTS: usize = 3;
/// Between two complaints; each request may give reason to one.
const COMPLAIN_AGAIN: Duration = Duration::from_secs(10);

type Answer = Result<Option<Arc<Credential>>, Unavailable>;

/// Look-ups under way.
pub(super) struct Lookups {
    /// Who asks; both know each other.
    directory: Weak<DatabaseDirectory>,
    places: Arc<Semaphore>,
    under_way: Mutex<HashMap<TokenDigest, Arc<OnceCell<Answer>>>>,
    complained: Mutex<Option<Instant>>,
}

/// One caller's part in a look-up, however it ends.
struct Part<'l> {
    lookups: &'l Lookups,
    digest: TokenDigest,
    cell: Arc<OnceCell<Answer>>,
}

impl Lookups {
    /// So many at once.
    pub(super) fn new(directory: Weak<DatabaseDirectory>, most: usize) -> Self {
        let places = Arc::new(Semaphore::new(most));
        Self { directory, places, under_way: Mutex::default(), complained: Mutex::default() }
    }

    /// Asks the database. Whoever wants the same token at the same time gets the same answer; a user name is asked
    /// for each time, so that the time of an answer does not tell who else has just asked.
    pub(super) async fn fetch(&self, key: LookupKey) -> Answer {
        let LookupKey::Token(digest) = key else { return self.ask(key).await };
        let cell = self.table().entry(digest).or_default().clone();
        let part = Part { lookups: self, digest, cell };
        // Whoever comes first asks; if its caller goes away meanwhile, the next one does.
        part.cell.get_or_init(|| self.settle(digest)).await.clone()
    }

    async fn settle(&self, digest: TokenDigest) -> Answer {
        // Somebody else may have been answered since the caller looked, and have gone.
        match self.directory.upgrade().ok_or(Unavailable)?.known_token(&digest) {
            Lookup::Found(credential) | Lookup::Remembered(credential) => Ok(Some(credential)),
            Lookup::Absent => Ok(None),
            Lookup::NeedsFetch => self.ask(LookupKey::Token(digest)).await,
        }
    }

    async fn ask(&self, key: LookupKey) -> Answer {
        let directory = self.directory.upgrade().ok_or(Unavailable)?;
        if directory.is_gone() {
            // Whoever follows the changes finds out when it is back.
            directory.metrics.lookup_skipped();
            return Err(Unavailable);
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            directory.metrics.lookups_refused.inc();
            return Err(Unavailable);
        };
        // On the threads of the database, whose connections outlive the callers and are never left half way.
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

    fn may_complain(&self) -> bool {
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = complained.is_none_or(|complained| complained.elapsed() >= COMPLAIN_AGAIN);
        if is_time {
            *complained = Some(Instant::now());
        }
        is_time
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<TokenDigest, Arc<OnceCell<Answer>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Part<'_> {
    /// An answer is for those who were waiting for it, and for nobody who comes later.
    fn drop(&mut self) {
        let mut table = self.lookups.table();
        // Let go of before the table is: of several that end together one must be the last.
        let cell = std::mem::take(&mut self.cell);
        let is_mine = table.get(&self.digest).is_some_and(|current| Arc::ptr_eq(current, &cell));
        // The table's and ours.
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
        for _ in 0..ATTEMPTS {
            let reading = match &key {
                LookupKey::Token(digest) => self.store.find_token(digest).await,
                LookupKey::Username(username) => self.store.find_username(username).await,
            };
            let Versioned { read_at, found } = reading.map_err(|error| self.complain(&error))?;
            let Some(usable) = found.and_then(|usable| usable.at(self.clock.now())) else {
                if let LookupKey::Token(digest) = key {
                    self.remembered.insert_unknown(digest, read_at);
                }
                return Ok(None);
            };
            match self.remembered.insert(usable, read_at) {
                Ok(credential) => return Ok(Some(credential)),
                Err(overtaken) => last = Some(overtaken),
            }
        }
        Ok(last)
    }

    fn complain(&self, error: &StoreError) -> Unavailable {
        // Of a database that is gone the feed tells, once.
        if error.is_transient() {
            tracing::debug!("a look-up got no answer: {error}");
        } else if self.lookups.may_complain() {
            tracing::error!("{error}");
        }
        Unavailable
    }
}
