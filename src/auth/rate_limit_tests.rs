use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::credential::{Account, StoredSecret, TokenDigest};

fn limit(requests: u32, seconds: u32, burst: u32) -> RateLimit {
    let number = |number: u32| number.try_into().unwrap();
    RateLimit { requests: number(requests), seconds: number(seconds), burst: number(burst) }
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn credential(id: &str, rate_limit: Option<RateLimit>) -> Credential {
    let account = Account { id: "acme".parse().unwrap(), access: true };
    let secret = StoredSecret::Token(TokenDigest::of(id.as_bytes()));
    Credential { rate_limit, ..Credential::unrestricted(id.parse().unwrap(), account.into(), secret) }
}

/// How many of these simultaneous requests pass.
fn admitted(limiter: &RateLimiter, limit: RateLimit, requests: usize, now: Duration) -> usize {
    (0..requests).filter(|_| limiter.count(limit, now).retry_after.is_none()).count()
}

#[test]
fn a_burst_passes_at_once_and_after_it_one_request_an_interval() {
    let (limiter, limit) = (RateLimiter::default(), limit(60, 60, 5));
    let start = Duration::from_secs(1000);
    assert_eq!(admitted(&limiter, limit, 20, start), 5);
    assert_eq!(admitted(&limiter, limit, 20, start + Duration::from_millis(999)), 0);
    assert_eq!(admitted(&limiter, limit, 20, start + Duration::from_millis(1000)), 1);
    assert_eq!(admitted(&limiter, limit, 20, start + Duration::from_millis(3500)), 2);
    assert_eq!(admitted(&limiter, limit, 20, start + Duration::from_secs(9999)), 5);
}

#[test]
fn the_status_has_remaining_requests_reset_and_retry_times() {
    let (limiter, limit) = (RateLimiter::default(), limit(100, 60, 100));
    let now = Duration::from_secs(7);
    let fields = |status: RateStatus| (status.remaining, status.reset_after, status.retry_after);
    assert_eq!(fields(limiter.count(limit, now)), (99, secs(1), None));
    assert_eq!(admitted(&limiter, limit, 48, now), 48);
    assert_eq!(fields(limiter.count(limit, now)), (50, secs(30), None));
    assert_eq!(admitted(&limiter, limit, 49, now), 49);
    assert_eq!(fields(limiter.count(limit, now)), (0, secs(60), None));
    assert_eq!(fields(limiter.count(limit, now)), (0, secs(60), Some(secs(1))));
}

#[test]
fn a_limit_of_one_request_a_day_returns_its_wait() {
    let (limiter, limit) = (RateLimiter::default(), limit(1, 86_400, 1));
    assert_eq!(limiter.count(limit, Duration::ZERO).retry_after, None);
    assert_eq!(limiter.count(limit, Duration::from_secs(400)).retry_after, Some(secs(86_000)));
}

#[test]
fn concurrent_threads_get_no_more_than_the_burst() {
    let (limiter, limit) = (RateLimiter::default(), limit(1, 3600, 1000));
    let admitted_total: usize = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| admitted(&limiter, limit, 1000, Duration::from_secs(5)))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(admitted_total, 1000);
}

#[test]
fn setting_the_system_clock_changes_no_limit() {
    let clock = Clock::manual("2026-11-21T00:00:00Z".parse().unwrap());
    let one = credential("one", Some(limit(60, 60, 3)));
    let limiters = RateLimiters::new([&one].into_iter(), None, None);
    let passes = || limiters.count(&one, || clock.steady()).unwrap().retry_after.is_none();
    let mut passed = 0;
    for moment in ["2026-11-21T01:00:00Z", "2026-11-20T00:00:00Z", "2027-01-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        clock.set(moment.parse().unwrap());
        passed += (0..10).filter(|_| passes()).count();
    }
    assert_eq!(passed, 3);
    clock.advance(Duration::from_secs(1));
    assert!(passes() && !passes());
}

/// Some monotonic clocks have gone back; the cost is at most one interval.
#[test]
fn a_clock_that_goes_back_an_hour_costs_at_most_one_interval() {
    let (limiter, limit) = (RateLimiter::default(), limit(60, 60, 3));
    let later = Duration::from_secs(7200);
    assert_eq!(admitted(&limiter, limit, 10, later), 3);
    let earlier = Duration::from_secs(3600);
    assert_eq!(admitted(&limiter, limit, 10, earlier), 0);
    assert_eq!(admitted(&limiter, limit, 10, earlier + Duration::from_secs(1)), 1);
    assert_eq!(admitted(&limiter, limit, 10, earlier + Duration::from_secs(3)), 2);
}

