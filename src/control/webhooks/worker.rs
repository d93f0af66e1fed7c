//! The loops that send, and one round of them.

use std::ops::AddAssign;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::attempt::Clients;
use super::unrecorded::UnrecordedAttempts;
use super::{expiry_events, failing, retention};
use crate::clock::Clock;
use crate::control::LiveSettings;
use crate::control::installation_key::SharedKeys;
use crate::runtime::BackgroundWork;
use crate::store::{FanOutLimits, MAX_DUE_WEBHOOKS, MAX_IN_FLIGHT, Store, StoreError};
use crate::telemetry::Metrics;

/// Attempts of this process that may be under way.
const MAX_ATTEMPTS: usize = 64;
/// Webhooks of one claim.
const WEBHOOKS_PER_CLAIM: usize = MAX_ATTEMPTS / MAX_IN_FLIGHT as usize;
/// From the end of an attempt to the next round, which is for all that end meanwhile.
const GATHER_TIME: Duration = Duration::from_millis(20);
/// Until the first further look at webhooks that another transaction has locked; doubled while they are.
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
    pub(super) unrecorded: UnrecordedAttempts,
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
            unrecorded: UnrecordedAttempts::default(),
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
        let mut next_poll = Instant::now();
        let (mut is_woken, mut locked_interval) = (true, LOCKED_INTERVAL);
        loop {
            let may_have_events = is_woken || Instant::now() >= next_poll;
            if may_have_events {
                next_poll = Instant::now() + POLL_INTERVAL.mul_f64(0.5 + fastrand::f64());
            }
            let round = self.round(may_have_events, &mut attempts, &mut after).await;
            let mut has_room = false;
            while attempts.try_join_next().is_some() {
                has_room = true;
            }
            is_woken = round.has_more_events;
            if round.has_more_events || round.has_more_due {
                continue;
            }
            let retry_at = if round.is_some_locked { Instant::now() + locked_interval } else { next_poll };
            locked_interval = if round.is_some_locked { locked_interval * 2 } else { LOCKED_INTERVAL };
            if !has_room {
                tokio::select! {
                    () = tokio::time::sleep_until(retry_at.min(next_poll)) => {}
                    () = self.0.wake.notified() => is_woken = true,
                    // It makes room for the next one of its webhook, and for any where all places were taken.
                    Some(_) = attempts.join_next() => has_room = true,
                }
            }
            if has_room {
                tokio::time::sleep(GATHER_TIME).await;
            }
        }
    }

    /// Sends all that is due now, and waits for it.
    pub async fn run_due(&self) {
        let (mut attempts, mut after) = (JoinSet::new(), String::new());
        loop {
            let round = self.round(true, &mut attempts, &mut after).await;
            let was_sending = !attempts.is_empty();
            while attempts.join_next().await.is_some() {}
            if round.is_some_locked {
                tokio::time::sleep(LOCKED_INTERVAL).await;
            } else if !round.has_more_events && !round.has_more_due && !was_sending {
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

    /// Writes the deliveries of new events, if there may be some, and starts what is due and has a place: for up to 256
    /// webhooks behind `after`, so that each gets its turn. It waits for no attempt.
    async fn round(&self, may_have_events: bool, attempts: &mut JoinSet<()>, after: &mut String) -> Round {
        let mut round = Round::default();
        if let Err(error) = self.try_round(may_have_events, attempts, after, &mut round).await {
            if error.is_transient() {
                tracing::debug!("webhooks cannot be worked on now: {error}");
            } else {
                self.log_fault(&format!("webhooks cannot be worked on: {error}"));
            }
            // Not at once: it would fail again.
            return Round::default();
        }
        round
    }

    async fn try_round(
        &self,
        may_have_events: bool,
        attempts: &mut JoinSet<()>,
        after: &mut String,
        round: &mut Round,
    ) -> Result<(), StoreError> {
        let settings = self.0.settings.load_full();
        let Some(terms) = settings.webhooks.as_deref() else { return Ok(()) };
        if may_have_events {
            match self.fan_out().await {
                Ok(has_more) => round.has_more_events = has_more,
                // What is due already is sent all the same.
                Err(error) => tracing::warn!("deliveries of new events cannot be written now: {error}"),
            }
        }
        // Before anything is claimed: what cannot be sent is not written to the database either.
        if self.0.keys.get().is_none() {
            self.log_fault("webhooks are not sent: the installation key (installation_key_file) is missing here");
            return Ok(());
        }
        if let Err(fault) = self.0.clients.of(&settings, terms) {
            self.log_fault(&format!("webhooks are not sent: {fault}"));
            return Ok(());
        }
        if self.0.places.available_permits() == 0 {
            return Ok(());
        }
        let due = self.0.store.due_webhooks(after, self.0.clock.now()).await?;
        let mut left: Vec<&str> = due.iter().map(String::as_str).collect();
        let mut progress = Progress::default();
        while !left.is_empty() {
            let free = self.0.places.available_permits();
            if free == 0 {
                return Ok(());
            }
            let webhooks = (free / MAX_IN_FLIGHT as usize).clamp(1, WEBHOOKS_PER_CLAIM).min(left.len());
            let webhooks: Vec<&str> = left.drain(..webhooks).collect();
            if let Some(last) = webhooks.last() {
                // Before they are claimed: those behind them get their turn even if that fails each time.
                (*last).clone_into(after);
            }
            progress += self.start_each(&webhooks, &settings, attempts).await?;
        }
        round.is_some_locked = progress.is_some_locked;
        let may_have_more = due.len() >= MAX_DUE_WEBHOOKS;
        round.has_more_due = progress.ended > 0 || (may_have_more && progress.started > 0);
        Ok(())
    }

    /// Starts what is due for these webhooks together or, where that fails, one by one: no webhook holds up the others.
    async fn start_each(
        &self,
        webhooks: &[&str],
        settings: &Arc<LiveSettings>,
        attempts: &mut JoinSet<()>,
    ) -> Result<Progress, StoreError> {
        match self.start(webhooks, settings, attempts).await {
            Err(error) if webhooks.len() > 1 => {
                tracing::debug!("{} webhooks cannot be claimed together: {error}", webhooks.len());
                let mut progress = Progress::default();
                for webhook in webhooks {
                    progress += self.start(&[*webhook], settings, attempts).await?;
                }
                Ok(progress)
            }
            outcome => outcome,
        }
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

    /// Claims what is due for these webhooks, at most as much as there are places, and starts it: the lease runs.
    async fn start(
        &self,
        webhooks: &[&str],
        settings: &Arc<LiveSettings>,
        attempts: &mut JoinSet<()>,
    ) -> Result<Progress, StoreError> {
        let wanted = (webhooks.len() * MAX_IN_FLIGHT as usize).min(self.0.places.available_permits());
        let places = u32::try_from(wanted).unwrap_or(MAX_IN_FLIGHT);
        let (Ok(mut places), Some(work)) =
            (self.0.places.clone().try_acquire_many_owned(places), self.0.work.begin().map(Arc::new))
        else {
            return Ok(Progress::default());
        };
        let limits = (MAX_IN_FLIGHT, places.num_permits());
        let claimed = self.0.store.claim_deliveries(webhooks, &self.0.name, self.0.clock.now(), limits).await?;
        claimed.unreadable.iter().for_each(|error| tracing::error!("{error}"));
        if let Some(metrics) = &self.0.metrics {
            metrics.webhooks.count_deliveries("skipped", claimed.skipped);
        }
        let progress = Progress {
            started: claimed.deliveries.len() as u64,
            ended: claimed.skipped + claimed.unreadable.len() as u64,
            is_some_locked: claimed.is_locked_elsewhere,
        };
        for delivery in claimed.deliveries {
            let Some(place) = places.split(1) else { break };
            let (worker, settings, work) = (self.clone(), settings.clone(), work.clone());
            attempts.spawn(async move {
                worker.attempt(delivery, &settings).await;
                drop((place, work));
            });
        }
        Ok(progress)
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
    has_more_events: bool,
    has_more_due: bool,
    /// Some webhooks were locked by another transaction.
    is_some_locked: bool,
}

/// What claims have led to.
#[derive(Debug, Default, Clone, Copy)]
struct Progress {
    started: u64,
    /// Deliveries that were skipped or failed without an attempt, which makes others due.
    ended: u64,
    is_some_locked: bool,
}

impl AddAssign for Progress {
    fn add_assign(&mut self, other: Self) {
        self.started += other.started;
        self.ended += other.ended;
        self.is_some_locked |= other.is_some_locked;
    }
}
