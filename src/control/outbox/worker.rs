//! The loops that send, and one step of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;

use super::expiry_notices;
use super::links_and_codes::{Minted, mint};
use super::retry_schedule::postponed;
use super::send_attempt::{Attempts, Ready};
use super::senders::{Outlet, Senders, channels};
use crate::clock::Clock;
use crate::control::LiveSettings;
use crate::control::demo_mailbox::DemoMailbox;
use crate::control::installation_key::SharedKeys;
use crate::control::operations::count_text_to;
use crate::control::outbox_health::OutboxHealth;
use crate::runtime::BackgroundWork;
use crate::store::{
    AttemptOutcome, Channel, ClaimedMessage, NotSent, Purpose, SendFailure, Store, StoreError, Transaction, Unsendable,
};
use crate::telemetry::Metrics;

/// Loops a channel: four messages at once in all, and no channel waits for the other.
const LOOPS: usize = 2;
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Between two counts of what waits.
const MEASURE_INTERVAL: Duration = Duration::from_secs(15);
/// Between two looks for credentials that expire.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(300);

/// Sends what waits, in this process. Cheap to clone.
#[derive(Clone)]
pub struct OutboxWorker(Arc<Parts>);

struct Parts {
    attempts: Attempts,
    settings: Arc<ArcSwap<LiveSettings>>,
    keys: SharedKeys,
    health: Arc<OutboxHealth>,
    metrics: Option<Arc<Metrics>>,
    work: Arc<BackgroundWork>,
    /// Names this process in its claims.
    name: String,
}

/// What a step of a loop found.
enum Step {
    Idle,
    Done,
    Send(Box<Ready>),
    Ask(Box<ClaimedMessage>),
}

impl OutboxWorker {
    /// `senders` were made from the present settings; in a demo, `mailbox` takes all messages instead.
    pub fn new(
        store: Store,
        clock: Clock,
        settings: Arc<ArcSwap<LiveSettings>>,
        keys: impl Into<SharedKeys>,
        (senders, mailbox): (Senders, Option<Arc<DemoMailbox>>),
    ) -> Self {
        let outlet = match mailbox {
            Some(mailbox) => Outlet::Demo(mailbox),
            None => Outlet::Network(Mutex::new(Arc::new(senders))),
        };
        let name = crate::credential::time_ordered_id(clock.now(), None).simple().to_string();
        let (health, metrics, work, keys) = (Arc::default(), None, Arc::default(), keys.into());
        let attempts = Attempts { store, clock, outlet };
        Self(Arc::new(Parts { attempts, settings, keys, health, metrics, work, name }))
    }

