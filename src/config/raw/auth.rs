//! What a request may present, and what it may call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Day, PathText, Prefix, Template};
use crate::config::values::{AuthScheme, HeaderField, HeaderPrefix, MethodName, Parsed, ProtocolName, WebAddress};
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
    /// Further schemes of Authorization that carry a token, such as Token for `Authorization: Token …`. None by default.
    pub schemes: Vec<Parsed<AuthScheme>>,
    /// Authorization with nothing but a token.
    pub bare_token: bool,
    /// The part of a Basic pair that may be a token: username (`curl -u TOKEN:`) or password. With basic, only where the
    /// other part is empty. Off by default.
    pub basic_token: Option<BasicToken>,
    /// A name in Sec-WebSocket-Protocol that a token follows, such as bearer for `bearer, TOKEN`. Off by default. Both are
    /// removed before the request is forwarded.
    pub websocket_protocol: Option<Parsed<ProtocolName>>,
}

impl Accept {
    /// Whether a token has any way in.
    pub fn reads_tokens(&self) -> bool {
        let has_key = self.api_key.as_ref().is_some_and(|key| key.header.is_some() || key.query.is_some());
        let has_more = self.bare_token || self.basic_token.is_some() || self.websocket_protocol.is_some();
        self.bearer || has_key || has_more || !self.schemes.is_empty()
    }
}

/// The part of a Basic pair that may be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BasicToken {
    Username,
    Password,
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

/// Methods on a path.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Every method by default. GET includes HEAD.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Parsed<MethodName>>,
    /// Whole segments, after the version: /payments covers /payments/7, not /paymentsx.
    pub path: Parsed<PathText>,
}

/// A route that needs no credential.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicRoute {
    /// Every method by default. GET includes HEAD.
    #[serde(default)]
    pub methods: Vec<Parsed<MethodName>>,
    /// Whole segments, after the version: /events covers /events/7, not /eventsx.
    pub path: Parsed<PathText>,
    /// ignored: a presented credential is not checked, and removed; optional: it must be valid, and names its caller to
    /// the API.
    #[serde(default)]
    pub credential: PublicCredential,
}

/// What a public route does with a presented credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublicCredential {
    /// It is not checked, and removed.
    #[default]
    Ignored,
    /// It must be valid, and names its caller to the API. Scopes do not apply.
    Optional,
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
        Self {
            bearer: true,
            api_key: Some(ApiKey::default()),
            basic: true,
            schemes: Vec::new(),
            bare_token: false,
            basic_token: None,
            websocket_protocol: None,
        }
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
