//! Credentials that a request may present, and tokens as they are created.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Prefix;
use crate::config::values::{AuthScheme, HeaderField, Parsed, ProtocolName};
use crate::credential::TokenFormat;

/// The kinds of credential that a request may present.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
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

/// The part of a Basic pair that may be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BasicToken {
    Username,
    Password,
}

/// Where a request carries an API key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ApiKey {
    /// The header; null switches it off.
    pub header: Option<Parsed<HeaderField>>,
    /// The query parameter. Off by default. It is removed before the request is forwarded.
    pub query: Option<String>,
}

impl Default for ApiKey {
    fn default() -> Self {
        let header = HeaderField(http::HeaderName::from_static("x-api-key"));
        Self { header: Some(Parsed(header)), query: None }
    }
}

/// The tokens that Claviger creates.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// The prefix of a token. A presented token with this prefix and a wrong checksum is refused without a lookup.
    pub prefix: Parsed<Prefix>,
}

impl Default for Tokens {
    fn default() -> Self {
        let value = TokenFormat::default();
        Self { prefix: Parsed(Prefix::from(value)) }
    }
}
