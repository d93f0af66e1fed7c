//! Rate limits.

use std::num::NonZeroU32;

/// `requests` in `seconds`, of which `burst` may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub requests: NonZeroU32,
    pub seconds: NonZeroU32,
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// Nanoseconds between requests at an even pace; rounded up, so that the limit is never exceeded.
    pub fn interval(&self) -> u64 {
        (u64::from(self.seconds.get()) * 1_000_000_000).div_ceil(u64::from(self.requests.get()))
    }

    /// False if a burst would take more than 100 years to refill; larger values could overflow.
    pub fn is_countable(&self) -> bool {
        const CENTURY: u64 = 100 * 365 * 24 * 3600 * 1_000_000_000;
        self.interval().checked_mul(u64::from(self.burst.get())).is_some_and(|refill| refill <= CENTURY)
    }

    /// Nanoseconds until a used-up burst is whole again.
    pub fn refill(&self) -> u64 {
        self.interval().saturating_mul(u64::from(self.burst.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_that_takes_a_century_to_refill_is_not_countable() {
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
