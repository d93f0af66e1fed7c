//! How often somebody may call, and how often they may be wrong.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use crate::auth::{Network, RateLimiter};
use crate::control::api::problem::{Code, Problem};
use crate::credential::RateLimit;

/// Callers that are kept count of at the same time.
const MOST: u64 = 100_000;
/// Nobody who has been away for longer has any count left.
const IDLE: Duration = Duration::from_secs(600);

/// Counts calls by who makes them, and failures to say who by where they come from.
pub(in crate::control) struct Pace {
    calls: Cache<Box<str>, Arc<RateLimiter>>,
    strangers: Cache<Option<Network>, Arc<RateLimiter>>,
    sign_ins: Cache<Option<Network>, Arc<RateLimiter>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { calls: meters(), strangers: meters(), sign_ins: meters() }
    }
}

fn meters<K: std::hash::Hash + Eq + Send + Sync + 'static>() -> Cache<K, Arc<RateLimiter>> {
    Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build()
}

impl Pace {
    /// One more call of somebody who is known.
    ///
    /// # Errors
    /// When it is one too many.
    pub(in crate::control) fn call(&self, caller: &str, now: Duration) -> Result<(), Problem> {
        count(&self.calls.get_with(caller.into(), Arc::default), per_minute(6000, 600), now)
    }

    /// One more call with something that is nobody's.
    ///
    /// # Errors
    /// When it is one too many.
    pub(in crate::control) fn stranger(&self, from: Option<IpAddr>, now: Duration) -> Result<(), Problem> {
        count(&self.strangers.get_with(from.map(Network::of), Arc::default), per_minute(60, 30), now)
    }

    /// One more attempt to sign in.
    ///
    /// # Errors
    /// When it is one too many.
    pub(in crate::control) fn sign_in(&self, from: Option<IpAddr>, now: Duration) -> Result<(), Problem> {
        count(&self.sign_ins.get_with(from.map(Network::of), Arc::default), per_minute(20, 10), now)
    }
}

fn per_minute(requests: u32, burst: u32) -> RateLimit {
    let count = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    RateLimit { requests: count(requests), seconds: count(60), burst: count(burst) }
}

fn count(meter: &RateLimiter, limit: RateLimit, now: Duration) -> Result<(), Problem> {
    match meter.count(limit, now).retry_after {
        None => Ok(()),
        Some(delay) => {
            let seconds = u32::try_from(delay.as_secs()).unwrap_or(u32::MAX);
            Err(Problem::new(Code::TooManyRequests, "this is too often; wait for a while").retry_after(seconds))
        }
    }
}
