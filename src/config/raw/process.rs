//! The process: handover, logs and traces.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{Parsed, WebAddress};

/// How a new process takes over from this one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Handover {
    /// The Unix socket where `claviger serve --upgrade` requests the listeners, in a folder that only this user can
    /// enter (mode 0700). Off by default. A change needs a restart.
    pub socket: Option<PathBuf>,
}

/// What is logged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// One line per request, on standard output or in the file. A change needs a restart.
    pub access: bool,
    /// The file that the lines of requests are appended to, created with mode 0640; standard output by default. SIGHUP
    /// and SIGUSR1 open it again, after it was renamed. A change needs a restart.
    pub file: Option<PathBuf>,
    /// auto: text on a terminal, JSON otherwise. A change needs a restart.
    pub format: LogFormat,
    /// What is logged on standard error: error, warn, info, debug; or a filter like RUST_LOG's.
    pub level: String,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// Traces of requests (OpenTelemetry).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tracing {
    /// The collector, OTLP over HTTP: http://127.0.0.1:4318, without /v1/traces. Off by default. A change needs a
    /// restart.
    pub otlp: Option<Parsed<WebAddress>>,
    /// The share of requests that are traced, from 0 to 1. A request that a trusted proxy marks as sampled is always
    /// traced. A change needs a restart.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample: f64,
}

impl Default for Log {
    fn default() -> Self {
        Self { access: true, file: None, format: LogFormat::Auto, level: "info".into() }
    }
}

impl Default for Tracing {
    fn default() -> Self {
        Self { otlp: None, sample: 1.0 }
    }
}
