use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::credential::{Account, StoredSecret, TokenDigest};

fn limit(requests: u32, seconds: u32, burst: u32) -> RateLimit {
    let number = |number: u32| number.try_into().unwrap();
    RateLimit { requests: number(requests), seconds: number(seconds), burst: number(burst) }
}

fn credential(id: &str, rate_limit: Option<RateLimit>) -> Credential {
    Credential {
        id: id.parse().unwrap(),
        account: Account { id: "acme".parse().unwrap(), access: true }.into(),
        name: None,
        secret: StoredSecret::Token(TokenDigest::of(id.as_bytes())),
        enabled: true,
        version: None,
        scopes: None,
        expires_at: None,
        addresses: Box::default(),
        rate_limit,
        last_use: None,
    }
}

/// How many of these requests are let through, all at the same moment.
fn let_through(meter: &RateLimiter, limit: RateLimit, requests: usize, now: Duration) -> usize {
    (0..requests).filter(|_| meter.count(limit, now).retry_in.is_none()).count()
}

#[test]
fn a_burst_passes_at_once_and_after_it_one_request_an_interval() {
    let (meter, limit) = (RateLimiter::default(), limit(60, 60, 5));
    let start = Duration::from_secs(1000);
    assert_eq!(let_through(&meter, limit, 20, start), 5);
    assert_eq!(let_through(&meter, limit, 20, start + Duration::from_millis(999)), 0);
    assert_eq!(let_through(&meter, limit, 20, start + Duration::from_millis(1000)), 1);
    assert_eq!(let_through(&meter, limit, 20, start + Duration::from_millis(3500)), 2);
    assert_eq!(let_through(&meter, limit, 20, start + Duration::from_secs(9999)), 5);
}

#[test]
fn the_standing_tells_what_is_left_and_when_more_comes() {
    let (meter, limit) = (RateLimiter::default(), limit(100, 60, 100));
    let now = Duration::from_secs(7);
    let told = |standing: RateStatus| (standing.remaining, standing.whole_in, standing.retry_in);
    assert_eq!(told(meter.count(limit, now)), (99, 1, None));
    assert_eq!(let_through(&meter, limit, 48, now), 48);
    assert_eq!(told(meter.count(limit, now)), (50, 30, None));
    assert_eq!(let_through(&meter, limit, 49, now), 49);
    assert_eq!(told(meter.count(limit, now)), (0, 60, None));
    assert_eq!(told(meter.count(limit, now)), (0, 60, Some(1)));
}

#[test]
fn a_limit_of_one_a_day_says_how_long_that_is() {
    let (meter, limit) = (RateLimiter::default(), limit(1, 86_400, 1));
    assert_eq!(meter.count(limit, Duration::ZERO).retry_in, None);
    assert_eq!(meter.count(limit, Duration::from_secs(400)).retry_in, Some(86_000));
}

#[test]
fn many_threads_together_get_no_more_than_one_would() {
    let (meter, limit) = (RateLimiter::default(), limit(1, 3600, 1000));
    let passed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| let_through(&meter, limit, 1000, Duration::from_secs(5)))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(passed, 1000);
}

#[test]
fn setting_the_clock_of_the_machine_neither_lets_more_through_nor_locks_anybody_out() {
    let clock = Clock::manual("2026-11-21T00:00:00Z".parse().unwrap());
    let one = credential("one", Some(limit(60, 60, 3)));
    let meters = RateLimiters::new([&one].into_iter(), None, None);
    let passes = || meters.count(&one, clock.steady()).unwrap().retry_in.is_none();
    let mut passed = 0;
    for moment in ["2026-11-21T01:00:00Z", "2026-11-20T00:00:00Z", "2027-01-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        clock.set(moment.parse().unwrap());
        passed += (0..10).filter(|_| passes()).count();
    }
    assert_eq!(passed, 3);
    clock.advance(Duration::from_secs(1));
    assert!(passes() && !passes());
}

/// Clocks that must not go back have done so; then the worst is one interval.
#[test]
fn time_that_goes_back_an_hour_costs_one_interval_and_gives_nothing() {
    let (meter, limit) = (RateLimiter::default(), limit(60, 60, 3));
    let later = Duration::from_secs(7200);
    assert_eq!(let_through(&meter, limit, 10, later), 3);
    let earlier = Duration::from_secs(3600);
    assert_eq!(let_through(&meter, limit, 10, earlier), 0);
    assert_eq!(let_through(&meter, limit, 10, earlier + Duration::from_secs(1)), 1);
    assert_eq!(let_through(&meter, limit, 10, earlier + Duration::from_secs(3)), 2);
}

