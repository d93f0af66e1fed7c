//! How secrets and notices reach people.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::config::values::{
    CountryCode, HumanDuration, ListenAddress, MailAddress, MailServer, Parsed, SecretText, WebAddress,
};

/// Delivery of secrets by a link in a mail and a code in a text message, and notices by mail. A secret is delivered
/// where both mail and sms are set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// How long a link works, from 1h to 14 days (336h).
    pub link: Parsed<HumanDuration>,
    /// True: the creator of a credential may see its secret once, instead of sending it. True by default while mail or
    /// sms is missing, then false.
    pub show_to_creator: Option<bool>,
    /// The server that mails are handed to. None by default: no mail is sent.
    pub mail: Option<Mail>,
    /// The provider of text messages, with Twilio's API. None by default.
    pub sms: Option<Sms>,
    /// The page that reveals a secret, on a listener of its own. Part of the console by default.
    pub reveal: Reveal,
}

/// The server that mails are handed to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// smtps://HOST (TLS from the start, port 465), or smtp://HOST (STARTTLS required, port 587). Without TLS only to a
    /// loopback address without ca.
    pub server: Parsed<MailServer>,
    /// The user name at the server. None by default.
    #[serde(default)]
    pub username: Option<String>,
    /// The password of username; password_file keeps it out of this file.
    #[serde(default, serialize_with = "redacted")]
    pub password: Option<Parsed<SecretText>>,
    /// A file that holds the password of username.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The sender: an address, or "Example <keys@example.org>".
    pub from: Parsed<MailAddress>,
    /// Where answers go, written as from. The sender by default.
    #[serde(default)]
    pub reply_to: Option<Parsed<MailAddress>>,
    /// Certificates (PEM) of the authorities that may sign the server's certificate. Those of the system by default.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Further headers of every mail, such as one that switches link tracking of a relay off.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// The provider of text messages, with Twilio's API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// The base of the API.
    #[serde(default = "twilio")]
    pub api: Parsed<WebAddress>,
    /// The account, AC… at Twilio.
    pub account: String,
    /// The token of the account; token_file keeps it out of this file.
    #[serde(default, serialize_with = "redacted")]
    pub token: Option<Parsed<SecretText>>,
    /// A file that holds the token of the account.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The sender: a number (E.164), or a name of up to 11 letters and digits. Either this or messaging_service.
    #[serde(default)]
    pub from: Option<String>,
    /// The messaging service that picks the sender, MG… at Twilio.
    #[serde(default)]
    pub messaging_service: Option<String>,
    /// The beginnings of numbers that may receive messages, such as "+44". All by default.
    #[serde(default)]
    pub countries: Option<Vec<Parsed<CountryCode>>>,
    /// Messages of one account in 24 hours.
    #[serde(default = "daily")]
    pub daily: NonZeroU32,
    /// Certificates (PEM) of the authorities that may sign the API's certificate. Those of the system by default.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

/// The page that reveals a secret, on a listener of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Reveal {
    /// Address and port. That of the console by default. Another address than loopback needs console.tls or
    /// console.behind_proxy. A change needs a restart.
    pub listen: Option<Parsed<ListenAddress>>,
    /// The address of that listener for browsers; links to secrets begin with it. console.public_url by default.
    pub public_url: Option<Parsed<WebAddress>>,
}

impl Default for Delivery {
    fn default() -> Self {
        let link = Parsed(HumanDuration::seconds(72 * 3600));
        Self { link, show_to_creator: None, mail: None, sms: None, reveal: Reveal::default() }
    }
}

fn twilio() -> Parsed<WebAddress> {
    Parsed(WebAddress("https://api.twilio.com".into()))
}

fn daily() -> NonZeroU32 {
    const DAILY: NonZeroU32 = NonZeroU32::new(200).unwrap();
    DAILY
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn redacted<S: Serializer>(secret: &Option<Parsed<SecretText>>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_str("[redacted]"),
        None => serializer.serialize_none(),
    }
}
