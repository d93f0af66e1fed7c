//! Writes messages from texts, in the language of the recipient.

use jiff::Timestamp;

use super::facts::Facts;
use super::links_and_codes::Minted;
use super::mail_body::{Letter, Paragraph};
use super::reset_overlap::OldKey;
use super::text_message;
use crate::control::LiveSettings;
use crate::control::look::{Arguments, Language};
use crate::store::{ClaimedMessage, Purpose, RevealMessage};

/// Digits of a mobile number that a mail shows.
const SHOWN_DIGITS: usize = 3;

/// What is written with.
pub(super) struct Composer<'c> {
    pub(super) settings: &'c LiveSettings,
    pub(super) language: &'c Language,
    /// `console.public_url`.
    pub(super) base: &'c str,
}

impl Composer<'_> {
    fn t(&self, key: &str, arguments: &Arguments<'_>) -> String {
        self.language.text(key, arguments)
    }

    /// `Tue 1 Dec 2026, 14:02 UTC`
    fn moment(&self, moment: Timestamp) -> String {
        self.language.weekday_date_and_time(moment)
    }

    fn brand(&self) -> &str {
        &self.settings.look.brand.name
    }

    fn letter(&self, subject: String, paragraphs: Vec<Paragraph>) -> Letter {
        let (language, direction) = (self.language.tag.clone(), self.language.direction);
        Letter { subject, paragraphs, language, direction }
    }

    /// Links to secrets begin with this: the address of the reveal page's own listener, or that of the console.
    fn reveal_base(&self) -> &str {
        self.settings.delivery.reveal_url.as_deref().unwrap_or(self.base)
    }

    /// The mail with the link to a secret. `person` asked for it. No user name, no secret.
    pub(super) fn reveal(
        &self,
        ticket: &str,
        about: &RevealMessage,
        person: Option<&str>,
        old_key: Option<OldKey>,
    ) -> Letter {
        let account = about.account_name.as_deref().unwrap_or(&about.account);
        let digits: Vec<char> = about.mobile.chars().collect();
        let ending: String = digits[digits.len().saturating_sub(SHOWN_DIGITS)..].iter().collect();
        let arguments = || {
            Arguments::default()
                .with("brand", self.brand())
                .with("account", account)
                .with("person", person.unwrap_or(account))
                .with("name", about.name.as_deref().unwrap_or_default())
                .with("until", &self.moment(about.ends_at))
                .with("ending", &ending)
        };
        let what = if about.name.is_some() { "mail-reveal-what" } else { "mail-reveal-what-unnamed" };
        let mut paragraphs = vec![
            Paragraph::Text(self.t(what, &arguments())),
            Paragraph::Text(self.t("mail-reveal-link", &arguments())),
            Paragraph::Link(format!("{}/reveal/{ticket}", self.reveal_base())),
            Paragraph::Text(self.t("mail-reveal-code", &arguments())),
        ];
        paragraphs.extend(old_key.map(|old_key| self.old_key(old_key)));
        paragraphs.push(self.unexpected());
        paragraphs.push(Paragraph::Text(self.t("mail-reveal-never", &arguments())));
        self.letter(self.t("mail-reveal-subject", &arguments()), paragraphs)
    }

    /// The text message with a code.
    pub(super) fn code(&self, code: &str, number: u32) -> String {
        let brand = text_message::brand(self.brand());
        let arguments = |brand: &str| {
            let arguments = Arguments::default().with("brand", brand).with("code", &text_message::spaced(code));
            self.t("mail-sms-code", &arguments.with("number", &number))
        };
        let host = self.reveal_base().split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or(rest));
        // The port is no part of what browsers compare.
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
            _ => host,
        };
        text_message::with_code(&arguments(&brand), &text_message::spaced(code), host, code)
    }

    pub(super) fn notice(&self, message: &ClaimedMessage, facts: &Facts, minted: &Minted) -> Letter {
        let provider = self.brand().to_owned();
        let moment = facts.moment.map(|moment| self.moment(moment)).unwrap_or_default();
        let (link, ends) = match minted {
            Minted::SetupLink { ticket, ends_at } => {
                (crate::control::setup_url_at(self.base, ticket), self.moment(*ends_at))
            }
            Minted::Nothing | Minted::RevealLink { .. } | Minted::Code { .. } => {
                (format!("{}{}", self.base, facts.path), String::new())
            }
        };
        let arguments = || {
            Arguments::default()
                .with("brand", &provider)
                .with("account", &facts.account)
                .with("person", facts.person.as_deref().unwrap_or(&provider))
                .with("name", &facts.credential)
                .with("reason", &facts.reason)
                .with("moment", &moment)
                .with("address", facts.address.as_deref().unwrap_or("?"))
                .with("until", &ends)
        };
        let (subject, body) = match (message.purpose, facts.old_key) {
            (Purpose::SecretReset, Some(_)) => ("mail-reset-subject", "mail-reset-sent-body"),
            (Purpose::WebhookStopped, _) if facts.is_gone => ("mail-webhook-stopped-subject", "mail-webhook-gone-body"),
            (purpose, _) => keys(purpose),
        };
        let mut paragraphs = vec![Paragraph::Text(self.t(body, &arguments())), Paragraph::Link(link)];
        if let Some(old_key) = facts.old_key {
            paragraphs.insert(1, self.old_key(old_key));
        }
        if message.purpose == Purpose::AccessDeclined && !facts.reason.is_empty() {
            paragraphs.insert(1, Paragraph::Text(self.t("mail-declined-reason", &arguments())));
        }
        // A former contact may not sign in, and the others may be gone: whom to ask comes last.
        if matches!(message.purpose, Purpose::ContactChanged) {
            paragraphs.pop();
        }
        paragraphs.push(self.unexpected());
        self.letter(self.t(subject, &arguments()), paragraphs)
    }

    /// A mail by which an operator tries the settings out.
    pub(super) fn test(&self) -> Letter {
        let arguments = || Arguments::default().with("brand", self.brand());
        let paragraphs =
            vec![Paragraph::Text(self.t("mail-test-body", &arguments())), Paragraph::Link(self.base.to_owned())];
        self.letter(self.t("mail-test-subject", &arguments()), paragraphs)
    }

    pub(super) fn test_message(&self) -> String {
        let brand = text_message::brand(self.brand());
        self.t("mail-sms-test", &Arguments::default().with("brand", &brand))
    }

    fn old_key(&self, old_key: OldKey) -> Paragraph {
        let (key, count) = old_key.key();
        let moment = if let OldKey::Until(end) = old_key { self.moment(end) } else { String::new() };
        Paragraph::Text(self.t(key, &Arguments::default().with("moment", &moment).number("count", count)))
    }

    fn unexpected(&self) -> Paragraph {
        Paragraph::Text(match &self.settings.look.brand.support {
            Some(support) => self.t("mail-unexpected", &Arguments::default().with("support", &support.text)),
            None => self.t("mail-unexpected-ignore", &Arguments::default()),
        })
    }
}

