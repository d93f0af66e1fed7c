//! How much callers may ask for, as it is written.

use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{Parsed, Period};

/// How much callers may ask for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of names and values of a request's headers and of its target, 1024 to 1048576. More is refused
    /// with 431.
    pub header_bytes: u32,
    /// Bytes of a request's body; more is refused with 413, or cut where its length was not stated. None by
    /// default.
    pub body_bytes: Option<NonZeroU64>,
    /// From the head of a request to the end of its body; cut with 408 then. None by default, because a stream
    /// of gRPC may last as long as it likes. WebSockets are exempt.
    pub body_time: Option<Parsed<Period>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header_bytes: 32 * 1024, body_bytes: None, body_time: None }
    }
}
