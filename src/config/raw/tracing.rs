//! Traces, as they are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{Parsed, WebAddress};

/// Traces of requests (OpenTelemetry).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// Where a collector takes spans, OTLP over HTTP: http://127.0.0.1:4318, without /v1/traces. None by default: there
    /// are no spans. A change needs a restart.
    pub otlp: Option<Parsed<WebAddress>>,
    /// Of how many requests there is a span, from 0 to 1; of those that a trusted proxy wants told, always. A change
    /// needs a restart.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample: f64,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { otlp: None, sample: 1.0 }
    }
}
