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

    /// False where a burst would take more than a hundred years to refill: no clock of ours counts so far.
    pub fn is_countable(&self) -> bool {
        const CENTURY: u64 = 100 * 365 * 24 * 3600 * 1_000_000_000;
        self.interval().checked_mul(u64::from(self.burst.get())).is_some_and(|refill| refill <= CENTURY)
    }

    /// Nanoseconds until a burst that was used up is whole again.
    pub fn refill(&self) -> u64 {
        self.interval().saturating_mul(u64::from(self.burst.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_that_no_clock_could_count_is_told() {
        let limit = |seconds, burst| RateLimit {
            requests: NonZeroU32::MIN,
            seconds: NonZeroU32::new(seconds).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        };
        let year = 366 * 24 * 3600;
        assert!(limit(year, 99).is_countable());
        assert!(!limit(year, 101).is_countable());
        assert!(!limit(u32::MAX, u32::MAX).is_countable());
    }
}
