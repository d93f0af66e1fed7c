//! What a decision costs, counted where counting is exact: allocations and hashes, not time.

use std::num::NonZeroUsize;
use std::sync::Arc;

use allocation_counter::measure;
use claviger::auth::{
    Accept, AuthOutcome, Authenticator, HashPool, HashPoolSize, PasswordCache, Presented, RateLimiters,
    RequestedVersion, RouteRequest, Rules, Target,
};
use claviger::credential::{
    Account, Credential, RateLimit, ScopeCatalog, StoredSecret, TokenDigest, TokenFormat, VersionCatalog,
};
use claviger::source::FileSet;
use http::{HeaderMap, HeaderValue, Method};

use crate::support::{Gate, RecordingApi, Request, eventually, slow_hash};

fn rules() -> Rules {
    Rules {
        accept: Accept {
            bearer: true,
            basic: true,
            api_key_header: Some(http::HeaderName::from_static("x-api-key")),
            api_key_query: None,
        },
        token_format: TokenFormat::default(),
        versions: VersionCatalog::default(),
        scopes: ScopeCatalog::default(),
        public: Box::default(),
        upgrades: Box::default(),
    }
}

fn set(size: usize) -> FileSet {
    let account = Arc::new(Account { id: "acme".parse().unwrap(), access: true });
    let mut set = FileSet::default();
    for number in 0..size {
        let credential = Credential {
            id: format!("credential-{number}").parse().unwrap(),
            account: account.clone(),
            name: None,
            secret: StoredSecret::Token(TokenDigest::of(format!("token-{number}").as_bytes())),
            enabled: true,
            version: None,
            scopes: None,
            expires_at: None,
            addresses: Box::default(),
            rate_limit: None,
            last_use: None,
        };
        set.insert(credential).unwrap();
    }
    set
}

fn authenticator() -> Authenticator {
    let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 1 };
    Authenticator::new(PasswordCache::new(10).unwrap(), HashPool::start(size, |_| {}).unwrap())
}

/// From the head of a request to its verdict, as the gateway does it.
fn is_admitted(authenticator: &Authenticator, rules: &Rules, set: &FileSet, headers: &HeaderMap) -> bool {
    let Ok(target) = Target::parse(b"/payments/7?page=2", rules.look_at_paths()) else { return false };
    let Ok(stated) = RequestedVersion::read(&rules.versions, target, headers) else { return false };
    let call = RouteRequest {
        method: &Method::GET,
        path: stated.path,
        version: stated.version,
        address: Some([127, 0, 0, 1].into()),
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    match Presented::read(&rules.accept, headers, target.query) {
        Ok(Some(presented)) => match authenticator.lookup(&rules.token_format, set, &presented, None) {
            AuthOutcome::Known(credential) => rules.admit(credential, &call).is_ok(),
            AuthOutcome::Rejected(_) | AuthOutcome::Unsettled(_) | AuthOutcome::Pending(_) => false,
        },
        Ok(None) | Err(_) => false,
    }
}

#[test]
fn a_token_is_decided_without_an_allocation_at_any_number_of_credentials() {
    let (authenticator, rules) = (authenticator(), rules());
    for size in [10, 10_000, 100_000] {
        let set = set(size);
        for (token, expected) in [("token-7", true), ("token-unknown", false), ("clv_junk", false)] {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
            let mut admitted = !expected;
            let cost = measure(|| admitted = is_admitted(&authenticator, &rules, &set, &headers));
            assert_eq!((admitted, cost.count_total), (expected, 0), "{token} among {size}");
        }
    }
}

#[test]
fn counting_a_request_needs_no_allocation_with_a_limit_or_without() {
    let set = set(100);
    let limit = "100".parse().unwrap();
    let limit = RateLimit { requests: limit, seconds: limit, burst: limit };
    for default in [None, Some(limit)] {
        let meters = RateLimiters::new(set.iter(), default, None);
        let credential = set.iter().next().unwrap();
        let mut standing = None;
        let cost = measure(|| standing = meters.count(credential, std::time::Duration::ZERO));
        assert_eq!((standing.map(|standing| standing.remaining), cost.count_total), (default.map(|_| 99), 0));
    }
}

#[test]
fn an_unknown_user_costs_a_hash_like_a_wrong_password_does() {
    let api = RecordingApi::start();
    let set = format!(
        "credentials:\n  - {{id: a, account: b, username: acme, password: '{}'}}\n",
        slow_hash("a long password")
    );
    let gate = Gate::before(api.url()).credentials(&set).start();
    let hashes = || gate.metric("claviger_password_hash_duration_seconds_count");
    for (user, password, expected) in [
        ("acme", "wrong", 1.0),
        ("nobody", "wrong", 2.0),
        ("acme", "a long password", 3.0),
        ("acme", "a long password", 3.0),
    ] {
        gate.send(&Request::get("/").basic(user, password));
        assert_eq!(hashes(), expected, "{user} {password}");
    }
}

/// With a hashing thread on every core, whoever brings a token would wait behind them; and behind a million credentials
/// that are read again.
#[test]
fn threads_that_hash_and_reload_give_way_to_those_that_serve() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("passwords: {threads: 2}").start();
    eventually("all of them have begun", || {
        let works_long = |name: &str| name.starts_with("hash-") || name == "reload";
        let (long, others): (Vec<_>, Vec<_>) = gate.priorities().into_iter().partition(|(name, _)| works_long(name));
        let usual = others.iter().map(|(_, nice)| *nice).min().unwrap_or_default();
        long.len() == 3 && long.iter().all(|(_, nice)| *nice > usual)
    });
}

/// While a million credentials were read into huge pages, callers waited several times as long.
#[test]
#[cfg(target_os = "linux")]
fn the_process_has_no_huge_pages() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let status = std::fs::read_to_string(format!("/proc/{}/status", gate.id())).unwrap();
    // Kernels before 5.0 do not say.
    let said = status.lines().find_map(|line| line.strip_prefix("THP_enabled:"));
    assert!(said.is_none_or(|said| said.trim() == "0"), "{status}");
}
