//! How often a caller may call, and how often an address may fail to authenticate.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::problem::{Code, Problem};
use crate::auth::{Network, RateLimiter};
use crate::credential::RateLimit;

const MAX_COUNTERS: u64 = 100_000;
/// Every bucket is full again after this.
const COUNTER_IDLE: Duration = Duration::from_secs(600);

/// Counts calls by caller; failures to authenticate, attempts to sign in and looks at links by network.
pub(crate) struct RateLimits {
    calls: Cache<Box<str>, Arc<RateLimiter>>,
    failures: Cache<Option<Network>, Arc<RateLimiter>>,
    attempts: Cache<Option<Network>, Arc<RateLimiter>>,
    looks: Cache<Option<Network>, Arc<RateLimiter>>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { calls: counters(), failures: counters(), attempts: counters(), looks: counters() }
    }
}

fn counters<K: std::hash::Hash + Eq + Send + Sync + 'static>() -> Cache<K, Arc<RateLimiter>> {
    Cache::builder().max_capacity(MAX_COUNTERS).time_to_idle(COUNTER_IDLE).build()
}

/// All of them return [`Code::TooManyRequests`] above the limit.
impl RateLimits {
    pub(crate) fn count_call(&self, caller: &str, now: Duration) -> Result<(), Problem> {
        let what = "requests of this caller";
        count(&self.calls.get_with(caller.into(), Arc::default), per_minute(6000, 600), now, what)
    }

    pub(crate) fn count_failure(&self, from: Option<IpAddr>, now: Duration) -> Result<(), Problem> {
        let what = "failed authentications from this network";
        count(&self.failures.get_with(from.map(Network::of), Arc::default), per_minute(60, 30), now, what)
    }

    pub(crate) fn count_attempt(&self, from: Option<IpAddr>, now: Duration) -> Result<(), Problem> {
        let what = "attempts to sign in or to use a link from this network, right and wrong ones (20 a minute)";
        count(&self.attempts.get_with(from.map(Network::of), Arc::default), per_minute(20, 10), now, what)
    }

    pub(crate) fn count_look(&self, from: Option<IpAddr>, now: Duration) -> Result<(), Problem> {
        let what = "looks at links from this network";
        count(&self.looks.get_with(from.map(Network::of), Arc::default), per_minute(60, 30), now, what)
    }
}

fn per_minute(requests: u32, burst: u32) -> RateLimit {
    let count = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    RateLimit { requests: count(requests), seconds: count(60), burst: count(burst) }
}

fn count(limiter: &RateLimiter, limit: RateLimit, now: Duration, what: &str) -> Result<(), Problem> {
    match limiter.count(limit, now).retry_after {
        None => Ok(()),
        Some(delay) => {
            let seconds = u32::try_from(delay.as_secs()).unwrap_or(u32::MAX);
            let detail = format!("too many {what}; try again after the time in Retry-After");
            Err(Problem::english(Code::TooManyRequests, detail).retry_after(seconds))
        }
    }
}