    /// Reports what waits and what becomes of messages.
    #[must_use]
    pub fn reporting(mut self, health: Arc<OutboxHealth>, metrics: Arc<Metrics>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.0) {
            (parts.health, parts.metrics) = (health, Some(metrics));
        }
        self
    }

    /// Lets a shutdown wait for a message that is being sent.
    #[must_use]
    pub fn counted_in(mut self, work: Arc<BackgroundWork>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.0) {
            parts.work = work;
        }
        self
    }

    /// Never returns. Ends with the runtime; a message that is still being sent then is sent again after its lease.
    pub async fn run(self) {
        for channel in Channel::ALL.into_iter().flat_map(|channel| [channel; LOOPS]) {
            let worker = self.clone();
            tokio::spawn(async move {
                loop {
                    worker.drain(channel).await;
                    tokio::time::sleep(POLL_INTERVAL.mul_f64(0.75 + 0.5 * fastrand::f64())).await;
                }
            });
        }
        let expiring = self.clone();
        tokio::spawn(async move {
            loop {
                expiring.announce_expiries().await;
                tokio::time::sleep(EXPIRY_INTERVAL.mul_f64(0.5 + fastrand::f64())).await;
            }
        });
        loop {
            self.measure().await;
            tokio::time::sleep(MEASURE_INTERVAL).await;
        }
    }

    /// Sends all that is due now, one message after the other.
    pub async fn run_due(&self) {
        for channel in Channel::ALL {
            self.drain(channel).await;
        }
        self.measure().await;
    }

    /// Queues the notices about credentials that expire.
    pub async fn announce_expiries(&self) {
        let settings = self.0.settings.load_full();
        if !channels(&settings).contains(&Channel::Mail) {
            return;
        }
        if let Err(error) = expiry_notices::announce(&self.0.attempts.store, self.0.attempts.clock.now()).await {
            tracing::debug!("cannot look for credentials that expire: {error}");
        }
    }

    async fn measure(&self) {
        let settings = self.0.settings.load_full();
        let named = channels(&settings);
        match self.0.attempts.store.outbox_backlog().await {
            Ok(backlog) => {
                let backlog = backlog.into_iter().filter(|backlog| named.contains(&backlog.channel));
                self.0.health.measured(backlog);
            }
            Err(error) => tracing::debug!("cannot count what waits in the outbox: {error}"),
        }
    }

    async fn drain(&self, channel: Channel) {
        loop {
            // On the heap: an attempt holds the clients of both channels.
            match Box::pin(self.step(channel)).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::debug!("the outbox cannot be worked on now: {error}");
                    return;
                }
            }
        }
    }

    /// Works on one message; false when none is due.
    async fn step(&self, channel: Channel) -> Result<bool, StoreError> {
        let settings = self.0.settings.load_full();
        let Some(base) = settings.public_url.as_deref().filter(|_| channels(&settings).contains(&channel)) else {
            return Ok(false);
        };
        if !self.0.attempts.store.has_due_message(channel, self.0.attempts.clock.now()).await? {
            return Ok(false);
        }
        let Some(_work) = self.0.work.begin() else { return Ok(false) };
        match self.claim(&settings, channel).await? {
            Step::Idle => Ok(false),
            Step::Done => Ok(true),
            Step::Send(ready) => {
                let attempt = self.0.attempts.send(&settings, base, &ready).await?;
                self.record(&ready.message, &attempt).await?;
                Ok(true)
            }
            Step::Ask(message) => {
                let attempt = self.0.attempts.ask(&settings, &message).await;
                self.record(&message, &attempt).await?;
                Ok(true)
            }
        }
    }

    async fn claim(&self, settings: &LiveSettings, channel: Channel) -> Result<Step, StoreError> {
        let now = self.0.attempts.clock.now();
        let mut transaction = self.0.attempts.store.begin(now).await?;
        let claimed = match transaction.claim_message(channel, &self.0.name).await {
            Err(StoreError::Inconsistent { table: "outbox", column, id }) => {
                drop(transaction);
                tracing::error!(%id, column, "a message holds a value that claviger never writes; it is not sent");
                return self.0.attempts.store.set_message_aside(&id, now).await.map(|()| Step::Done);
            }
            claimed => claimed?,
        };
        let Some(message) = claimed else {
            let unconfirmed = match channel {
                Channel::Sms => transaction.claim_unconfirmed(&self.0.name).await?,
                Channel::Mail => None,
            };
            transaction.commit().await?;
            return Ok(unconfirmed.map_or(Step::Idle, |message| Step::Ask(Box::new(message))));
        };
        transaction.commit().await?;
        self.prepare(settings, message).await
    }

    /// Mints for a claimed message, or records why not. Apart from the claim: here the reveal is locked before the
    /// message, as in the operations that end a reveal.
    async fn prepare(&self, settings: &LiveSettings, message: ClaimedMessage) -> Result<Step, StoreError> {
        let now = self.0.attempts.clock.now();
        let mut transaction = self.0.attempts.store.begin(now).await?;
        if matches!(message.purpose, Purpose::RevealLink | Purpose::RevealCode) {
            transaction.lock_reveal(&message.target).await?;
        }
        match self.minted(&mut transaction, settings, &message).await? {
            Ok(minted) => {
                transaction.commit().await?;
                Ok(Step::Send(Box::new(Ready { message, minted })))
            }
            Err(attempt) => {
                transaction.record_attempt(&message, &attempt).await?;
                transaction.commit().await?;
                self.count(&message, &attempt, now);
                Ok(Step::Done)
            }
        }
    }

    /// The outcome of an attempt that cannot be made is the error.
    async fn minted(
        &self,
        transaction: &mut Transaction,
        settings: &LiveSettings,
        message: &ClaimedMessage,
    ) -> Result<Result<Minted, AttemptOutcome>, StoreError> {
        let now = self.0.attempts.clock.now();
        let given_up = |why| Ok(Err(AttemptOutcome::GivenUp(SendFailure::not_sent(why))));
        if message.ends_at <= now {
            return given_up(NotSent::Expired);
        }
        if !transaction.holds_claim(message).await? {
            return given_up(NotSent::Ended);
        }
        // The number may have received the message of the interrupted attempt, which was counted when it was queued.
        if message.may_be_repeated
            && message.purpose.channel() == Channel::Sms
            && !count_text_to(transaction, &message.recipient).await?
        {
            return given_up(NotSent::UsedUp);
        }
        match mint(transaction, message, (&settings.delivery, self.0.keys.get()), now).await? {
            Ok(minted) => Ok(Ok(minted)),
            Err(Unsendable::Ended) => given_up(NotSent::Ended),
            Err(Unsendable::Off) => {
                let failure = SendFailure::not_sent(NotSent::Off);
                Ok(Err(AttemptOutcome::Postponed { failure, next_at: postponed(now) }))
            }
        }
    }

    async fn record(&self, message: &ClaimedMessage, attempt: &AttemptOutcome) -> Result<(), StoreError> {
        let now = self.0.attempts.clock.now();
        self.count(message, attempt, now);
        let mut transaction = self.0.attempts.store.begin(now).await?;
        if !transaction.record_attempt(message, attempt).await? {
            tracing::warn!(message = message.id, "the lease of a message ended while it was sent");
        }
        transaction.commit().await
    }

    /// Without recipient: an address in a log is one more place that has to be cleaned.
    fn count(&self, message: &ClaimedMessage, attempt: &AttemptOutcome, now: Timestamp) {
        let channel = message.purpose.channel();
        let (result, failure) = match attempt {
            AttemptOutcome::Accepted { .. } if message.provider_id.is_some() => return,
            AttemptOutcome::Accepted { .. } => ("accepted", None),
            AttemptOutcome::Delivered => ("delivered", None),
            AttemptOutcome::Undelivered(failure) => ("undelivered", Some(failure)),
            AttemptOutcome::Delayed { failure, .. } => ("delayed", Some(failure)),
            AttemptOutcome::Postponed { .. } => return,
            AttemptOutcome::Failed(failure) => ("failed", Some(failure)),
            AttemptOutcome::GivenUp(failure) => ("given_up", Some(failure)),
        };
        if let Some(metrics) = &self.0.metrics {
            metrics.notified(channel.as_str(), result);
        }
        let (purpose, id) = (message.purpose.as_str(), message.id.as_str());
        match failure {
            None => tracing::info!(message = id, channel = channel.as_str(), purpose, result, "message"),
            Some(failure) => {
                let answer = failure.text.as_deref().unwrap_or_default();
                let channel = channel.as_str();
                tracing::warn!(message = id, channel, purpose, result, error = failure.code, answer, "message");
            }
        }
        // A refused recipient says nothing about the channel.
        match attempt {
            AttemptOutcome::Delayed { failure, .. } => {
                let answer = failure.text.as_deref().unwrap_or_default();
                self.0.health.attempted(channel, Some((format!("{} {answer}", failure.code), now)));
            }
            AttemptOutcome::Accepted { .. } => self.0.health.attempted(channel, None),
            _ => {}
        }
    }
}
