//! Traces of requests.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{Parsed, WebAddress};

/// Traces of requests (OpenTelemetry).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// The collector, OTLP over HTTP: http://127.0.0.1:4318, without /v1/traces. Off by default. A change needs a
    /// restart.
    pub otlp: Option<Parsed<WebAddress>>,
    /// The share of requests that are traced, from 0 to 1. A request that a trusted proxy marks as sampled is always
    /// traced. A change needs a restart.
    #[cfg_attr(test, schemars(range(min = 0.0, max = 1.0)))]
    pub sample: f64,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { otlp: None, sample: 1.0 }
    }
}
