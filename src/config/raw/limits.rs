//! Limits of requests, rates, guesses and hashing.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::str::FromStr;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{HumanDuration, Parsed};
use crate::credential;

// Above these bounds a process does not start, or runs out of memory soon after.
pub(in crate::config) const MAX_THREADS: u64 = 1024;
pub(in crate::config) const MAX_QUEUED: u64 = 100_000;
pub(in crate::config) const MAX_REMEMBERED: u64 = 10_000_000;
/// Where no container limits the memory.
pub(in crate::config) const DEFAULT_STREAMS: NonZeroU32 = NonZeroU32::new(250).unwrap();
pub(in crate::config) const DEFAULT_HEAD_BYTES: NonZeroU32 = NonZeroU32::new(32 << 20).unwrap();

/// Limits of requests and connections.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Memory of the head of a request, in bytes: its target, and each header with its name, its value and 104; 1024 to
    /// 1048576. A larger head is refused with 431.
    pub header_bytes: u32,
    /// Memory of the heads of the requests in progress on an HTTP/2 connection, in bytes; not less than header_bytes.
    /// Further requests are refused with 503.
    pub header_bytes_per_connection: NonZeroU32,
    /// Memory of the heads of all requests in progress, in bytes; not less than header_bytes_per_connection. Further
    /// requests are refused with 503. HTTP/2 heads that are still arriving may take half of it. 33554432 by default, or
    /// a sixteenth of the memory limit of the container.
    pub header_bytes_total: Option<NonZeroU32>,
    /// Bytes of the body of a request. A larger body is refused with 413, or broken off where its length was not
    /// declared. Unlimited by default.
    pub body_bytes: Option<NonZeroU64>,
    /// Time from the head of a request to the end of its body; then the request is refused with 408. Unlimited by
    /// default, for long gRPC streams. WebSockets are exempt.
    pub body_time: Option<Parsed<HumanDuration>>,
    /// How many bytes the gate reads of a body that is still being sent after the response, so that the client can read
    /// the response. Then the connection is closed.
    pub drain_bytes: u64,
    /// How long the gate reads such a body. Then the connection is closed.
    pub drain_time: Parsed<HumanDuration>,
    /// Connections and HTTP/2 streams whose bodies are read in this way at the same time; further ones are closed at
    /// once.
    pub drains: u32,
    /// Concurrent streams of all HTTP/2 connections; further ones are refused with REFUSED_STREAM. One network (an
    /// address, or 64 bits of IPv6) gets half of them, but not less than streams_per_connection. 250 by default, or as
    /// many as three sixteenths of the memory limit of the container hold.
    pub streams: Option<NonZeroU32>,
    /// Concurrent streams of an HTTP/2 connection; further ones wait at the client, or are refused with REFUSED_STREAM.
    pub streams_per_connection: NonZeroU32,
    /// Open connections of callers; further ones are closed at once. 10,000 by default, or as many as the memory limit
    /// of the container holds.
    pub connections: Option<NonZeroU32>,
    /// Open connections of one address (IPv6: one /64 network); further ones are closed at once.
    /// proxy.trusted_proxies are exempt. A tenth of connections by default, and at least 16.
    pub connections_per_address: Option<NonZeroU32>,
}

/// How often a credential may be used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests per window.
    pub requests: NonZeroU32,
    /// The window: whole seconds, such as 1s, 1m or 1h.
    pub per: Parsed<Window>,
    /// Requests that may arrive at once; by default as many as per window.
    #[serde(default)]
    pub burst: Option<NonZeroU32>,
}

/// Delays after wrong guesses.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Throttle {
    /// Off: wrong guesses are never delayed.
    pub enabled: bool,
    /// Wrong passwords for one user name from one address before the first delay.
    pub free_per_pair: NonZeroU32,
    /// Wrong passwords from one address before the first delay; and as many wrong tokens.
    pub free_per_address: NonZeroU32,
    /// The first delay; each further wrong guess doubles it.
    pub first_delay: Parsed<HumanDuration>,
    /// The longest delay.
    pub longest_delay: Parsed<HumanDuration>,
    /// Time without a wrong guess after which counting starts again; longer than longest_delay.
    pub window: Parsed<HumanDuration>,
}