#[test]
fn a_reload_goes_on_counting_and_forgets_who_is_gone() {
    let now = Duration::from_secs(1);
    let (one, two) = (credential("one", None), credential("two", None));
    let default = Some(limit(1, 60, 1));
    let first = RateLimiters::new([&one, &two].into_iter(), default, None);
    assert_eq!(first.count(&one, now).unwrap().retry_in, None);
    let second = RateLimiters::new([&one].into_iter(), default, Some(&first));
    assert_eq!(second.count(&one, now).unwrap().retry_in, Some(60));
    // A request that began before the reload counts too.
    assert_eq!(first.count(&one, now + Duration::from_secs(60)).unwrap().retry_in, None);
    assert_eq!(second.count(&one, now + Duration::from_secs(61)).unwrap().retry_in, Some(59));
    assert_eq!(second.of.len(), 1);
}

#[test]
fn a_limit_of_its_own_replaces_the_default_and_without_any_nothing_is_kept() {
    let (own, other) = (credential("own", Some(limit(5, 1, 5))), credential("other", None));
    let meters = RateLimiters::new([&own, &other].into_iter(), None, None);
    assert_eq!(meters.count(&own, Duration::ZERO).unwrap().limit, limit(5, 1, 5));
    assert_eq!((meters.count(&other, Duration::ZERO), meters.of.len()), (None, 1));
    let meters = RateLimiters::new([&own, &other].into_iter(), Some(limit(9, 1, 9)), None);
    assert_eq!(meters.count(&own, Duration::ZERO).unwrap().limit, limit(5, 1, 5));
    assert_eq!(meters.count(&other, Duration::ZERO).unwrap().limit, limit(9, 1, 9));
}

/// A bucket of tokens, in the obvious way and without rounding: it fills by `requests` parts a nanosecond,
/// and one request takes as many parts as a window has nanoseconds.
struct Bucket {
    parts: u128,
    at: Duration,
}

impl Bucket {
    fn takes(&mut self, limit: RateLimit, now: Duration) -> bool {
        let one = u128::from(limit.seconds.get()) * u128::from(SECOND);
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
    fn what_is_let_through_is_what_a_bucket_of_tokens_lets_through(
        // Divisors of a second, so that an interval has no fraction.
        requests in prop::sample::select(vec![1_u32, 2, 4, 5, 8, 10, 16, 25, 100, 1000]),
        seconds in 1_u32..100, burst in 1_u32..20,
        pauses in prop::collection::vec(0_u64..20_000, 1..200),
    ) {
        let limit = limit(requests, seconds, burst);
        let meter = RateLimiter::default();
        let mut now = Duration::from_secs(5000);
        let mut bucket = Bucket { parts: u128::MAX / 4, at: now };
        for pause in pauses {
            now += Duration::from_millis(pause);
            prop_assert_eq!(meter.count(limit, now).retry_in.is_none(), bucket.takes(limit, now));
        }
    }

    /// For any limit, rounding included, and any stretch of time.
    #[test]
    fn no_stretch_of_time_holds_more_than_a_burst_and_the_rate_allow(
        requests in 1_u32..5000, seconds in 1_u32..5000, burst in 1_u32..30,
        pauses in prop::collection::vec(0_u64..3_000_000_000, 1..200),
    ) {
        let limit = limit(requests, seconds, burst);
        let meter = RateLimiter::default();
        let mut now = Duration::from_secs(1_000_000);
        let mut passed: Vec<Duration> = Vec::new();
        for pause in pauses {
            now += Duration::from_nanos(pause);
            let standing = meter.count(limit, now);
            match standing.retry_in {
                None => passed.push(now),
                // What a refusal says is true: then, and with no more than a second too much, one more passes.
                Some(wait) => {
                    let then = RateLimiter(meter.0.load(Ordering::Relaxed).into());
                    prop_assert!(then.count(limit, now + Duration::from_secs(wait.into())).retry_in.is_none());
                }
            }
        }
        for (first, start) in passed.iter().enumerate() {
            for (last, end) in passed.iter().enumerate().skip(first) {
                let stretch = (*end - *start).as_nanos() * u128::from(requests);
                let most = u128::from(burst) + stretch / (u128::from(seconds) * u128::from(SECOND));
                prop_assert!((last - first + 1) as u128 <= most);
            }
        }
    }
}
