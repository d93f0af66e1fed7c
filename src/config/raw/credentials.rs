//! The credentials file, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RateLimit;
use super::texts::Moment;
use crate::config::values::{AddressRange, Parsed};
use crate::credential::Label;

/// Credentials that the gate lets through.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialsFile {
    /// One entry a credential.
    pub credentials: Vec<Credential>,
    /// Accounts that differ from the default.
    #[serde(default)]
    pub accounts: Vec<Account>,
}

/// One credential: a token, or a user name and a password.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Unique; shown in logs and identity headers.
    pub id: Parsed<Label>,
    /// The customer it belongs to.
    pub account: Parsed<Label>,
    /// For people.
    #[serde(default)]
    pub name: Option<Box<str>>,
    /// `sha256:` and the digest of the token, as `claviger token digest` prints it.
    #[serde(default)]
    pub token: Option<Box<str>>,
    /// User name of a Basic pair.
    #[serde(default)]
    pub username: Option<Box<str>>,
    /// Hash of its password, as `claviger password hash` prints it.
    #[serde(default)]
    pub password: Option<Box<str>>,
    /// Off: refused, once the secret has matched.
    #[serde(default = "on")]
    pub enabled: bool,
    /// The API version it is pinned to; in quotes. Needed where versions are configured.
    #[serde(default)]
    pub version: Option<Parsed<Label>>,
    /// What it may call; left out: everything.
    #[serde(default)]
    pub scopes: Option<Vec<Parsed<Label>>>,
    /// Refused from this moment on.
    #[serde(default)]
    pub expires_at: Option<Parsed<Moment>>,
    /// Where it may be used from; left out: anywhere.
    #[serde(default)]
    pub addresses: Vec<Parsed<AddressRange>>,
    /// How often it may be used, instead of rate_limit of the settings.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
}

/// A customer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// As credentials name it.
    pub id: Parsed<Label>,
    /// Off: every credential of the account is refused.
    #[serde(default = "on")]
    pub access: bool,
}

fn on() -> bool {
    true
}