/// How much slow hashing runs at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Passwords {
    /// Hashes computed at once, at most 1024; half the number of cores by default, or as many as the
    /// memory limit of the container holds. A change needs a restart.
    #[cfg_attr(test, schemars(range(max = MAX_THREADS)))]
    pub threads: Option<NonZeroUsize>,
    /// Requests that wait for a hash, at most 100,000; further ones are refused with 503. A change needs a restart.
    #[cfg_attr(test, schemars(range(max = MAX_QUEUED)))]
    pub queue: NonZeroUsize,
    /// User names and passwords that stay in the cache once they are verified, at most 10,000,000; 100,000 by default,
    /// or fewer in a container with a memory limit below 1 GiB. A change needs a restart.
    #[cfg_attr(test, schemars(range(max = MAX_REMEMBERED)))]
    pub remembered: Option<u64>,
}

impl RateLimit {
    pub fn limit(&self) -> credential::RateLimit {
        let burst = self.burst.unwrap_or(self.requests);
        credential::RateLimit { requests: self.requests, seconds: self.per.0.0, burst }
    }
}

impl Limits {
    /// Of all HTTP/2 connections.
    pub fn max_streams(&self) -> usize {
        self.streams.unwrap_or(DEFAULT_STREAMS).get() as usize
    }

    /// Of the heads of all requests in progress.
    pub fn max_head_bytes(&self) -> usize {
        self.header_bytes_total.unwrap_or(DEFAULT_HEAD_BYTES).get() as usize
    }
}

impl Default for Limits {
    fn default() -> Self {
        const HEADS_PER_CONNECTION: NonZeroU32 = NonZeroU32::new(1024 * 1024).unwrap();
        const STREAMS_PER_CONNECTION: NonZeroU32 = NonZeroU32::new(100).unwrap();
        Self {
            header_bytes: 32 * 1024,
            header_bytes_per_connection: HEADS_PER_CONNECTION,
            header_bytes_total: None,
            body_bytes: None,
            body_time: None,
            drain_bytes: 32 * 1024 * 1024,
            drain_time: Parsed(HumanDuration::seconds(10)),
            drains: 256,
            streams: None,
            streams_per_connection: STREAMS_PER_CONNECTION,
            connections: None,
            connections_per_address: None,
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        const FREE: [NonZeroU32; 2] = [NonZeroU32::new(5).unwrap(), NonZeroU32::new(10).unwrap()];
        let seconds = |seconds| Parsed(HumanDuration::seconds(seconds));
        Self {
            enabled: true,
            free_per_pair: FREE[0],
            free_per_address: FREE[1],
            first_delay: seconds(1),
            longest_delay: seconds(300),
            // At the longest delay an address gets fewer guesses per hour than are free after a quiet hour.
            window: seconds(3600),
        }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        const QUEUE: NonZeroUsize = NonZeroUsize::new(64).unwrap();
        Self { threads: None, queue: QUEUE, remembered: None }
    }
}

/// A number of seconds: the rate-limit response fields have no fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window(NonZeroU32);

impl FromStr for Window {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const MAX_SECONDS: u64 = 366 * 24 * 3600;
        let HumanDuration(period) = text.parse()?;
        let is_whole = period.subsec_nanos() == 0 && period.as_secs() <= MAX_SECONDS;
        let seconds = u32::try_from(period.as_secs()).ok().filter(|_| is_whole).and_then(NonZeroU32::new);
        seconds.map(Self).ok_or("must be whole seconds, at most a year, such as 1s, 1m or 24h")
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HumanDuration::seconds(self.0.get().into()).fmt(f)
    }
}
