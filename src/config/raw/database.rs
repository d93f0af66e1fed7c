//! How a database is used, as it is written.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MOST_CONNECTIONS, MOST_MEGABYTES};
use crate::config::values::{HumanDuration, Parsed};

/// How the database of `credentials.database` is used. A change needs a restart.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// While the database cannot be reached, what is remembered keeps deciding for so long; then it is 503 for all
    /// of its credentials.
    pub max_stale: Parsed<HumanDuration>,
    /// What a query may take, waiting for a connection included.
    pub query_timeout: Parsed<HumanDuration>,
    /// Connections at most; up to 1000.
    #[schemars(range(max = MOST_CONNECTIONS))]
    pub connections: NonZeroU32,
    /// Credentials that are looked up at the same time at most; more are 503.
    pub lookups: NonZeroUsize,
    /// What is remembered of it.
    pub cache: DatabaseCache,
    /// Credentials that are read at the start, the most recently used first.
    pub preload: u32,
    /// How often it is written down when credentials were last used.
    pub last_used_every: Parsed<HumanDuration>,
    /// A file to keep what is remembered in (digests only, mode 0600), so that a gate can start while a PostgreSQL
    /// server is down; counts for max_stale. Off by default.
    pub snapshot: Option<PathBuf>,
}

/// Bounds of what is remembered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseCache {
    /// Credentials, of each kind (token, Basic pair).
    pub credentials: NonZeroU64,
    /// Memory for them, of each kind, about; up to 65536.
    #[schemars(range(max = MOST_MEGABYTES))]
    pub megabytes: NonZeroU32,
    /// Tokens that nobody has.
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
        const MEGABYTES: NonZeroU32 = NonZeroU32::new(128).unwrap();
        Self { credentials: CREDENTIALS, megabytes: MEGABYTES, unknown: 100_000 }
    }
}
