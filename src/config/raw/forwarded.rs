//! Headers of forwarded requests: where a request came from, and how names are spelled.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The headers that say where a request came from. One that is not sent is removed from every request, that of a trusted
/// proxy too. The gate only: with forward_auth, the proxy that asks sets them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Forwarded {
    /// Send X-Forwarded-For: the address of the connection, after the addresses that a trusted proxy sent.
    pub r#for: bool,
    /// Send X-Forwarded-Proto: http or https, or what a trusted proxy sent.
    pub proto: bool,
    /// When to send X-Forwarded-Host: the requested host, or what a trusted proxy sent. The gate forwards Host unchanged, so
    /// without a trusted proxy both say the same.
    pub host: ForwardedHost,
}

/// When X-Forwarded-Host is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ForwardedHost {
    /// With every request.
    #[default]
    Always,
    /// Only where it differs from the Host that is forwarded: where a trusted proxy sent another one.
    WhenDifferent,
    /// With no request.
    Never,
}

/// How names of headers are spelled in requests to the API over HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeaderNames {
    /// As the caller sent them; the gate's own as X-Claviger-Account.
    #[default]
    AsSent,
    /// In lower case, which takes less CPU.
    Lowercase,
}

impl Default for Forwarded {
    fn default() -> Self {
        Self { r#for: true, proto: true, host: ForwardedHost::Always }
    }
}
