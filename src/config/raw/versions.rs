//! Versions of the API.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Day, Template};
use crate::config::values::{HeaderField, Parsed, WebAddress};
use crate::credential::Label;

/// The versions of the API.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Versions {
    /// Where a request names its version.
    pub read_from: ReadFrom,
    /// exact: a credential may call its own version only; up_to: older ones too.
    pub rule: VersionRule,
    /// use_pin: a request without a version is served at the credential's version; reject: it is refused.
    pub when_unstated: WhenUnstated,
    /// Every version, oldest first.
    pub known: Vec<Version>,
}

/// Where a request names its version.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ReadFrom {
    /// A template such as /v{version}/.
    pub path: Option<Parsed<Template>>,
    /// A header such as X-API-Version.
    pub header: Option<Parsed<HeaderField>>,
}

/// The versions that a credential may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VersionRule {
    /// Its own version only.
    #[default]
    Exact,
    /// Its own version and older ones.
    UpTo,
}

/// What happens to a request without a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenUnstated {
    /// It is served at the credential's version.
    #[default]
    UsePin,
    /// It is refused.
    Reject,
}

/// One version of the API.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The name in requests and credentials; in quotes.
    pub name: Parsed<Label>,
    /// Responses carry Deprecation (RFC 9745) with this date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated_on: Option<Parsed<Day>>,
    /// Responses carry Sunset (RFC 8594) with this date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunset_on: Option<Parsed<Day>>,
    /// Requests are refused with 410 from midnight UTC of this date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_on: Option<Parsed<Day>>,
    /// A page about the migration; responses carry it in Link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Parsed<WebAddress>>,
}
