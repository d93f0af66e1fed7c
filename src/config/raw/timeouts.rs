//! How long things may take, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{HumanDuration, Parsed};

/// How long things may take.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// The whole head of a request. A change needs a restart.
    pub request_head: Parsed<HumanDuration>,
    /// The next piece of a request body, or the next write to the caller.
    pub client: Parsed<HumanDuration>,
    /// An idle connection of a caller. A change needs a restart.
    pub keep_alive: Parsed<HumanDuration>,
    /// Connecting to the API behind, TLS included.
    pub upstream_connect: Parsed<HumanDuration>,
    /// The next piece of an answer of the API behind.
    pub upstream_read: Parsed<HumanDuration>,
    /// The next write to the API behind.
    pub upstream_write: Parsed<HumanDuration>,
    /// An idle connection to the API behind; shorter than its own.
    pub upstream_keep_alive: Parsed<HumanDuration>,
    /// Silence on an upgraded connection (WebSocket).
    pub upgraded: Parsed<HumanDuration>,
    /// How long callers are still served after SIGTERM, and told to leave, before listeners close; less where
    /// nobody is connected. A change needs a restart.
    pub lame_duck: Parsed<HumanDuration>,
    /// How long requests in flight may still take after SIGTERM. A change needs a restart.
    pub shutdown: Parsed<HumanDuration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = |seconds| Parsed(HumanDuration::seconds(seconds));
        Self {
            request_head: seconds(10),
            client: seconds(60),
            keep_alive: seconds(75),
            upstream_connect: seconds(3),
            upstream_read: seconds(60),
            upstream_write: seconds(60),
            upstream_keep_alive: seconds(50),
            upgraded: seconds(3600),
            lame_duck: seconds(1),
            shutdown: seconds(30),
        }
    }
}
