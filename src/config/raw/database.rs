//! How a database is used.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::values::{HumanDuration, Parsed};

// Above these bounds a process does not start, or runs out of memory soon after.
pub(in crate::config) const MAX_CONNECTIONS: u64 = 1000;
pub(in crate::config) const MAX_MEGABYTES: u64 = 65_536;
pub(in crate::config) const MAX_LOOKUPS: usize = 100_000;

/// How the database of `credentials.database` is used. A change needs a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// How long cached credentials stay valid while the database does not answer. After that, requests with a
    /// credential of the database are refused with 503.
    pub max_stale: Parsed<HumanDuration>,
    /// Timeout of a query, waiting for a connection included.
    pub query_timeout: Parsed<HumanDuration>,
    /// Size of the connection pool, at most 1000.
    #[cfg_attr(test, schemars(range(max = MAX_CONNECTIONS)))]
    pub connections: NonZeroU32,
    /// Lookups at once; requests that need a further one are refused with 503.
    pub lookups: NonZeroUsize,
    /// The cache of credentials.
    pub cache: DatabaseCache,
    /// Credentials that are read at the start, the most recently used first.
    pub preload: u32,
    /// The interval at which last uses are written to the database.
    pub last_used_every: Parsed<HumanDuration>,
    /// A file that keeps the cache (digests only, mode 0600), so that a gate can start while a PostgreSQL server is
    /// down. max_stale applies. Off by default.
    pub snapshot: Option<PathBuf>,
}

/// Bounds of the cache.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseCache {
    /// Credentials of each kind (token, Basic pair).
    pub credentials: NonZeroU64,
    /// Approximate memory for each kind, in megabytes, at most 65536. 128 by default, or a sixteenth of the memory limit
    /// of the container.
    #[cfg_attr(test, schemars(range(max = MAX_MEGABYTES)))]
    pub megabytes: Option<NonZeroU32>,
    /// Tokens that do not exist.
    pub unknown: u64,
}

impl Default for Database {
    fn default() -> Self {
        const CONNECTIONS: NonZeroU32 = NonZeroU32::new(8).unwrap();
        const LOOKUPS: NonZeroUsize = NonZeroUsize::new(64).unwrap();
        let seconds = |seconds| Parsed(HumanDuration::seconds(seconds));
        Self {
            max_stale: seconds(300),
            query_timeout: seconds(2),
            connections: CONNECTIONS,
            lookups: LOOKUPS,
            cache: DatabaseCache::default(),
            preload: 10_000,
            last_used_every: seconds(10),
            snapshot: None,
        }
    }
}

impl Default for DatabaseCache {
    fn default() -> Self {
        const CREDENTIALS: NonZeroU64 = NonZeroU64::new(100_000).unwrap();
        Self { credentials: CREDENTIALS, megabytes: None, unknown: 100_000 }
    }
}
