//! Mails over SMTP, one connection a mail.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Auth, Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::{Address, Message};

use super::failure::{FailureKind, Private, SendFault};
use super::{ATTEMPT_TIMEOUT, CONNECT_TIMEOUT};
use crate::config::{Diagnostic, MailAddress, MailSettings, MailTls, Origin};

/// For the answer to QUIT, which changes nothing.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);
/// Of one login.
const MAX_CHALLENGES: usize = 4;

/// Sends mails through the configured server.
pub struct Mailer {
    settings: MailSettings,
    tls: Option<TlsParameters>,
    hello: ClientId,
    /// Behind the @ of message ids.
    domain: String,
}

/// A mail to one recipient.
#[derive(Clone, Copy)]
pub struct Mail<'m> {
    pub to: &'m str,
    pub subject: &'m str,
    pub text: &'m str,
    pub html: &'m str,
    /// Without the domain; unique.
    pub message_id: &'m str,
    pub now: Timestamp,
    /// What must not come back in an error: the ticket of its link.
    pub secret: Option<&'m str>,
}

impl Mailer {
    /// `host` greets the server: the name in `console.public_url`.
    ///
    /// # Errors
    /// When certificates cannot be read.
    pub fn new(settings: &MailSettings, host: &str) -> Result<Self, Diagnostic> {
        let tls = match settings.tls {
            MailTls::Off => None,
            MailTls::Implicit | MailTls::StartTls => Some(tls(settings)?),
        };
        let hello = match host.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(host.to_owned()),
        };
        let sender = settings.from.address.rsplit('@').next().unwrap_or_default();
        Ok(Self { settings: settings.clone(), tls, hello, domain: sender.to_owned() })
    }

    /// Sends a mail: one attempt. Returns its Message-ID. `is_wanted` is asked for after the login, before anything of
    /// the mail leaves.
    ///
    /// # Errors
    /// Within half a minute, with the answer of the server; [`FailureKind::Ended`] where the mail is not wanted.
    pub async fn send(&self, mail: &Mail<'_>, is_wanted: impl Future<Output = bool>) -> Result<String, SendFault> {
        let message_id = format!("<{}@{}>", mail.message_id, self.domain);
        let message = self.message(mail, &message_id)?;
        let mut connection = None;
        let attempt = async {
            let connection = connection.insert(self.connect().await?);
            self.login(connection).await?;
            if !is_wanted.await {
                return Err(SendFault::new(FailureKind::Ended));
            }
            deliver(connection, &message, mail).await
        };
        let outcome = match tokio::time::timeout(ATTEMPT_TIMEOUT, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendFault::new(FailureKind::Timeout)),
        };
        // The outcome stands, whatever becomes of the farewell.
        if let Some(connection) = &mut connection
            && !matches!(outcome, Err(SendFault { kind: FailureKind::Timeout, .. }))
        {
            let _farewell = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        }
        outcome.map(|()| message_id)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, SendFault> {
        let server = &self.settings.server;
        let implicit = self.tls.clone().filter(|_| self.settings.tls == MailTls::Implicit);
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (server.host.as_str(), server.port),
            Some(CONNECT_TIMEOUT),
            &self.hello,
            implicit,
            None,
        );
        let fault = |error: &Error| fault(error, FailureKind::Connect, Private::default());
        let mut connection = match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connected) => connected.map_err(|error| fault(&error))?,
            Err(_) => return Err(SendFault::explained(FailureKind::Connect, "no greeting in time")),
        };
        if let Some(tls) = self.tls.clone().filter(|_| self.settings.tls == MailTls::StartTls) {
            if !connection.can_starttls() {
                return Err(SendFault::explained(FailureKind::Tls, "the server does not offer STARTTLS"));
            }
            let upgraded = tokio::time::timeout(CONNECT_TIMEOUT, connection.starttls(tls, &self.hello)).await;
            match upgraded {
                Ok(upgraded) => upgraded.map_err(|error| self::fault(&error, FailureKind::Tls, Private::default()))?,
                Err(_) => return Err(SendFault::explained(FailureKind::Tls, "STARTTLS did not succeed in time")),
            }
        }
        Ok(connection)
    }

    async fn login(&self, connection: &mut AsyncSmtpConnection) -> Result<(), SendFault> {
        let Some((username, password)) = &self.settings.login else { return Ok(()) };
        let private = Private { secret: Some(password.expose()), recipient: None };
        let refused =
            |error: Error| SendFault { kind: login_kind(&error), ..fault(&error, FailureKind::Login, private) };
        let credentials = Credentials::new(username.clone(), password.expose().to_owned());
        let mechanism = connection.server_info().get_auth_mechanism(&[Mechanism::Plain, Mechanism::Login]);
        let mechanism = mechanism
            .ok_or_else(|| SendFault::explained(FailureKind::Login, "the server offers no login that we have"))?;
        let first = Auth::new(mechanism, credentials.clone(), None).map_err(refused)?;
        let mut response = connection.command(first).await.map_err(refused)?;
        for _ in 0..MAX_CHALLENGES {
            if !response.has_code(334) {
                return Ok(());
            }
            let next = Auth::new_from_response(mechanism, credentials.clone(), &response).map_err(refused)?;
            response = connection.command(next).await.map_err(refused)?;
        }
        Err(SendFault::explained(FailureKind::Login, "the login has no end"))
    }

    fn message(&self, mail: &Mail<'_>, message_id: &str) -> Result<Message, SendFault> {
        let unfit = |problem: &str| SendFault::explained(FailureKind::Unfit, problem);
        let to: Address = mail.to.parse().map_err(|_| unfit("the address of the recipient"))?;
        let from = mailbox(&self.settings.from).ok_or_else(|| unfit("the address of the sender"))?;
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()]);
        let envelope = envelope.map_err(|_| unfit("the addresses"))?;
        let mut builder = Message::builder()
            .envelope(envelope)
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(one_line(mail.subject))
            .message_id(Some(message_id.to_owned()))
            .date(std::time::SystemTime::from(mail.now));
        if let Some(reply_to) = &self.settings.reply_to {
            builder = builder.reply_to(mailbox(reply_to).ok_or_else(|| unfit("the address for answers"))?);
        }
        let fixed = [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")];
        let own = self.settings.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in fixed.into_iter().chain(own) {
            let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| unfit("a header's name"))?;
            builder = builder.raw_header(HeaderValue::new(name, one_line(value)));
        }
        let parts = MultiPart::alternative_plain_html(mail.text.to_owned(), mail.html.to_owned());
        builder.multipart(parts).map_err(|_| unfit("the mail"))
    }
}

