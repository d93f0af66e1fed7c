//! Rate limits of credentials.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use crate::credential::{Credential, RateLimit};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The generic cell rate algorithm. Its state is the time at which the whole burst is available again, in nanoseconds
/// of a monotonic clock. Counting is one atomic exchange, and there is no window edge at which two bursts could meet.
#[derive(Debug, Default)]
pub struct RateLimiter(AtomicU64);

/// The state of a credential's limit after one request. Durations are whole seconds, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateStatus {
    pub limit: RateLimit,
    /// Requests that pass at once.
    pub remaining: u32,
    /// Time until the whole burst is available again.
    pub reset_after: Duration,
    /// Time until the next request passes; `None` where this one passes.
    pub retry_after: Option<Duration>,
}

impl RateLimiter {
    /// Counts a request, unless it exceeds the limit.
    pub fn count(&self, limit: RateLimit, now: Duration) -> RateStatus {
        let (interval, refill) = (limit.interval(), limit.refill());
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX / 4);
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            // A value further ahead than a whole burst means that the limit was changed or that the clock went back.
            // The clamp bounds the resulting wait to one burst.
            let full_at = before.clamp(now, now.saturating_add(refill));
            let next = full_at.checked_add(interval).filter(|next| next - now <= refill);
            let is_admitted = next.is_some();
            let after = next.unwrap_or(full_at);
            match self.0.compare_exchange_weak(before, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return status(limit, after - now, is_admitted),
                Err(other) => before = other,
            }
        }
    }
}

/// `missing` is the time, in nanoseconds, until the burst is whole.
fn status(limit: RateLimit, missing: u64, is_admitted: bool) -> RateStatus {
    let seconds = |nanos: u64| Duration::from_secs(nanos.div_ceil(NANOS_PER_SECOND));
    let free = limit.refill() - missing;
    RateStatus {
        limit,
        remaining: u32::try_from(free / limit.interval()).unwrap_or(u32::MAX),
        reset_after: seconds(missing),
        retry_after: (!is_admitted).then(|| seconds(limit.interval().saturating_sub(free).max(1))),
    }
}

/// A limiter for each credential that has a limit of its own or the default. Those of a file are created with the set,
/// so that no request has to lock or insert; those of a database are created on use, within a bound.
#[derive(Debug, Default)]
pub struct RateLimiters {
    default: Option<RateLimit>,
    by_id: HashMap<Box<str>, Arc<RateLimiter>>,
    database: Option<Cache<Box<str>, Arc<RateLimiter>>>,
}

impl RateLimiters {
    /// Takes over the state of `previous`, by id.
    pub fn new<'c>(
        credentials: impl Iterator<Item = &'c Credential>,
        default: Option<RateLimit>,
        previous: Option<&Self>,
    ) -> Self {
        let limited = credentials.filter(|credential| credential.rate_limit.or(default).is_some());
        let by_id = limited.map(|credential| {
            let id = credential.id.as_str();
            (id.into(), previous.and_then(|previous| previous.by_id.get(id)).cloned().unwrap_or_default())
        });
        let database = previous.and_then(|previous| previous.database.clone());
        Self { default, by_id: by_id.collect(), database }
    }

    /// Adds limiters for at most `capacity` credentials of a database.
    pub fn with_database(mut self, capacity: u64) -> Self {
        self.database.get_or_insert_with(|| Cache::new(capacity));
        self
    }

    /// Returns `None` where the credential has no limit; then the clock is not read.
    pub fn count(&self, credential: &Credential, now: impl FnOnce() -> Duration) -> Option<RateStatus> {
        let limit = credential.rate_limit.or(self.default)?;
        let id = credential.id.as_str();
        if let Some(limiter) = self.by_id.get(id) {
            return Some(limiter.count(limit, now()));
        }
        let database = self.database.as_ref()?;
        let limiter = database.get(id).unwrap_or_else(|| database.get_with(id.into(), Arc::default));
        Some(limiter.count(limit, now()))
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
