//! Validated settings of delivery.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::values::{MailAddress, MailServer, SecretText, is_loopback};
use super::{Diagnostic, Diagnostics, Node, Origin, raw, read_text};

const DEFAULT_LINK: Duration = Duration::from_secs(72 * 3600);

/// How secrets and notices reach people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How long a link to a secret works.
    pub link: Duration,
    /// Whether the creator of a credential may see its secret instead of sending it.
    pub show_to_creator: bool,
    pub mail: Option<MailSettings>,
    pub sms: Option<SmsSettings>,
    pub reveal_listen: Option<SocketAddr>,
    /// The base of links to secrets, without a slash at the end; `None`: that of the console.
    pub reveal_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    pub server: MailServer,
    pub tls: MailTls,
    /// User name and password.
    pub login: Option<(String, SecretText)>,
    pub from: MailAddress,
    pub reply_to: Option<MailAddress>,
    pub ca: Option<PathBuf>,
    pub headers: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the start.
    Implicit,
    /// By STARTTLS; a server without it is refused.
    StartTls,
    /// To a loopback address.
    Off,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsSettings {
    /// Without a slash at the end.
    pub api: String,
    pub account: String,
    pub token: SecretText,
    pub sender: SmsSender,
    /// Beginnings of numbers that may receive messages; `None`: all.
    pub countries: Option<Vec<String>>,
    /// Messages of one account in 24 hours.
    pub daily: u32,
    pub ca: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsSender {
    /// A number or a name.
    From(String),
    MessagingService(String),
}

impl Default for Delivery {
    fn default() -> Self {
        Self { link: DEFAULT_LINK, show_to_creator: true, mail: None, sms: None, reveal_listen: None, reveal_url: None }
    }
}

impl Delivery {
    /// Whether secrets are delivered: both channels are set.
    pub fn is_on(&self) -> bool {
        self.mail.is_some() && self.sms.is_some()
    }

    /// Relative paths start from `directory`. Reads the files of secrets.
    pub(super) fn new(file: &raw::File, root: &Node, directory: &Path, faults: &mut Diagnostics) -> Self {
        let written = &file.delivery;
        let mut secret = |of: &'static str, value: Option<&SecretText>, path: Option<&PathBuf>, key: &'static str| {
            if let Some(value) = value {
                return Some(value.clone());
            }
            let read = read_text(&directory.join(path?));
            let parsed = read.and_then(|text| {
                let fault =
                    |problem| Diagnostic::new(Origin::WHOLE_FILE, "", format!("names a file whose content {problem}"));
                text.parse().map_err(fault)
            });
            let at = ["delivery", of, key];
            parsed
                .map_err(|fault| {
                    faults.push(Diagnostic { origin: root.origin_of(&at), path: at.join("."), ..fault });
                })
                .ok()
        };
        let mail = written.mail.as_ref().map(|mail| {
            let password = mail.password.as_ref().map(|password| &password.0);
            let password = secret("mail", password, mail.password_file.as_ref(), "password_file");
            MailSettings {
                tls: match &mail.server.0 {
                    server if server.is_implicit_tls => MailTls::Implicit,
                    server if server.is_loopback() && mail.ca.is_none() => MailTls::Off,
                    _ => MailTls::StartTls,
                },
                server: mail.server.0.clone(),
                login: mail.username.clone().zip(password),
                from: mail.from.0.clone(),
                reply_to: mail.reply_to.as_ref().map(|address| address.0.clone()),
                ca: mail.ca.as_ref().map(|path| directory.join(path)),
                headers: mail.headers.clone().into_iter().collect(),
            }
        });
        let sms = written.sms.as_ref().and_then(|sms| {
            let token = sms.token.as_ref().map(|token| &token.0);
            Some(SmsSettings {
                api: sms.api.0.0.trim_end_matches('/').to_owned(),
                account: sms.account.clone(),
                token: secret("sms", token, sms.token_file.as_ref(), "token_file")?,
                sender: match (&sms.from, &sms.messaging_service) {
                    (Some(from), _) => SmsSender::From(from.clone()),
                    (None, service) => SmsSender::MessagingService(service.clone()?),
                },
                countries: sms.countries.as_ref().map(|codes| codes.iter().map(|code| code.0.0.clone()).collect()),
                daily: sms.daily.get(),
                ca: sms.ca.as_ref().map(|path| directory.join(path)),
            })
        });
        let is_on = mail.is_some() && sms.is_some();
        Self {
            link: written.link.duration(),
            show_to_creator: written.show_to_creator.unwrap_or(!is_on),
            mail,
            sms,
            reveal_listen: written.reveal.listen.as_ref().map(|address| address.0.0),
            reveal_url: written.reveal.public_url.as_ref().map(|url| url.0.0.trim_end_matches('/').to_owned()),
        }
    }
}

impl SmsSettings {
    /// Whether this number may receive messages.
    pub fn reaches(&self, mobile: &str) -> bool {
        self.countries.as_ref().is_none_or(|codes| codes.iter().any(|code| mobile.starts_with(code.as_str())))
    }
}

/// Whether a web address is encrypted, or never leaves the machine.
pub(super) fn is_private_transport(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else { return true };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    };
    is_loopback(host)
}