#[test]
fn a_reload_keeps_the_state_of_credentials_that_remain() {
    let now = Duration::from_secs(1);
    let (one, two) = (credential("one", None), credential("two", None));
    let default = Some(limit(1, 60, 1));
    let first = RateLimiters::new([&one, &two].into_iter(), default, None);
    assert_eq!(first.count(&one, || now).unwrap().retry_after, None);
    let second = RateLimiters::new([&one].into_iter(), default, Some(&first));
    assert_eq!(second.count(&one, || now).unwrap().retry_after, Some(secs(60)));
    // A request that began before the reload counts as well.
    assert_eq!(first.count(&one, || now + Duration::from_secs(60)).unwrap().retry_after, None);
    assert_eq!(second.count(&one, || now + Duration::from_secs(61)).unwrap().retry_after, Some(secs(59)));
    assert_eq!(second.by_id.len(), 1);
}

#[test]
fn a_limit_of_its_own_replaces_the_default() {
    let (own, other) = (credential("own", Some(limit(5, 1, 5))), credential("other", None));
    let limiters = RateLimiters::new([&own, &other].into_iter(), None, None);
    assert_eq!(limiters.count(&own, || Duration::ZERO).unwrap().limit, limit(5, 1, 5));
    let not_read = || panic!("nothing to count");
    assert_eq!((limiters.count(&other, not_read), limiters.by_id.len()), (None, 1));
    let limiters = RateLimiters::new([&own, &other].into_iter(), Some(limit(9, 1, 9)), None);
    assert_eq!(limiters.count(&own, || Duration::ZERO).unwrap().limit, limit(5, 1, 5));
    assert_eq!(limiters.count(&other, || Duration::ZERO).unwrap().limit, limit(9, 1, 9));
}

/// A token bucket without rounding: it fills by `requests` parts per nanosecond, and one request takes as many parts as
/// the window has nanoseconds.
struct Bucket {
    parts: u128,
    at: Duration,
}

impl Bucket {
    fn takes(&mut self, limit: RateLimit, now: Duration) -> bool {
        let one = u128::from(limit.seconds.get()) * u128::from(NANOS_PER_SECOND);
        let full = one * u128::from(limit.burst.get());
        let passed = now.saturating_sub(self.at).as_nanos();
        self.parts = full.min(self.parts + passed * u128::from(limit.requests.get()));
        self.at = now;
        let has_one = self.parts >= one;
        self.parts -= if has_one { one } else { 0 };
        has_one
    }
}

proptest! {
    #[test]
    fn the_limiter_admits_what_a_token_bucket_admits(
        // Divisors of a second, so that an interval has no fraction.
        requests in prop::sample::select(vec![1_u32, 2, 4, 5, 8, 10, 16, 25, 100, 1000]),
        seconds in 1_u32..100, burst in 1_u32..20,
        pauses in prop::collection::vec(0_u64..20_000, 1..200),
    ) {
        let limit = limit(requests, seconds, burst);
        let limiter = RateLimiter::default();
        let mut now = Duration::from_secs(5000);
        let mut bucket = Bucket { parts: u128::MAX / 4, at: now };
        for pause in pauses {
            now += Duration::from_millis(pause);
            prop_assert_eq!(limiter.count(limit, now).retry_after.is_none(), bucket.takes(limit, now));
        }
    }

    /// For any limit, with rounding, and any interval.
    #[test]
    fn no_interval_exceeds_burst_plus_rate(
        requests in 1_u32..5000, seconds in 1_u32..5000, burst in 1_u32..30,
        pauses in prop::collection::vec(0_u64..3_000_000_000, 1..200),
    ) {
        let limit = limit(requests, seconds, burst);
        let limiter = RateLimiter::default();
        let mut now = Duration::from_secs(1_000_000);
        let mut passed: Vec<Duration> = Vec::new();
        for pause in pauses {
            now += Duration::from_nanos(pause);
            match limiter.count(limit, now).retry_after {
                None => passed.push(now),
                // After the time that a refusal names, one more request passes.
                Some(wait) => {
                    let then = RateLimiter(limiter.0.load(Ordering::Relaxed).into());
                    prop_assert!(then.count(limit, now + wait).retry_after.is_none());
                }
            }
        }
        for (first, start) in passed.iter().enumerate() {
            for (last, end) in passed.iter().enumerate().skip(first) {
                let stretch = (*end - *start).as_nanos() * u128::from(requests);
                let most = u128::from(burst) + stretch / (u128::from(seconds) * u128::from(NANOS_PER_SECOND));
                prop_assert!((last - first + 1) as u128 <= most);
            }
        }
    }
}