/// Without recipient, text and link.
impl fmt::Debug for Mail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

/// As `AsyncSmtpConnection::send`, which waits for the answer to QUIT before it returns a refusal; `login` is as its
/// `auth` for the same reason.
async fn deliver(connection: &mut AsyncSmtpConnection, message: &Message, mail: &Mail<'_>) -> Result<(), SendFault> {
    let private = Private { secret: mail.secret, recipient: Some(mail.to) };
    let before_data = |error: Error| fault(&error, FailureKind::Connect, private);
    let (envelope, content) = (message.envelope(), message.formatted());
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let has_ascii_addresses = envelope.to().iter().chain(envelope.from()).all(is_ascii);
    let mut parameters = Vec::new();
    for (is_needed, extension, parameter) in [
        (!has_ascii_addresses, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight),
        (!content.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)),
    ] {
        if is_needed && !connection.server_info().supports_feature(extension) {
            return Err(SendFault::explained(FailureKind::Unfit, "the server takes ASCII only"));
        }
        parameters.extend(is_needed.then_some(parameter));
    }
    connection.command(MailFrom::new(envelope.from().cloned(), parameters)).await.map_err(before_data)?;
    for recipient in envelope.to() {
        connection.command(Rcpt::new(recipient.clone(), Vec::new())).await.map_err(before_data)?;
    }
    connection.command(Data).await.map_err(before_data)?;
    let accepted = connection.message(&content).await;
    accepted.map(drop).map_err(|error| fault(&error, FailureKind::Timeout, private))
}

fn tls(settings: &MailSettings) -> Result<TlsParameters, Diagnostic> {
    let fault = |problem: String| Diagnostic::new(Origin::WHOLE_FILE, "delivery.mail.ca", problem);
    let mut builder = TlsParameters::builder(settings.server.host.clone());
    if let Some(file) = &settings.ca {
        builder = builder.certificate_store(CertificateStore::None);
        for certificate in certificates(file).map_err(fault)? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build_rustls().map_err(|error| fault(format!("cannot be used: {error}")))
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, String> {
    let shown = file.display();
    let pem = std::fs::read(file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let mut found = Vec::new();
    for item in x509_parser::pem::Pem::iter_from_buffer(&pem) {
        let item = item.map_err(|_| format!("{shown} is not PEM"))?;
        if item.label == "CERTIFICATE" {
            found.push(Certificate::from_der(item.contents).map_err(|_| format!("{shown} holds no certificate"))?);
        }
    }
    if found.is_empty() { Err(format!("{shown} holds no certificate")) } else { Ok(found) }
}

fn mailbox(address: &MailAddress) -> Option<Mailbox> {
    Some(Mailbox::new(address.name.clone(), address.address.parse().ok()?))
}

/// A line break in a header would begin another one.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A login that the server refuses for now is not a wrong password.
fn login_kind(error: &Error) -> FailureKind {
    match () {
        () if error.is_transient() => FailureKind::Busy,
        () if error.is_timeout() => FailureKind::Timeout,
        () if error.is_permanent() || error.is_client() => FailureKind::Login,
        () => FailureKind::Connect,
    }
}

/// `otherwise` is the kind of a broken connection at this step.
fn fault(error: &Error, otherwise: FailureKind, private: Private<'_>) -> SendFault {
    let kind = match () {
        () if error.is_transient() => FailureKind::Busy,
        () if error.is_permanent() => FailureKind::Refused,
        () if error.is_tls() || names_certificate(error) => FailureKind::Tls,
        () if error.is_response() => FailureKind::Response,
        () if error.is_client() => FailureKind::Unfit,
        () => otherwise,
    };
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    SendFault::answered(kind, &text, private)
}

/// A handshake fails as an error of the connection.
fn names_certificate(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let is_tls = cause.downcast_ref::<rustls::Error>().is_some()
            || cause.downcast_ref::<std::io::Error>().is_some_and(|error| {
                error.get_ref().is_some_and(|inner| inner.downcast_ref::<rustls::Error>().is_some())
            });
        if is_tls {
            return true;
        }
        source = cause.source();
    }
    false
}
