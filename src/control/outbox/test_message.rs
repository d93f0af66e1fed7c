//! Messages by which an operator tries the settings out.

use jiff::Timestamp;

use super::message_texts::Composer;
use super::senders::Senders;
use crate::control::LiveSettings;
use crate::delivery::{FailureKind, Mail, SendFault};

/// What became of a test message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestOutcome {
    /// By the server or the provider; the provider's id, or the Message-ID.
    Accepted(String),
    /// A sentence for operators.
    Failed(String),
}

/// Sends a mail to this address now, apart from the outbox.
///
/// # Errors
/// A sentence when mail is not set, or a file cannot be read.
pub async fn send_test_mail(settings: &LiveSettings, to: &str, now: Timestamp) -> Result<TestOutcome, String> {
    let base = settings.public_url.as_deref().ok_or("console.public_url is not set, or the console is off")?;
    let senders = Senders::new(&settings.delivery, Some(base)).map_err(|faults| faults.to_string())?;
    let mailer = senders.mail.as_ref().ok_or("delivery.mail is not set")?;
    let language = settings.look.language("");
    let letter = Composer { settings, language: &language, base }.test();
    let id = crate::credential::time_ordered_id(now, None).simple().to_string();
    let mail = Mail {
        to,
        subject: &letter.subject,
        text: &letter.text(),
        html: &letter.html(),
        message_id: &id,
        now,
        secret: None,
    };
    Ok(outcome(mailer.send(&mail, async { true }).await, "the mail server"))
}

/// Sends a text message to this number now, apart from the outbox.
///
/// # Errors
/// A sentence when text messages are not set, or a file cannot be read.
pub async fn send_test_sms(settings: &LiveSettings, to: &str) -> Result<TestOutcome, String> {
    let base = settings.public_url.as_deref().ok_or("console.public_url is not set, or the console is off")?;
    let senders = Senders::new(&settings.delivery, Some(base)).map_err(|faults| faults.to_string())?;
    let client = senders.sms.as_ref().ok_or("delivery.sms is not set")?;
    if !settings.delivery.sms.as_ref().is_some_and(|sms| sms.reaches(to)) {
        return Err("the number is outside of delivery.sms.countries".into());
    }
    let language = settings.look.language("");
    let text = Composer { settings, language: &language, base }.test_message();
    Ok(outcome(client.send(to, &text, None).await, "the provider of text messages"))
}

fn outcome(sent: Result<String, SendFault>, whom: &str) -> TestOutcome {
    match sent {
        Ok(id) => TestOutcome::Accepted(id),
        Err(fault) => TestOutcome::Failed(sentence(&fault, whom)),
    }
}

/// What went wrong, and what to look at.
fn sentence(fault: &SendFault, whom: &str) -> String {
    let (problem, remedy) = match fault.kind {
        FailureKind::Connect => ("cannot be reached", "check host, port and firewall"),
        FailureKind::Tls => {
            ("cannot be talked to in private", "check its certificate, ca, and whether the scheme fits its port")
        }
        FailureKind::Login => ("refuses the login", "check user name and password, or account and token"),
        FailureKind::Timeout => ("does not answer in time", "the message may have gone out all the same"),
        FailureKind::Busy => ("refuses for now", "try again later"),
        FailureKind::Response => ("gives an answer that makes no sense", "check that the address is the right one"),
        FailureKind::Refused => ("refuses the message", "check sender and recipient"),
        FailureKind::Unfit => ("was not asked", "check sender and recipient"),
        FailureKind::InvalidNumber => ("says that there is no such number", "check the number"),
        FailureKind::NotMobile => ("says that this is no mobile number", "check the number"),
        FailureKind::CountryOff => ("does not send to this country", "switch the country on in its account"),
        FailureKind::Ended => ("was not asked", "try again"),
        FailureKind::OptedOut => ("says that the recipient has opted out", "the recipient texts START to opt in"),
    };
    match &fault.text {
        Some(text) => format!("{whom} {problem}: {text}; {remedy}"),
        None => format!("{whom} {problem}; {remedy}"),
    }
}
