//! Checks the database of a process without a gate: whether it answers, and has the current schema.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::auth::Throttle;
use crate::clock::Clock;
use crate::store::{Change, Changes, FeedPosition, Store, StoreError, ThrottleTarget};

const PROBE_INTERVAL: Duration = Duration::from_secs(1);

pub struct DatabaseProbe {
    /// Why the last probe failed.
    fault: Mutex<Option<String>>,
    /// The last probe was answered by a standby or read-only server.
    is_no_primary: AtomicBool,
    may_migrate: bool,
    /// Cleared with those of other processes.
    sign_in_throttle: Arc<Throttle>,
    /// The last change before this process served anything; `None` where the database did not answer.
    position: Option<FeedPosition>,
    /// Once this probe runs.
    store: OnceLock<Store>,
}

impl DatabaseProbe {
    /// Probes for the first time. A database server that is down does not prevent the start.
    ///
    /// # Errors
    /// When the database answers but cannot be used.
    pub async fn begin(store: &Store, may_migrate: bool) -> Result<Self, StoreError> {
        let may_migrate = may_migrate || store.is_embedded();
        let mut database = Self {
            fault: Mutex::default(),
            is_no_primary: AtomicBool::default(),
            may_migrate,
            sign_in_throttle: Arc::default(),
            position: None,
            store: OnceLock::new(),
        };
        match database.probe(store).await {
            Err(error) if error.is_transient() => {}
            outcome => {
                outcome?;
                database.position = store.position().await.ok();
            }
        }
        Ok(database)
    }

    pub fn answers(&self) -> bool {
        self.fault().is_none()
    }

    /// Why the database does not answer, or not as a primary.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the last answer came from a primary that takes writes; `None` where nothing answers.
    pub fn is_primary(&self) -> Option<bool> {
        match self.is_no_primary.load(Ordering::Acquire) {
            true => Some(false),
            false => self.answers().then_some(true),
        }
    }

    pub fn sign_in_throttle(&self) -> Arc<Throttle> {
        self.sign_in_throttle.clone()
    }

    /// Never returns.
    pub async fn run(&self, store: &Store) {
        let store = self.store.get_or_init(|| store.clone());
        let mut position = self.position.clone();
        loop {
            // `probe` has logged it.
            if self.probe(store).await.is_ok() {
                position = self.follow(store, position.clone()).await.unwrap_or(position);
            }
            tokio::time::sleep(PROBE_INTERVAL).await;
        }
    }

    /// Clears the throttles of all processes on this database, of one address or of all.
    pub(in crate::control) async fn clear_throttles(&self, address: Option<IpAddr>) {
        let target = address.map_or(ThrottleTarget::All, ThrottleTarget::Address);
        let outcome = match self.store.get() {
            Some(store) => store.clear_throttles(Clock::System.now(), &target).await,
            None => Err(StoreError::Unavailable("the database was not opened yet".into())),
        };
        if let Err(error) = outcome {
            tracing::warn!("gates do not clear their throttles: {error}");
        }
    }

    /// Applies the changes after this position that clear throttles, and returns the next position.
    async fn follow(&self, store: &Store, position: Option<FeedPosition>) -> Result<Option<FeedPosition>, StoreError> {
        let Some(mut position) = position else { return store.position().await.map(Some) };
        loop {
            let changes = match store.changes_since(&position).await? {
                Changes::Some(changes) => changes,
                Changes::TooMany(last) => {
                    let targets = store.throttle_targets(position.point, last.point).await?;
                    targets.iter().for_each(|target| self.clear(target));
                    return Ok(Some(last));
                }
            };
            changes.iter().filter_map(Change::throttle_target).for_each(|target| self.clear(&target));
            let Some(last) = changes.last() else { return Ok(Some(position)) };
            position.point.number = last.number;
            position.change = Some(last.clone());
        }
    }

    fn clear(&self, target: &ThrottleTarget) {
        match target {
            ThrottleTarget::All => self.sign_in_throttle.clear(None),
            ThrottleTarget::Address(address) => self.sign_in_throttle.clear(Some(*address)),
            // Of credentials; only gates count guesses at those.
            ThrottleTarget::Username(_) | ThrottleTarget::EveryUsername => 0,
        };
    }

    async fn probe(&self, store: &Store) -> Result<(), StoreError> {
        let outcome = match store.ensure_schema(self.may_migrate).await {
            Ok(state) => Ok(state),
            Err(error) => Err(store.diagnose(error).await),
        };
        let fault = outcome.as_ref().err().map(ToString::to_string);
        self.is_no_primary.store(matches!(outcome, Err(StoreError::NotPrimary(_))), Ordering::Release);
        let before = std::mem::replace(&mut *self.fault.lock().unwrap_or_else(PoisonError::into_inner), fault.clone());
        match &outcome {
            Ok(state) if !state.is_current() => {
                tracing::info!(from = state.has, to = state.wants, "the schema of the database is up to date");
            }
            Ok(_) if before.is_some() => tracing::info!("the database answers"),
            Err(error) if before != fault => tracing::error!("the control plane has no database: {error}"),
            _ => {}
        }
        outcome.map(drop)
    }
}
