//! How much callers may ask for, as it is written.

use std::num::{NonZeroU32, NonZeroU64};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{HumanDuration, Parsed};

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
    pub body_time: Option<Parsed<HumanDuration>>,
    /// Bytes that are read after a response to a request whose body is still being sent, so that the client can read
    /// the response. Beyond them the connection closes.
    pub drain_bytes: u64,
    /// How long that may take.
    pub drain_time: Parsed<HumanDuration>,
    /// Connections and HTTP/2 streams that are read from in this way at the same time; more close at once.
    pub drains: u32,
    /// Connections of callers at the same time; more are closed at once.
    pub connections: NonZeroU32,
    /// Connections of one address (IPv6: one network of 64 bits) at the same time; more are closed at once.
    /// proxy.trusted_proxies are exempt.
    pub connections_per_address: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        const CONNECTIONS: NonZeroU32 = NonZeroU32::new(10_000).unwrap();
        const PER_ADDRESS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
        Self {
            header_bytes: 32 * 1024,
            body_bytes: None,
            body_time: None,
            drain_bytes: 32 * 1024 * 1024,
            drain_time: Parsed(HumanDuration::seconds(10)),
            drains: 256,
            connections: CONNECTIONS,
            connections_per_address: PER_ADDRESS,
        }
    }
}
