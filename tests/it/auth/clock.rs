//! Setting the system clock: delays and limits stay, dates follow.

use std::sync::Arc;
use std::time::Duration;

use claviger::auth::{
    Accept, NamedVersion, Network, RateLimiters, Rejection, RouteRequest, Rules, Throttle, ThrottleRules,
};
use claviger::clock::Clock;
use claviger::credential::{
    Account, Credential, RateLimit, ScopeCatalog, StoredSecret, TokenDigest, TokenFormat, VersionCatalog,
};
use http::Method;

const NOON: &str = "2026-11-21T12:00:00Z";
/// An hour in both directions, and the ends of the range.
const JUMPS: [&str; 5] =
    [NOON, "2026-11-21T13:00:00Z", "2026-11-21T11:00:00Z", "1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z"];

fn expiring() -> Arc<Credential> {
    let one = std::num::NonZeroU32::MIN;
    Arc::new(Credential {
        expires_at: "2026-11-21T12:30:00Z".parse().ok(),
        rate_limit: Some(RateLimit { requests: one, seconds: 3600.try_into().unwrap(), burst: one }),
        ..Credential::unrestricted(
            "one".parse().unwrap(),
            Account { id: "acme".parse().unwrap(), access: true }.into(),
            StoredSecret::Token(TokenDigest::of(b"x")),
        )
    })
}

#[test]
fn setting_the_clock_neither_shortens_nor_prolongs_delays() {
    let rules = ThrottleRules {
        free_per_pair: 1,
        free_per_address: 100,
        first_delay: Duration::from_secs(60),
        longest_delay: Duration::from_secs(60),
        window: Duration::from_secs(3600),
    };
    let clock = Clock::manual(NOON.parse().unwrap());
    let (throttle, here) = (Throttle::default(), Network::of([192, 0, 2, 1].into()));
    let limiters = RateLimiters::new([&*expiring()].into_iter(), None, None);
    assert!(limiters.count(&expiring(), || clock.steady()).unwrap().retry_after.is_none());
    let guess = throttle.begin(&rules, here, "acme", true, None, clock.steady()).unwrap();
    throttle.wrong(guess, clock.steady());
    for moment in JUMPS {
        clock.set(moment.parse().unwrap());
        assert_eq!(
            throttle.begin(&rules, here, "acme", true, None, clock.steady()).err(),
            Some(Duration::from_secs(60)),
            "{moment}"
        );
        assert_eq!(
            limiters.count(&expiring(), || clock.steady()).unwrap().retry_after,
            Some(Duration::from_secs(3600)),
            "{moment}"
        );
    }
    clock.advance(Duration::from_secs(60));
    assert!(throttle.begin(&rules, here, "acme", true, None, clock.steady()).is_ok());
}

/// Expiry is compared anew for each request.
#[test]
fn expiry_follows_the_current_clock() {
    let rules = Rules {
        accept: Accept { bearer: true, basic: true, ..Accept::default() },
        token_format: TokenFormat::default(),
        versions: VersionCatalog::default(),
        scopes: ScopeCatalog::default(),
        public: Box::default(),
        upgrades: Box::default(),
        path_exceptions: Box::default(),
        origins: None,
    };
    let clock = Clock::manual(NOON.parse().unwrap());
    let decide = |moment: &str| {
        clock.set(moment.parse().unwrap());
        let call = RouteRequest {
            method: &Method::GET,
            path: "/",
            version: NamedVersion::Unstated,
            address: None,
            now: clock.now(),
        };
        rules.admit(expiring(), &call).map(drop)
    };
    let expired = Err(Rejection::CredentialExpired);
    assert_eq!(JUMPS.map(decide), [Ok(()), expired, Ok(()), Ok(()), expired]);
}
