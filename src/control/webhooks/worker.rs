//! The loops that send, and one round of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};

use super::attempt::Clients;
use super::recorder::Recorder;
use super::{expiry_events, failing, retention};
use crate::clock::Clock;
use crate::control::LiveSettings;
use crate::control::installation_key::SharedKeys;
use crate::runtime::BackgroundWork;
use crate::store::{FanOutLimits, MAX_DUE_WEBHOOKS, MAX_IN_FLIGHT, Store, StoreError};
use crate::telemetry::Metrics;

/// Attempts of this process that may be under way.
const MAX_ATTEMPTS: usize = 64;
/// Until the next look at webhooks that another transaction has locked.
const LOCKED_INTERVAL: Duration = Duration::from_millis(50);
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
    pub(super) recorder: Recorder,
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
        let work = Arc::default();
        Self(Arc::new(Parts {
            store,
            clock,
            settings,
            keys,
            clients,
            recorder: Recorder::default(),
            places,
            wake,
            metrics,
            work,
            fault_logged_at: Mutex::default(),
            name,
        }))
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
            let round = self.round(&mut attempts, &mut after).await;
            let mut is_room_made = false;
            while let Some(ended) = attempts.try_join_next() {
                is_room_made |= round.has_room_after(ended);
            }
            if round.is_more_due || is_room_made {
                continue;
            }
            let pause =
                if round.is_some_locked { LOCKED_INTERVAL } else { POLL_INTERVAL.mul_f64(0.5 + fastrand::f64()) };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.0.wake.notified() => {}
                () = round.until_room(&mut attempts) => {}
            }
        }
    }

    /// Sends all that is due now, and waits for it.
    pub async fn run_due(&self) {
        let (mut attempts, mut after) = (JoinSet::new(), String::new());
        loop {
            let round = self.round(&mut attempts, &mut after).await;
            let was_sending = !attempts.is_empty();
            while attempts.join_next().await.is_some() {}
            if round.is_some_locked {
                tokio::time::sleep(LOCKED_INTERVAL).await;
            } else if !round.is_more_due && !was_sending {
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
    /// that each gets its turn. It waits for no attempt; each returns whether it made room for more.
    async fn round(&self, attempts: &mut JoinSet<bool>, after: &mut String) -> Round {
        self.try_round(attempts, after).await.unwrap_or_else(|error| {
            if error.is_transient() {
                tracing::debug!("webhooks cannot be worked on now: {error}");
            } else {
                self.log_fault(&format!("webhooks cannot be worked on: {error}"));
            }
            Round::default()
        })
    }

    async fn try_round(&self, attempts: &mut JoinSet<bool>, after: &mut String) -> Result<Round, StoreError> {
        let settings = self.0.settings.load_full();
        let Some(terms) = settings.webhooks.as_deref() else { return Ok(Round::default()) };
        let is_more_due = match self.fan_out().await {
            Ok(is_behind) => is_behind,
            // What is due already is sent all the same.
            Err(error) => {
                tracing::warn!("deliveries of new events cannot be written now: {error}");
                false
            }
        };
        let mut round = Round { is_more_due, ..Round::default() };
        // Before anything is claimed: what cannot be sent is not written to the database either.
        if self.0.keys.get().is_none() {
            self.log_fault("webhooks are not sent: the installation key (installation_key_file) is missing here");
            return Ok(round);
        }
        if let Err(fault) = self.0.clients.of(&settings, terms) {
            self.log_fault(&format!("webhooks are not sent: {fault}"));
            return Ok(round);
        }
        let due = self.0.store.due_webhooks(after, self.0.clock.now()).await?;
        round.is_more_due |= due.len() >= MAX_DUE_WEBHOOKS;
        let mut due: Vec<&str> = due.iter().map(String::as_str).collect();
        while !due.is_empty() {
            let Some((places, of_each)) = self.free_places(due.len()) else {
                round.is_short_of_places = true;
                break;
            };
            let webhooks: Vec<&str> = due.drain(..due.len().min(places.num_permits() / of_each)).collect();
            self.start(&webhooks, (places, of_each), &settings, attempts, &mut round).await?;
            if let Some(last) = webhooks.last() {
                (*last).clone_into(after);
            }
        }
        Ok(round)
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

    /// For the attempts of up to this many webhooks, and how many each may have; a multiple of it. `None` where there are
    /// none.
    fn free_places(&self, webhooks: usize) -> Option<(OwnedSemaphorePermit, usize)> {
        let free = self.0.places.available_permits();
        let of_each = free.min(MAX_IN_FLIGHT as usize);
        let webhooks = free.checked_div(of_each)?.min(webhooks);
        let places = u32::try_from(webhooks * of_each).ok()?;
        Some((self.0.places.clone().try_acquire_many_owned(places).ok()?, of_each))
    }

    /// Claims what is due for these webhooks, `of_each` at most, and starts it: the lease runs.
    async fn start(
        &self,
        webhooks: &[&str],
        (mut places, of_each): (OwnedSemaphorePermit, usize),
        settings: &Arc<LiveSettings>,
        attempts: &mut JoinSet<bool>,
        round: &mut Round,
    ) -> Result<(), StoreError> {
        let Some(work) = self.0.work.begin().map(Arc::new) else { return Ok(()) };
        let of_each = u32::try_from(of_each).unwrap_or(MAX_IN_FLIGHT);
        let claimed = self.0.store.claim_deliveries(webhooks, &self.0.name, self.0.clock.now(), of_each).await?;
        claimed.unreadable.iter().for_each(|error| tracing::error!("{error}"));
        if let Some(metrics) = &self.0.metrics {
            metrics.webhooks.count_deliveries("skipped", claimed.skipped);
        }
        // What was skipped makes room for more.
        round.is_more_due |= claimed.skipped > 0;
        round.is_some_locked |= claimed.is_locked_elsewhere;
        for delivery in claimed.deliveries {
            let Some(place) = places.split(1) else { break };
            let (worker, settings, work) = (self.clone(), settings.clone(), work.clone());
            attempts.spawn(async move {
                let makes_room = delivery.is_at_limit;
                worker.attempt(delivery, &settings).await;
                drop((place, work));
                makes_room
            });
        }
        Ok(())
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

/// What one round leaves, which decides when the next one begins.
#[derive(Debug, Default, Clone, Copy)]
struct Round {
    /// More can be done at once.
    is_more_due: bool,
    /// Some webhooks were locked by another transaction.
    is_some_locked: bool,
    /// Something due was not started, for want of a place.
    is_short_of_places: bool,
}

impl Round {
    /// True when the next round can start more than this one, because an attempt has ended.
    fn has_room_after(self, ended: Result<bool, JoinError>) -> bool {
        self.is_short_of_places || ended.unwrap_or(true)
    }

    /// Never returns where no attempt makes room.
    async fn until_room(self, attempts: &mut JoinSet<bool>) {
        while let Some(ended) = attempts.join_next().await {
            if self.has_room_after(ended) {
                return;
            }
        }
        std::future::pending().await
    }
}
