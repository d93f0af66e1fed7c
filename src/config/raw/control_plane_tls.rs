//! TLS at the admin listener and the console listener.

use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// TLS at the admin listener or the console listener.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ListenerTls {
    /// Certificate chain (PEM).
    pub certificate: PathBuf,
    /// Key of the certificate (PEM).
    pub key: PathBuf,
}
