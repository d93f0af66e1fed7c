//! One attempt: writes a message, sends it, and reports what became of it.

use std::sync::Arc;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::facts::{facts, old_key, person};
use super::links_and_codes::Minted;
use super::mail_body::Letter;
use super::message_texts::Composer;
use super::retry_schedule::{next_attempt, next_question};
use super::senders::Outlet;
use crate::clock::Clock;
use crate::control::LiveSettings;
use crate::control::demo_mailbox::DemoMessage;
use crate::delivery::{FailureKind, Mail, SendFault, SmsStatus};
use crate::store::{AttemptOutcome, Channel, ClaimedMessage, NotSent, SendFailure, Store, StoreError};

/// What attempts need.
pub(super) struct Attempts {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) outlet: Outlet,
}

/// A claimed message that can be sent.
pub(super) struct Ready {
    pub(super) message: ClaimedMessage,
    pub(super) minted: Minted,
}

impl Attempts {
    /// Sends a message, and reports what became of it.
    ///
    /// # Errors
    /// A store that does not answer; the message is sent again after its lease.
    pub(super) async fn send(
        &self,
        settings: &Arc<LiveSettings>,
        base: &str,
        ready: &Ready,
    ) -> Result<AttemptOutcome, StoreError> {
        let Ready { message, minted } = ready;
        let language = settings.look.language(message.locale.as_deref().unwrap_or_default());
        let composer = Composer { settings, language: &language, base };
        let sent = match minted {
            Minted::Code { code, number } => {
                let text = Zeroizing::new(composer.code(code, *number));
                self.send_text(settings, message, &text, minted.secret()).await
            }
            Minted::RevealLink { ticket, about } => {
                let author = match &about.created_by {
                    Some(actor) => person(&self.store, actor).await?,
                    None => None,
                };
                let old_key = old_key(&self.store, message, self.clock.now()).await?;
                let letter = composer.reveal(ticket, about, author.as_deref(), old_key);
                self.send_mail(settings, message, &letter, minted.secret()).await
            }
            Minted::Nothing | Minted::SetupLink { .. } => {
                let Some(facts) = facts(&self.store, message, self.clock.now()).await? else {
                    return Ok(AttemptOutcome::GivenUp(SendFailure::not_sent(NotSent::Ended)));
                };
                let letter = composer.notice(message, &facts, minted);
                self.send_mail(settings, message, &letter, minted.secret()).await
            }
        };
        let now = self.clock.now();
        Ok(match sent {
            Ok(provider_id) => {
                let ask_at = match message.purpose.channel() {
                    Channel::Mail => None,
                    Channel::Sms => next_question(now, now).filter(|_| provider_id.is_some()),
                };
                AttemptOutcome::Accepted { provider_id, ask_at }
            }
            Err(fault) => self.failed(message, &fault, now),
        })
    }

    fn failed(&self, message: &ClaimedMessage, fault: &SendFault, now: Timestamp) -> AttemptOutcome {
        let failure = stored(fault);
        // Another text message would reach a phone that may have this one, uncounted. Its code stays valid.
        let is_repetition = message.purpose.channel() == Channel::Sms && fault.kind.is_outcome_unknown();
        if is_repetition || fault.kind == FailureKind::Ended {
            return AttemptOutcome::GivenUp(failure);
        }
        if !fault.kind.is_transient() {
            return AttemptOutcome::Failed(failure);
        }
        match next_attempt(message.purpose.channel(), message.attempts, now, message.ends_at) {
            Some(next_at) => AttemptOutcome::Delayed { failure, next_at },
            None => AttemptOutcome::GivenUp(failure),
        }
    }

    async fn send_mail(
        &self,
        settings: &Arc<LiveSettings>,
        message: &ClaimedMessage,
        letter: &Letter,
        secret: Option<&str>,
    ) -> Result<Option<String>, SendFault> {
        let (text, now) = (Zeroizing::new(letter.text()), self.clock.now());
        if let Outlet::Demo(mailbox) = &self.outlet {
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
        let senders = self.outlet.senders(settings);
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
        mailer.send(&mail, self.is_wanted(message)).await.map(Some)
    }

    async fn send_text(
        &self,
        settings: &Arc<LiveSettings>,
        message: &ClaimedMessage,
        text: &str,
        secret: Option<&str>,
    ) -> Result<Option<String>, SendFault> {
        if let Outlet::Demo(mailbox) = &self.outlet {
            mailbox.put(DemoMessage {
                channel: Channel::Sms,
                to: message.recipient.clone(),
                subject: String::new(),
                text: text.to_owned(),
                link: None,
                at: self.clock.now(),
            });
            return Ok(None);
        }
        let is_reached = settings.delivery.sms.as_ref().is_some_and(|sms| sms.reaches(&message.recipient));
        if !is_reached {
            return Err(SendFault { kind: FailureKind::CountryOff, text: None });
        }
        let senders = self.outlet.senders(settings);
        let missing = SendFault { kind: FailureKind::Connect, text: None };
        let client = senders.sms.as_ref().ok_or(missing)?;
        if !self.is_wanted(message).await {
            return Err(SendFault { kind: FailureKind::Ended, text: None });
        }
        client.send(&message.recipient, text, secret).await.map(Some)
    }

    /// Whether nothing has cancelled the message since its claim. Without an answer of the store it is sent: a link that
    /// has ended opens nothing.
    async fn is_wanted(&self, message: &ClaimedMessage) -> bool {
        self.store.holds_claim(message).await.unwrap_or(true)
    }

    /// Asks what became of an accepted text message.
    pub(super) async fn ask(&self, settings: &Arc<LiveSettings>, message: &ClaimedMessage) -> AttemptOutcome {
        let senders = self.outlet.senders(settings);
        let status = match (&senders.sms, &message.provider_id) {
            (Some(client), Some(id)) => client.status(id, &message.recipient).await,
            _ => Ok(SmsStatus::Pending),
        };
        let now = self.clock.now();
        match status {
            Ok(SmsStatus::Delivered) => AttemptOutcome::Delivered,
            Ok(SmsStatus::Undelivered(fault)) => AttemptOutcome::Undelivered(stored(&fault)),
            Ok(SmsStatus::Failed(fault)) => AttemptOutcome::Failed(stored(&fault)),
            // Without an answer it stays accepted.
            Ok(SmsStatus::Pending) | Err(_) => {
                let ask_at = next_question(message.sent_at.unwrap_or(message.created_at), now);
                AttemptOutcome::Accepted { provider_id: None, ask_at }
            }
        }
    }
}

fn stored(fault: &SendFault) -> SendFailure {
    SendFailure { code: fault.kind.as_str(), text: fault.text.clone() }
}
