//! The loops that send, and one step of them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::compose::Composer;
use super::expiry;
use super::facts::{facts, person};
use super::letter::Letter;
use super::mint::{Minted, mint};
use super::schedule::{next_attempt, next_question, postponed};
use super::senders::{Outlet, Senders, channels};
use crate::clock::Clock;
use crate::control::LiveSettings;
use crate::control::demo_mailbox::{DemoMailbox, DemoMessage};
use crate::control::outbox_health::OutboxHealth;
use crate::credential::InstallationKeys;
use crate::delivery::{FailureKind, Mail, SendFault, SmsStatus};
use crate::store::{Attempt, Channel, ClaimedMessage, SendFailure, Store, StoreError, Unsendable};
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
    store: Store,
    clock: Clock,
    settings: Arc<ArcSwap<LiveSettings>>,
    keys: Option<Arc<InstallationKeys>>,
    outlet: Outlet,
    health: Arc<OutboxHealth>,
    metrics: Option<Arc<Metrics>>,
    /// Names this process in its claims.
    name: String,
}

/// A claimed message that can be sent.
struct Ready {
    message: ClaimedMessage,
    minted: Minted,
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
        keys: Option<Arc<InstallationKeys>>,
        (senders, mailbox): (Senders, Option<Arc<DemoMailbox>>),
    ) -> Self {
        let outlet = match mailbox {
            Some(mailbox) => Outlet::Demo(mailbox),
            None => Outlet::Network(Mutex::new(Arc::new(senders))),
        };
        let name = crate::credential::time_ordered_id(clock.now(), None).simple().to_string();
        let (health, metrics) = (Arc::default(), None);
        Self(Arc::new(Parts { store, clock, settings, keys, outlet, health, metrics, name }))
    }

    /// Reports what waits and what becomes of messages.
    #[must_use]
    pub fn reporting(mut self, health: Arc<OutboxHealth>, metrics: Arc<Metrics>) -> Self {
        if let Some(parts) = Arc::get_mut(&mut self.0) {
            (parts.health, parts.metrics) = (health, Some(metrics));
        }
        self
    }

    /// Never returns. Ends with the runtime; a message that is being sent then is sent again after its lease.
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
        if let Err(error) = expiry::announce(&self.0.store, self.0.clock.now()).await {
            tracing::debug!("cannot look for credentials that expire: {error}");
        }
    }

    async fn measure(&self) {
        let settings = self.0.settings.load_full();
        let named = channels(&settings);
        match self.0.store.outbox_backlog().await {
            Ok(backlog) => {
                let backlog = backlog.into_iter().filter(|backlog| named.contains(&backlog.channel));
                self.0.health.measured(backlog);
            }
            Err(error) => tracing::debug!("cannot count what waits in the outbox: {error}"),
        }
    }

    async fn drain(&self, channel: Channel) {
        loop {
            match self.step(channel).await {
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
        if !self.0.store.has_due_message(channel, self.0.clock.now()).await? {
            return Ok(false);
        }
        match self.claim(channel).await? {
            Step::Idle => Ok(false),
            Step::Done => Ok(true),
            Step::Send(ready) => {
                let attempt = self.send(&settings, base, &ready).await?;
                self.record(&ready.message, &attempt).await?;
                Ok(true)
            }
            Step::Ask(message) => {
                let attempt = self.ask(&settings, &message).await;
                self.record(&message, &attempt).await?;
                Ok(true)
            }
        }
    }

    /// Claims, and mints in the same transaction. A message that cannot go out now is recorded in it, too.
    async fn claim(&self, channel: Channel) -> Result<Step, StoreError> {
        let now = self.0.clock.now();
        let mut transaction = self.0.store.begin(now).await?;
        let claimed = match transaction.claim_message(channel, &self.0.name).await {
            Err(StoreError::Inconsistent { table: "outbox", column, id }) => {
                drop(transaction);
                tracing::error!(%id, column, "a message holds a value that claviger never writes; it is not sent");
                return self.0.store.set_message_aside(&id, now).await.map(|()| Step::Done);
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
        let outcome = if message.ends_at <= now {
            Err(Attempt::GivenUp(SendFailure { code: "expired", text: None }))
        } else {
            match mint(&mut transaction, &message, self.0.keys.as_deref(), now).await? {
                Ok(minted) => Ok(minted),
                Err(Unsendable::Ended) => Err(Attempt::GivenUp(SendFailure { code: "ended", text: None })),
                Err(Unsendable::Off) => {
                    let failure = SendFailure { code: "off", text: None };
                    Err(Attempt::Postponed { failure, next_at: postponed(now) })
                }
            }
        };
        match outcome {
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

    async fn send(&self, settings: &LiveSettings, base: &str, ready: &Ready) -> Result<Attempt, StoreError> {
        let Ready { message, minted } = ready;
        let language = settings.look.language(message.locale.as_deref().unwrap_or_default());
        let composer = Composer { settings, language: &language, base };
        let sent = match minted {
            Minted::Code { code, number } => {
                let text = Zeroizing::new(composer.code(code, *number));
                self.send_text(settings, message, &text, minted.secret()).await
            }
            Minted::RevealLink { ticket, about } => {
                let asked_by = match &about.created_by {
                    Some(actor) => person(&self.0.store, actor).await?,
                    None => None,
                };
                let letter = composer.reveal(ticket, about, asked_by.as_deref());
                self.send_mail(settings, message, &letter, minted.secret()).await
            }
            Minted::Nothing | Minted::SetupLink { .. } => {
                let Some(facts) = facts(&self.0.store, message).await? else {
                    return Ok(Attempt::GivenUp(SendFailure { code: "ended", text: None }));
                };
                let letter = composer.notice(message, &facts, minted);
                self.send_mail(settings, message, &letter, minted.secret()).await
            }
        };
        let now = self.0.clock.now();
        Ok(match sent {
            Ok(provider_id) => {
                let ask_at = match message.purpose.channel() {
                    Channel::Mail => None,
                    Channel::Sms => next_question(now, now).filter(|_| provider_id.is_some()),
                };
                Attempt::Accepted { provider_id, ask_at }
            }
            Err(fault) => self.failed(message, &fault, now),
        })
    }

    fn failed(&self, message: &ClaimedMessage, fault: &SendFault, now: Timestamp) -> Attempt {
        let failure = stored(fault);
        if !fault.kind.is_transient() {
            return Attempt::Failed(failure);
        }
        match next_attempt(message.purpose.channel(), message.attempts, now, message.ends_at) {
            Some(next_at) => Attempt::Delayed { failure, next_at },
            None => Attempt::GivenUp(failure),
        }
    }

    async fn send_mail(
        &self,
        settings: &LiveSettings,
        message: &ClaimedMessage,
        letter: &Letter,
        secret: Option<&str>,
    ) -> Result<Option<String>, SendFault> {
        let (text, now) = (Zeroizing::new(letter.text()), self.0.clock.now());
        if let Outlet::Demo(mailbox) = &self.0.outlet {
            mailbox.put(DemoMessage {
                channel: Channel::Mail,
                to: message.recipient.clone(),
                subject: letter.subject.clone(),
                text: text.to_string(),
                link: letter.link().map(str::to_owned),
                at: now,
            });
            return Ok(None);
        }
        let html = Zeroizing::new(letter.html());
        let senders = self.0.outlet.senders(settings);
        let missing = SendFault { kind: FailureKind::Connect, text: None };
        let mailer = senders.mail.as_ref().ok_or(missing)?;
        // Of the attempt: another one is another mail.
        let message_id = format!("{}.{}", message.id, message.attempts);
        let mail = Mail {
            to: &message.recipient,
            subject: &letter.subject,
            text: &text,
            html: &html,
            message_id: &message_id,
            now,
            secret,
        };
        mailer.send(&mail).await.map(Some)
    }

    async fn send_text(
        &self,
        settings: &LiveSettings,
        message: &ClaimedMessage,
        text: &str,
        secret: Option<&str>,
    ) -> Result<Option<String>, SendFault> {
        if let Outlet::Demo(mailbox) = &self.0.outlet {
            mailbox.put(DemoMessage {
                channel: Channel::Sms,
                to: message.recipient.clone(),
                subject: String::new(),
                text: text.to_owned(),
                link: None,
                at: self.0.clock.now(),
            });
            return Ok(None);
        }
        let is_reached = settings.delivery.sms.as_ref().is_some_and(|sms| sms.reaches(&message.recipient));
        if !is_reached {
            return Err(SendFault { kind: FailureKind::CountryOff, text: None });
        }
        let senders = self.0.outlet.senders(settings);
        let missing = SendFault { kind: FailureKind::Connect, text: None };
        let client = senders.sms.as_ref().ok_or(missing)?;
        client.send(&message.recipient, text, secret).await.map(Some)
    }

    /// Asks what became of an accepted text message.
    async fn ask(&self, settings: &LiveSettings, message: &ClaimedMessage) -> Attempt {
        let senders = self.0.outlet.senders(settings);
        let status = match (&senders.sms, &message.provider_id) {
            (Some(client), Some(id)) => client.status(id).await,
            _ => Ok(SmsStatus::Pending),
        };
        let now = self.0.clock.now();
        match status {
            Ok(SmsStatus::Delivered) => Attempt::Delivered,
            Ok(SmsStatus::Undelivered(fault)) => Attempt::Undelivered(stored(&fault)),
            Ok(SmsStatus::Failed(fault)) => Attempt::Failed(stored(&fault)),
            // Without an answer it stays accepted.
            Ok(SmsStatus::Pending) | Err(_) => {
                let ask_at = next_question(message.sent_at.unwrap_or(message.created_at), now);
                Attempt::Accepted { provider_id: None, ask_at }
            }
        }
    }

    async fn record(&self, message: &ClaimedMessage, attempt: &Attempt) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        self.count(message, attempt, now);
        let mut transaction = self.0.store.begin(now).await?;
        if !transaction.record_attempt(message, attempt).await? {
            tracing::warn!(message = message.id, "the lease of a message ended while it was sent");
        }
        transaction.commit().await
    }

    /// Without recipient: an address in a log is one more place that has to be cleaned.
    fn count(&self, message: &ClaimedMessage, attempt: &Attempt, now: Timestamp) {
        let channel = message.purpose.channel();
        let (result, failure) = match attempt {
            Attempt::Accepted { .. } if message.provider_id.is_some() => return,
            Attempt::Accepted { .. } => ("accepted", None),
            Attempt::Delivered => ("delivered", None),
            Attempt::Undelivered(failure) => ("undelivered", Some(failure)),
            Attempt::Delayed { failure, .. } => ("delayed", Some(failure)),
            Attempt::Postponed { .. } => return,
            Attempt::Failed(failure) => ("failed", Some(failure)),
            Attempt::GivenUp(failure) => ("given_up", Some(failure)),
        };
        if let Some(metrics) = &self.0.metrics {
            metrics.notified(channel.as_str(), result);
        }
        let (purpose, id) = (message.purpose.as_str(), message.id.as_str());
        match failure {
            None => tracing::info!(message = id, channel = channel.as_str(), purpose, result, "message"),
            Some(failure) => {
                let said = failure.text.as_deref().unwrap_or_default();
                let channel = channel.as_str();
                tracing::warn!(message = id, channel, purpose, result, error = failure.code, said, "message");
            }
        }
        // A refused recipient says nothing about the channel.
        match attempt {
            Attempt::Delayed { failure, .. } => {
                let said = failure.text.as_deref().unwrap_or_default();
                self.0.health.attempted(channel, Some((format!("{} {said}", failure.code), now)));
            }
            Attempt::Accepted { .. } => self.0.health.attempted(channel, None),
            _ => {}
        }
    }
}

fn stored(fault: &SendFault) -> SendFailure {
    SendFailure { code: fault.kind.as_str(), text: fault.text.clone() }
}
