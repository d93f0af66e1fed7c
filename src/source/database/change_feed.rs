//! Follows the changes of the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{DatabaseDirectory, DummyHashes};
use crate::store::{Changes, GateCredential, StoreError, Wake};

/// Between two looks at a server, whatever it notifies of.
const POLL: Duration = Duration::from_secs(1);
/// Between two looks at the counter of an SQLite file, which costs next to nothing.
const POLL_EMBEDDED: Duration = Duration::from_millis(200);
/// Between two attempts to be notified: some databases speak PostgreSQL and cannot.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// Between two looks at the hashes there are; they are counted in full.
const CHOOSE_AGAIN: Duration = Duration::from_secs(60);
/// Between two complaints about the same trouble.
const COMPLAIN_AGAIN: Duration = Duration::from_secs(60);

/// What is known about the database between two looks.
pub(super) struct ChangeFeed {
    directory: Arc<DatabaseDirectory>,
    wake: Option<Wake>,
    tried_to_listen: Option<Instant>,
    complained: Option<Instant>,
    /// The schema is the one that this program works with.
    has_checked: bool,
    /// The last secret change that decoys are chosen by, and when that was.
    decoys_at: Option<(i64, Instant)>,
}

impl ChangeFeed {
    pub(super) fn new(directory: Arc<DatabaseDirectory>) -> Self {
        Self { directory, wake: None, tried_to_listen: None, complained: None, has_checked: false, decoys_at: None }
    }

    /// For ever.
    pub(super) async fn follow(mut self) {
        loop {
            self.listen().await;
            let outcome = self.look().await;
            self.directory.is_failing.store(outcome.is_err(), Ordering::Release);
            match outcome {
                Ok(()) => self.recovered(),
                Err(error) => {
                    self.complain(&error);
                    // Whatever it has told so far may be incomplete.
                    self.wake = None;
                    tokio::time::sleep(self.pause()).await;
                    continue;
                }
            }
            self.choose_decoys().await;
            let pause = self.pause();
            let Some(wake) = &mut self.wake else {
                tokio::time::sleep(pause).await;
                continue;
            };
            if wake.wait(pause).await.is_err() {
                // Notifications may have been lost with the connection, so it is time to look.
                self.wake = None;
            }
        }
    }

    /// Asks to be notified, if nobody does it yet.
    async fn listen(&mut self) {
        let is_time = self.tried_to_listen.is_none_or(|tried| tried.elapsed() >= LISTEN_AGAIN);
        if self.wake.is_none() && (is_time || self.directory.store.is_embedded()) {
            self.tried_to_listen = Some(Instant::now());
            // Without it there is still the look every second.
            self.wake = self.directory.store.wake().await.ok();
        }
    }

    /// Catches up with all changes, by their numbers.
    async fn look(&mut self) -> Result<(), StoreError> {
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
        } else if !self.has_checked {
            // Begun with a snapshot, nobody has looked at it yet.
            directory.prepare_schema().await?;
        }
        self.has_checked = true;
        loop {
            let begun = directory.clock.steady();
            let changes = directory.store.changes_since(directory.remembered.position()).await?;
            // Before anything is forgotten, and has to be asked for.
            directory.is_failing.store(false, Ordering::Release);
            if let Changes::TooMany(last) = &changes {
                tracing::warn!(last, "too far behind the changes of the database; everything is read anew");
            }
            if let Changes::Some(changes) = &changes {
                directory.metrics.changes.inc_by(changes.len() as u64);
            }
            if !directory.remembered.apply(&changes) {
                directory.confirm(begun);
                return Ok(());
            }
        }
    }

    /// What unknown user names are made to cost follows the hashes that there are.
    async fn choose_decoys(&mut self) {
        let at = self.directory.remembered.last_secret();
        if self.decoys_at.is_some_and(|(of, chosen)| of == at || chosen.elapsed() < CHOOSE_AGAIN) {
            return;
        }
        self.decoys_at = Some((at, Instant::now()));
        if let Err(error) = self.directory.choose_decoys().await {
            tracing::debug!("unknown user names go on costing what they did: {error}");
        }
    }

    fn pause(&self) -> Duration {
        if self.directory.store.is_embedded() { POLL_EMBEDDED } else { POLL }
    }

    fn complain(&mut self, error: &StoreError) {
        if self.complained.is_none_or(|complained| complained.elapsed() >= COMPLAIN_AGAIN) {
            self.complained = Some(Instant::now());
            tracing::error!(
                "{error}. It is tried again; what is remembered keeps deciding for {:?} at most",
                self.directory.max_stale
            );
        }
    }

    fn recovered(&mut self) {
        if self.complained.take().is_some() {
            tracing::info!("the database answers again");
        }
    }
}

impl DatabaseDirectory {
    async fn choose_decoys(&self) -> Result<(), StoreError> {
        self.decoys.store(Arc::new(DummyHashes::of_kinds(self.store.hash_kinds(self.clock.now()).await?)));
        Ok(())
    }

    /// Begins to follow: from the last change, with the credentials that were used most recently.
    pub(super) async fn sync(&self) -> Result<(), StoreError> {
        self.prepare_schema().await?;
        let begun = self.clock.steady();
        self.remembered.begin_at(self.store.last_change().await?);
        let mut count: usize = 0;
        let remember = |usable: GateCredential, read_at| {
            // One that was overtaken is read again when it is used.
            let usable = usable.at(self.clock.now());
            if usable.is_some_and(|usable| self.remembered.insert(usable, read_at).is_ok()) {
                count += 1;
            }
        };
        self.store.recently_used(self.preload, remember).await?;
        // Before anybody is let in: else unknown names would cost something else than known ones for a moment.
        self.choose_decoys().await?;
        self.confirm(begun);
        self.is_synced.store(true, Ordering::Release);
        tracing::info!(remembered = count, "the database is followed");
        Ok(())
    }
}