/// Subject and first paragraph of a notice.
fn keys(purpose: Purpose) -> (&'static str, &'static str) {
    match purpose {
        // Their own functions write these.
        Purpose::RevealLink | Purpose::RevealCode => ("mail-reveal-subject", "mail-reveal-never"),
        Purpose::Invitation => ("mail-invitation-subject", "mail-invitation-body"),
        Purpose::LostPassword => ("mail-lost-password-subject", "mail-lost-password-body"),
        Purpose::AccessAsked => ("mail-asked-subject", "mail-asked-body"),
        Purpose::AccessApproved => ("mail-approved-subject", "mail-approved-body"),
        Purpose::AccessDeclined => ("mail-declined-subject", "mail-declined-body"),
        Purpose::RequestWithdrawn => ("mail-request-withdrawn-subject", "mail-request-withdrawn-body"),
        Purpose::AccessWithdrawn => ("mail-withdrawn-subject", "mail-withdrawn-body"),
        Purpose::SecretShown => ("mail-shown-subject", "mail-shown-body"),
        Purpose::SecretReset => ("mail-reset-subject", "mail-reset-body"),
        Purpose::ContactChanged => ("mail-contact-changed-subject", "mail-contact-changed-body"),
        Purpose::ExpiringIn14Days | Purpose::ExpiringIn3Days => ("mail-expiring-subject", "mail-expiring-body"),
        Purpose::Expired => ("mail-expired-subject", "mail-expired-body"),
        Purpose::WebhookFailing => ("mail-webhook-failing-subject", "mail-webhook-failing-body"),
        Purpose::WebhookStopped => ("mail-webhook-stopped-subject", "mail-webhook-stopped-body"),
        Purpose::WebhooksHalted => ("mail-webhooks-halted-subject", "mail-webhooks-halted-body"),
        Purpose::AccountWebhooksHalted => ("mail-account-webhooks-halted-subject", "mail-account-webhooks-halted-body"),
    }
}
