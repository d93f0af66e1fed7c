//! The loops that send, and one round of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::attempt::Clients;
use super::{expiry_events, failing, retention};
use crate::clock::Clock;
use crate::control::LiveSettings;
use crate::control::installation_key::SharedKeys;
use crate::runtime::BackgroundWork;
use crate::store::{FanOutLimits, MAX_IN_FLIGHT, Store, StoreError};
use crate::telemetry::Metrics;

/// Attempts of this process that may be under way.
const MAX_ATTEMPTS: usize = 64;
/// Without a signal; spread at random by half.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
const MEASURE_INTERVAL: Duration = Duration::from_secs(15);
/// Between two looks at webhooks that fail, credentials that expire, and rows to delete.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(120);
/// Between two log lines about the same fault.
const FAULT_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// Sends webhooks in this process. Cheap to clone.
#[derive(Clone)]
pub struct WebhookWorker(pub(super) Arc<Parts>);

pub(super) struct Parts {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) settings: Arc<ArcSwap<LiveSettings>>,
    pub(super) keys: SharedKeys,
    pub(super) clients: Clients,
    places: Arc<Semaphore>,
    wake: Arc<Notify>,
    pub(super) metrics: Option<Arc<Metrics>>,
    work: Arc<BackgroundWork>,
    /// When it last logged why it cannot send.
    fault_logged_at: Mutex<Option<Timestamp>>,
    /// Names this process in its claims.
    name: String,
}

impl WebhookWorker {
    /// `wake` is notified when there is something new to send.
    pub fn new(
        store: Store,
        clock: Clock,
        settings: Arc<ArcSwap<LiveSettings>>,
        keys: impl Into<SharedKeys>,
        wake: Arc<Notify>,
    ) -> Self {
        let name = crate::credential::time_ordered_id(clock.now(), None).simple().to_string();
        let (keys, places) = (keys.into(), Arc::new(Semaphore::new(MAX_ATTEMPTS)));
        let (clients, metrics) = (Clients::default(), None);
        let (work, fault_logged_at) = (Arc::default(), Mutex::default());
        let parts = Parts { store, clock, settings, keys, clients, places, wake, metrics, work, fault_logged_at, name };
        Self(Arc::new(parts))
    }

