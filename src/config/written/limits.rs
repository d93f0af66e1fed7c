//! How much callers may ask for, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much callers may ask for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of names and values of a request's headers and of its target, 1024 to 1048576. More is refused
    /// with 431.
    pub header_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header_bytes: 32 * 1024 }
    }
}
