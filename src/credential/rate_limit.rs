//! How many requests a credential may make.

use std::num::NonZeroU32;

/// So many requests in so many seconds, and so many of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in each window.
    pub requests: NonZeroU32,
    /// The window.
    pub seconds: NonZeroU32,
    /// Requests that may come at once, after a pause that was long enough.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// Nanoseconds from one request to the next at an even pace; rounded up, so that never one too many passes.
    pub fn interval(&self) -> u64 {
        (u64::from(self.seconds.get()) * 1_000_000_000).div_ceil(u64::from(self.requests.get()))
    }

    /// Nanoseconds until a burst that was used up is whole again.
    pub fn refill(&self) -> u64 {
        self.interval().saturating_mul(u64::from(self.burst.get()))
    }
}