    /// Reports what waits and what becomes of deliveries.
    #[must_use]
    pub fn reporting(mut self, metrics: Arc<Metrics>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.0) {
            parts.metrics = Some(metrics);
        }
        self
    }

    /// Lets a shutdown wait for attempts under way.
    #[must_use]
    pub fn counted_in(mut self, work: Arc<BackgroundWork>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.0) {
            parts.work = work;
        }
        self
    }

    /// Never returns. Ends with the runtime; what is still being sent then is sent again after its lease.
    pub async fn run(self) {
        let upkeep = self.clone();
        tokio::spawn(async move {
            loop {
                upkeep.look_after().await;
                tokio::time::sleep(UPKEEP_INTERVAL.mul_f64(0.5 + fastrand::f64())).await;
            }
        });
        let measuring = self.clone();
        tokio::spawn(async move {
            loop {
                measuring.measure().await;
                tokio::time::sleep(MEASURE_INTERVAL).await;
            }
        });
        let (mut attempts, mut after) = (JoinSet::new(), String::new());
        loop {
            let is_busy = self.round(&mut attempts, &mut after).await;
            while attempts.try_join_next().is_some() {}
            if !is_busy {
                let pause = POLL_INTERVAL.mul_f64(0.5 + fastrand::f64());
                // An attempt that ends makes room for the next one of its webhook.
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = self.0.wake.notified() => {}
                    Some(_) = attempts.join_next() => {}
                }
            }
        }
    }

    /// Sends all that is due now, and waits for it.
    pub async fn run_due(&self) {
        let (mut attempts, mut after) = (JoinSet::new(), String::new());
        loop {
            let is_busy = self.round(&mut attempts, &mut after).await;
            let was_sending = !attempts.is_empty();
            while attempts.join_next().await.is_some() {}
            if !is_busy && !was_sending {
                break;
            }
        }
        self.measure().await;
    }

    /// Warnings, switching off, events about expiry, and retention.
    pub async fn look_after(&self) {
        let (settings, now) = (self.0.settings.load_full(), self.0.clock.now());
        let store = &self.0.store;
        let mut outcomes = vec![("rows to delete", retention::prune(store, &settings, now).await.map(drop))];
        if settings.webhooks.is_some() {
            outcomes.push(("webhooks that fail", failing::look_after(store, &settings, now).await.map(drop)));
            outcomes.push(("credentials that expire", expiry_events::write(store, &settings, now).await));
        }
        for (what, outcome) in outcomes {
            match outcome {
                Ok(()) => {}
                // The store reports why the database does not answer.
                Err(error) if error.is_transient() => tracing::debug!("cannot look for {what}: {error}"),
                Err(error) => tracing::error!("cannot look for {what}: {error}"),
            }
        }
    }

    /// Writes the deliveries of new events, and starts what is due and has a place: for up to 256 webhooks behind `after`, so
    /// that each gets its turn. True where more may be due at once. It waits for no attempt.
    async fn round(&self, attempts: &mut JoinSet<()>, after: &mut String) -> bool {
        self.try_round(attempts, after).await.unwrap_or_else(|error| {
            if error.is_transient() {
                tracing::debug!("webhooks cannot be worked on now: {error}");
            } else {
                self.log_fault(&format!("webhooks cannot be worked on: {error}"));
            }
            false
        })
    }

    async fn try_round(&self, attempts: &mut JoinSet<()>, after: &mut String) -> Result<bool, StoreError> {
        let settings = self.0.settings.load_full();
        let Some(terms) = settings.webhooks.as_deref() else { return Ok(false) };
        let is_behind = match self.fan_out().await {
            Ok(is_behind) => is_behind,
            // What is due already is sent all the same.
            Err(error) => {
                tracing::warn!("deliveries of new events cannot be written now: {error}");
                false
            }
        };
        // Before anything is claimed: what cannot be sent is not written to the database either.
        if self.0.keys.get().is_none() {
            self.log_fault("webhooks are not sent: the installation key (installation_key_file) is missing here");
            return Ok(is_behind);
        }
        if let Err(fault) = self.0.clients.of(&settings, terms) {
            self.log_fault(&format!("webhooks are not sent: {fault}"));
            return Ok(is_behind);
        }
        let due = self.0.store.due_webhooks(after, self.0.clock.now()).await?;
        let mut is_started = false;
        for webhook in due {
            let places = self.free_places();
            if places.is_empty() {
                break;
            }
            match self.start(&webhook, places, &settings, attempts).await {
                Ok(has_started) => is_started |= has_started,
                Err(error @ StoreError::Inconsistent { .. }) => tracing::error!("{error}"),
                Err(error) => return Err(error),
            }
            *after = webhook;
        }
        Ok(is_behind || is_started)
    }

    /// True where more events wait.
    async fn fan_out(&self) -> Result<bool, StoreError> {
        let limits = FanOutLimits::default();
        let fan_out = self.0.store.fan_out(self.0.clock.now(), limits).await?;
        fan_out.unreadable.iter().for_each(|error| tracing::error!("{error}"));
        if let Some(metrics) = &self.0.metrics {
            metrics.webhooks.count_deliveries("skipped", fan_out.skipped);
            metrics.webhooks.count_deliveries("dropped", fan_out.dropped);
        }
        Ok(fan_out.events >= u64::from(limits.events))
    }

    /// As many as one webhook may use.
    fn free_places(&self) -> Vec<OwnedSemaphorePermit> {
        (0..MAX_IN_FLIGHT).map_while(|_| self.0.places.clone().try_acquire_owned().ok()).collect()
    }

    /// Claims what is due for one webhook, at most as much as there are places, and starts it: the lease runs. True where
    /// it started or skipped some.
    async fn start(
        &self,
        webhook: &str,
        places: Vec<OwnedSemaphorePermit>,
        settings: &Arc<LiveSettings>,
        attempts: &mut JoinSet<()>,
    ) -> Result<bool, StoreError> {
        let Some(work) = self.0.work.begin().map(Arc::new) else { return Ok(false) };
        let most = u32::try_from(places.len()).unwrap_or(MAX_IN_FLIGHT);
        let claimed = self.0.store.claim_deliveries(webhook, &self.0.name, self.0.clock.now(), most).await?;
        claimed.unreadable.iter().for_each(|error| tracing::error!("{error}"));
        if let Some(metrics) = &self.0.metrics {
            metrics.webhooks.count_deliveries("skipped", claimed.skipped);
        }
        // What was skipped makes room for more.
        let is_some = !claimed.deliveries.is_empty() || claimed.skipped > 0;
        for (delivery, place) in claimed.deliveries.into_iter().zip(places) {
            let (worker, settings, work) = (self.clone(), settings.clone(), work.clone());
            attempts.spawn(async move {
                worker.attempt(&delivery, &settings).await;
                drop((place, work));
            });
        }
        Ok(is_some)
    }

    /// Once a minute: a fault lasts, and is met in every round.
    fn log_fault(&self, fault: &str) {
        let mut logged_at = self.0.fault_logged_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        if logged_at.is_none_or(|at| now.duration_since(at) >= FAULT_INTERVAL) {
            tracing::error!("{fault}");
            *logged_at = Some(now);
        }
    }

    async fn measure(&self) {
        let Some(metrics) = &self.0.metrics else { return };
        if self.0.settings.load().webhooks.is_none() {
            // Values from before a reload would raise alerts.
            metrics.webhooks.clear();
            return;
        }
        match self.0.store.webhook_backlog(self.0.clock.now()).await {
            Ok(backlog) => {
                let now = self.0.clock.now();
                let oldest = [backlog.oldest_event, backlog.oldest].into_iter().flatten().min();
                let late = oldest.map_or(0, |oldest| now.duration_since(oldest).as_secs().max(0));
                let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
                metrics.webhooks.set_queue(count(backlog.events + backlog.waiting), late);
                for (state, number) in backlog.states {
                    metrics.webhooks.set_state(state.as_str(), count(number));
                }
            }
            Err(error) => tracing::debug!("cannot count what waits for webhooks: {error}"),
        }
    }
}
