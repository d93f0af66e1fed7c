//! The credentials file.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RateLimit;
use super::verbatim::Moment;
use crate::config::values::{AddressRange, Parsed};
use crate::config::{Document, schema};
use crate::credential::Label;

/// Credentials that the gate admits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CredentialsFile {
    /// One entry per credential.
    pub credentials: Vec<Credential>,
    /// Accounts whose access is off.
    #[serde(default)]
    pub accounts: Vec<Account>,
}

/// One credential: a token, or a user name and a password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Unique; appears in logs and identity headers.
    pub id: Parsed<Label>,
    /// The customer that the credential belongs to.
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
    /// Hash of the password, as `claviger password hash` prints it.
    #[serde(default)]
    pub password: Option<Box<str>>,
    /// False: the credential is refused, once its secret has matched.
    #[serde(default = "on")]
    pub enabled: bool,
    /// The API version that the credential is pinned to; in quotes. Required where versions are configured.
    #[serde(default)]
    pub version: Option<Parsed<Label>>,
    /// What the credential may call; everything by default.
    #[serde(default)]
    pub scopes: Option<Vec<Parsed<Label>>>,
    /// The credential is refused from this time on.
    #[serde(default)]
    pub expires_at: Option<Parsed<Moment>>,
    /// Addresses that may use the credential; any address by default.
    #[serde(default)]
    pub addresses: Vec<Parsed<AddressRange>>,
    /// How often the credential may be used; the rate_limit of the settings by default.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
}

/// A customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account of credentials.
    pub id: Parsed<Label>,
    /// False: every credential of the account is refused.
    #[serde(default = "on")]
    pub access: bool,
}

impl Document for CredentialsFile {
    const MAY_BE_EMPTY: &'static [&'static str] = &["credentials"];

    fn key_paths() -> Vec<String> {
        schema::key_paths(true)
    }
}

impl Document for Credential {
    fn key_paths() -> Vec<String> {
        CredentialsFile::key_paths()
    }
}

/// A credential in a row of a CSV file, whose list of scopes may be empty: an own word stands for that.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct CredentialRow(Credential);

impl Document for CredentialRow {
    const MAY_BE_EMPTY: &'static [&'static str] = &["scopes"];
}

impl From<CredentialRow> for Credential {
    fn from(row: CredentialRow) -> Self {
        row.0
    }
}

impl Document for Account {
    fn key_paths() -> Vec<String> {
        CredentialsFile::key_paths()
    }
}

fn on() -> bool {
    true
}
