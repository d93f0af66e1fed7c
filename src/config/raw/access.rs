//! What a request may present, and what it may call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Day, PathText, Prefix, Template};
use crate::config::values::{HeaderField, HeaderPrefix, MethodName, Parsed, WebAddress};
use crate::credential::{Label, TokenFormat};

/// The kinds of credential that a request may present.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Accept {
    /// Authorization: Bearer.
    pub bearer: bool,
    /// API keys; null switches them off.
    pub api_key: Option<ApiKey>,
    /// Authorization: Basic.
    pub basic: bool,
}

/// Where a request carries an API key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiKey {
    /// The header; null switches it off.
    pub header: Option<Parsed<HeaderField>>,
    /// The query parameter. Off by default. It is removed before the request is forwarded.
    pub query: Option<String>,
}

/// What the API behind learns about the caller.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// The prefix of the identity headers: X-, a name and a hyphen. Headers of the request that begin with it are
    /// removed.
    pub prefix: Parsed<HeaderPrefix>,
    /// Forward the credential too, for an API that still checks it.
    pub forward_credential: bool,
}

/// The versions of the API.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadFrom {
    /// A template such as /v{version}/.
    pub path: Option<Parsed<Template>>,
    /// A header such as X-API-Version.
    pub header: Option<Parsed<HeaderField>>,
}

/// The versions that a credential may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionRule {
    /// Its own version only.
    #[default]
    Exact,
    /// Its own version and older ones.
    UpTo,
}

/// What happens to a request without a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnstated {
    /// It is served at the credential's version.
    #[default]
    UsePin,
    /// It is refused.
    Reject,
}

/// One version of the API.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The name in requests and credentials; in quotes.
    pub name: Parsed<Label>,
    /// Responses carry Deprecation (RFC 9745) with this date.
    #[serde(default)]
    pub deprecated_on: Option<Parsed<Day>>,
    /// Responses carry Sunset (RFC 8594) with this date.
    #[serde(default)]
    pub sunset_on: Option<Parsed<Day>>,
    /// Requests are refused with 410 from midnight UTC of this date.
    #[serde(default)]
    pub retired_on: Option<Parsed<Day>>,
    /// A page about the migration; responses carry it in Link.
    #[serde(default)]
    pub link: Option<Parsed<WebAddress>>,
}

/// Methods on a path.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Every method by default. GET includes HEAD.
    #[serde(default)]
    pub methods: Vec<Parsed<MethodName>>,
    /// Whole segments, after the version: /payments covers /payments/7, not /paymentsx.
    pub path: Parsed<PathText>,
}

/// The tokens that Claviger creates.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// The prefix of a token. A presented token with this prefix and a wrong checksum is refused without a lookup.
    pub prefix: Parsed<Prefix>,
}

impl Default for Accept {
    fn default() -> Self {
        Self { bearer: true, api_key: Some(ApiKey::default()), basic: true }
    }
}

impl Default for ApiKey {
    fn default() -> Self {
        let header = HeaderField(http::HeaderName::from_static("x-api-key"));
        Self { header: Some(Parsed(header)), query: None }
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self { prefix: Parsed(HeaderPrefix("X-Claviger-".into())), forward_credential: false }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        let value = TokenFormat::default();
        Self { prefix: Parsed(Prefix::from(value)) }
    }
}
