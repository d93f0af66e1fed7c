//! Follows the changes of the database.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{DatabaseDirectory, DummyHashes};
use crate::store::{Change, Changes, GateCredential, StoreError, ThrottleTarget, Wake};

/// Polls a server in addition to its notifications.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The change counter of an SQLite file is cheap to read.
const EMBEDDED_POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Databases that speak the PostgreSQL protocol may lack LISTEN.
const LISTEN_RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// Counting hashes scans the table.
const DUMMY_HASH_INTERVAL: Duration = Duration::from_secs(60);
const LOG_INTERVAL: Duration = Duration::from_secs(60);

pub(super) struct ChangeFeed {
    directory: Arc<DatabaseDirectory>,
    wake: Option<Wake>,
    tried_to_listen: Option<Instant>,
    logged_at: Option<Instant>,
    has_checked_schema: bool,
    /// The last change of a secret that dummy_hashes reflect, with the time of the count.
    dummy_hashes_at: Option<(i64, Instant)>,
}

impl ChangeFeed {
    pub(super) fn new(directory: Arc<DatabaseDirectory>) -> Self {
        Self {
            directory,
            wake: None,
            tried_to_listen: None,
            logged_at: None,
            has_checked_schema: false,
            dummy_hashes_at: None,
        }
    }

    /// Never returns.
    pub(super) async fn follow(mut self) {
        loop {
            self.listen().await;
            let was_failing = self.directory.is_failing.load(Ordering::Acquire);
            let outcome = match self.catch_up().await {
                Ok(()) => Ok(()),
                Err(error) => {
                    // Lookups need not wait for the diagnosis.
                    self.directory.answered(Err(&error));
                    Err(self.directory.store.diagnose(error).await)
                }
            };
            self.directory.answered(outcome.as_ref().copied());
            match outcome {
                Ok(()) => {
                    self.recovered();
                    if was_failing {
                        self.directory.check_catalogs_after_outage();
                    }
                }
                Err(error) => {
                    self.log_error(&error);
                    // Notifications may have been lost, and what answers next may be another server.
                    self.wake = None;
                    self.has_checked_schema = false;
                    tokio::time::sleep(self.poll_interval()).await;
                    continue;
                }
            }
            self.refresh_dummy_hashes().await;
            let interval = self.poll_interval();
            let Some(wake) = &mut self.wake else {
                tokio::time::sleep(interval).await;
                continue;
            };
            if wake.wait(interval).await.is_err() {
                // Notifications may have been lost with the connection; poll at once.
                self.wake = None;
            }
        }
    }

    /// Subscribes to notifications unless subscribed.
    async fn listen(&mut self) {
        let is_time = self.tried_to_listen.is_none_or(|tried| tried.elapsed() >= LISTEN_RETRY_INTERVAL);
        if self.wake.is_none() && (is_time || self.directory.store.is_embedded()) {
            self.tried_to_listen = Some(Instant::now());
            // Polling continues without it.
            self.wake = self.directory.store.wake().await.ok();
        }
    }

    /// Applies all changes since the last applied one.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let directory = &self.directory;
        let begun = directory.clock.steady();
        directory.store.check_file()?;
        if let Some(wake) = &mut self.wake
            && !wake.may_have_changed().await?
        {
            directory.confirm(begun);
            return Ok(());
        }
        if !directory.is_synced() {
            directory.sync().await?;
        } else if !self.has_checked_schema {
            // A start from a snapshot skips this check.
            directory.prepare_schema().await?;
        }
        self.has_checked_schema = true;
        directory.store.check_sessions().await?;
        loop {
            let begun = directory.clock.steady();
            let position = directory.cache.position();
            let changes = directory.store.changes_since(&position).await?;
            // Before entries are invalidated and lookups need the database.
            directory.answered(Ok(()));
            let may_be_more = directory.cache.apply(&changes);
            let targets = match &changes {
                Changes::Some(changes) => {
                    directory.metrics.changes.inc_by(changes.len() as u64);
                    changes.iter().filter_map(Change::throttle_target).collect()
                }
                Changes::TooMany(last) => {
                    let number = last.point.number;
                    tracing::warn!(
                        last = number,
                        "too far behind the change feed, or on another server; the cache is emptied"
                    );
                    directory.store.throttle_targets(position.point, last.point).await?
                }
            };
            directory.clear_throttle_targets(&targets);
            if !may_be_more {
                directory.confirm(begun);
                return Ok(());
            }
        }
    }

    async fn refresh_dummy_hashes(&mut self) {
        let at = self.directory.cache.last_secret();
        if self.dummy_hashes_at.is_some_and(|(of, chosen)| of == at || chosen.elapsed() < DUMMY_HASH_INTERVAL) {
            return;
        }
        self.dummy_hashes_at = Some((at, Instant::now()));
        if let Err(error) = self.directory.choose_dummy_hashes().await {
            tracing::debug!("the hashes for unknown user names are not updated: {error}");
        }
    }

    fn poll_interval(&self) -> Duration {
        if self.directory.store.is_embedded() { EMBEDDED_POLL_INTERVAL } else { POLL_INTERVAL }
    }

    fn log_error(&mut self, error: &StoreError) {
        if self.logged_at.is_none_or(|logged_at| logged_at.elapsed() >= LOG_INTERVAL) {
            self.logged_at = Some(Instant::now());
            tracing::error!(
                "{error}. Retrying; cached credentials stay valid for at most {:?}",
                self.directory.max_stale
            );
        }
    }

    fn recovered(&mut self) {
        if self.logged_at.take().is_some() {
            tracing::info!("the database answers again");
        }
    }
}

impl DatabaseDirectory {
    fn clear_throttle_targets(&self, targets: &[ThrottleTarget]) {
        let mut usernames = HashSet::new();
        let mut is_every_username = false;
        for target in targets {
            let address = match target {
                ThrottleTarget::All => None,
                ThrottleTarget::Address(address) => Some(*address),
                ThrottleTarget::Username(name) => {
                    usernames.insert(name.as_str());
                    continue;
                }
                ThrottleTarget::EveryUsername => {
                    is_every_username = true;
                    continue;
                }
            };
            self.throttle.clear(address);
            self.sign_in_throttle.clear(address);
        }
        if is_every_username || !usernames.is_empty() {
            self.throttle.clear_usernames(|name| is_every_username || usernames.contains(name));
        }
    }

    async fn choose_dummy_hashes(&self) -> Result<(), StoreError> {
        self.dummy_hashes.store(Arc::new(DummyHashes::from_kinds(self.store.hash_kinds(self.clock.now()).await?)));
        Ok(())
    }

    /// Starts at the last change, and loads the most recently used credentials.
    pub(super) async fn sync(&self) -> Result<(), StoreError> {
        self.prepare_schema().await?;
        let begun = self.clock.steady();
        self.cache.begin_at(self.store.position().await?);
        let mut count: usize = 0;
        let cache = |usable: GateCredential, read_at| {
            // A credential that changed meanwhile is read again at its next use.
            let usable = usable.at(self.clock.now());
            if usable.is_some_and(|usable| self.cache.insert(usable, read_at).is_ok()) {
                count += 1;
            }
        };
        self.store.recently_used(self.preload, cache).await?;
        // Before the first request: the time for unknown names must match that for known ones from the start.
        self.choose_dummy_hashes().await?;
        self.confirm(begun);
        self.is_synced.store(true, Ordering::Release);
        tracing::info!(remembered = count, "following the change feed of the database");
        Ok(())
    }
}
