//! How often a credential has called lately, and whether once more is too often.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use crate::credential::{Credential, RateLimit};

const SECOND: u64 = 1_000_000_000;

/// The generic cell rate algorithm: all it keeps is when the burst would be whole again, in nanoseconds
/// of a clock that only goes forward. Counting is one atomic exchange; there is no window whose edge
/// could be used twice.
#[derive(Debug, Default)]
pub struct RateLimiter(AtomicU64);

/// How a credential stands after a request was counted, or was not because it was one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateStatus {
    /// What holds for it.
    pub limit: RateLimit,
    /// Requests that may still come at once.
    pub remaining: u32,
    /// Seconds until the whole burst may come again.
    pub whole_in: u32,
    /// Seconds until one more may come; `None` where this one was let through.
    pub retry_in: Option<u32>,
}

impl RateLimiter {
    /// Counts a request, unless it is one too many.
    pub fn count(&self, limit: RateLimit, now: Duration) -> RateStatus {
        let (interval, refill) = (limit.interval(), limit.refill());
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX / 4);
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            // Further ahead than a burst that was used up only just now: the limit was changed, or the clock
            // went back. Nobody has to wait for longer than such a burst because of that.
            let whole_at = before.clamp(now, now.saturating_add(refill));
            let next = whole_at.checked_add(interval).filter(|next| next - now <= refill);
            let is_let_through = next.is_some();
            let after = next.unwrap_or(whole_at);
            match self.0.compare_exchange_weak(before, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return standing(limit, after - now, is_let_through),
                Err(other) => before = other,
            }
        }
    }
}

/// `missing` is how far the burst is from being whole.
fn standing(limit: RateLimit, missing: u64, is_let_through: bool) -> RateStatus {
    let seconds = |nanos: u64| u32::try_from(nanos.div_ceil(SECOND)).unwrap_or(u32::MAX);
    let free = limit.refill() - missing;
    RateStatus {
        limit,
        remaining: u32::try_from(free / limit.interval()).unwrap_or(u32::MAX),
        whole_in: seconds(missing),
        retry_in: (!is_let_through).then(|| seconds(limit.interval().saturating_sub(free)).max(1)),
    }
}

/// A meter for each credential that has a limit, its own or the default. Those of a file are made with the set, so
/// that no request has to lock or to insert anything, and are never more than the set; those of a database come and
/// go with their use, within a bound.
#[derive(Debug, Default)]
pub struct RateLimiters {
    default: Option<RateLimit>,
    of: HashMap<Box<str>, Arc<RateLimiter>>,
    others: Option<Cache<Box<str>, Arc<RateLimiter>>>,
}

impl RateLimiters {
    /// For these credentials. What `before` has counted goes on counting, by id.
    pub fn new<'c>(
        credentials: impl Iterator<Item = &'c Credential>,
        default: Option<RateLimit>,
        before: Option<&Self>,
    ) -> Self {
        let limited = credentials.filter(|credential| credential.rate_limit.or(default).is_some());
        let of = limited.map(|credential| {
            let id = credential.id.as_str();
            (id.into(), before.and_then(|before| before.of.get(id)).cloned().unwrap_or_default())
        });
        Self { default, of: of.collect(), others: before.and_then(|before| before.others.clone()) }
    }

    /// The same, and meters for so many credentials of a database.
    pub fn with_others(mut self, most: u64) -> Self {
        self.others.get_or_insert_with(|| Cache::new(most));
        self
    }

    /// Counts a request of this credential; `None` where it has no limit.
    pub fn count(&self, credential: &Credential, now: Duration) -> Option<RateStatus> {
        let limit = credential.rate_limit.or(self.default)?;
        let id = credential.id.as_str();
        if let Some(meter) = self.of.get(id) {
            return Some(meter.count(limit, now));
        }
        let others = self.others.as_ref()?;
        let meter = others.get(id).unwrap_or_else(|| others.get_with(id.into(), Arc::default));
        Some(meter.count(limit, now))
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
