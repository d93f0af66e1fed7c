//! What is logged, where and how.

use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is logged.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
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

impl Default for Log {
    fn default() -> Self {
        Self { access: true, file: None, format: LogFormat::Auto, level: "info".into() }
    }
}
