//! The cost of a decision in allocations and hashes, which can be counted exactly.

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
use tempfile::TempDir;

use crate::support::{Gate, RecordingApi, Request, eventually, slow_hash};

fn rules() -> Rules {
    Rules {
        accept: Accept {
            bearer: true,
            basic: true,
            api_key_header: Some(http::HeaderName::from_static("x-api-key")),
            ..Accept::default()
        },
        token_format: TokenFormat::default(),
        versions: VersionCatalog::default(),
        scopes: ScopeCatalog::default(),
        public: Box::default(),
        upgrades: Box::default(),
        path_exceptions: Box::default(),
        origins: None,
    }
}

fn set(size: usize) -> FileSet {
    let account = Arc::new(Account { id: "acme".parse().unwrap(), access: true });
    let mut set = FileSet::default();
    for number in 0..size {
        let credential = Credential::unrestricted(
            format!("credential-{number}").parse().unwrap(),
            account.clone(),
            StoredSecret::Token(TokenDigest::of(format!("token-{number}").as_bytes())),
        );
        set.insert(credential).unwrap();
    }
    set
}

fn authenticator() -> Authenticator {
    let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 1 };
    Authenticator::new(PasswordCache::new(10).unwrap(), HashPool::start(size, |_| {}).unwrap())
}

/// From the head of a request to its decision, as in the gateway.
fn is_admitted(authenticator: &Authenticator, rules: &Rules, set: &FileSet, headers: &HeaderMap) -> bool {
    let Ok(target) = Target::parse(b"/payments/7?page=2", rules.path_rules()) else { return false };
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
            AuthOutcome::Authenticated(credential) => rules.admit(credential, &call).is_ok(),
            AuthOutcome::Rejected(_) | AuthOutcome::NeedsFetch(_) | AuthOutcome::Pending(_) => false,
        },
        Ok(None) | Err(_) => false,
    }
}

#[test]
fn tokens_are_decided_without_allocations_at_any_number_of_credentials() {
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
fn rate_limits_are_counted_without_allocations() {
    let set = set(100);
    let limit = "100".parse().unwrap();
    let limit = RateLimit { requests: limit, seconds: limit, burst: limit };
    for default in [None, Some(limit)] {
        let limiters = RateLimiters::new(set.iter(), default, None);
        let credential = set.iter().next().unwrap();
        let mut status = None;
        let cost = measure(|| status = limiters.count(credential, || std::time::Duration::ZERO));
        assert_eq!((status.map(|status| status.remaining), cost.count_total), (default.map(|_| 99), 0));
    }
}

#[test]
fn an_unknown_user_name_costs_one_hash_as_a_wrong_password_does() {
    let api = RecordingApi::start();
    let set = format!(
        "credentials:\n  - {{id: a, account: b, username: acme, password: '{}'}}\n",
        slow_hash("a long password")
    );
    let gate = Gate::before(api.url()).credentials(&set).start();
    let hashes = || gate.metric("claviger_password_hash_duration_seconds_count");
    for (user, password, expected) in [
        ("acme", "wrong", 1.0),
        ("stranger", "wrong", 2.0),
        ("acme", "a long password", 3.0),
        ("acme", "a long password", 3.0),
    ] {
        gate.send(&Request::get("/").basic(user, password));
        assert_eq!(hashes(), expected, "{user} {password}");
    }
}

/// Without lower priorities, requests with tokens would wait for hashing threads on every core, or for the reload of a
/// million credentials.
#[test]
fn hashing_and_reloading_threads_have_lower_priority() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("passwords: {threads: 2}").start();
    eventually("hashing and reloading threads have a lower priority", || {
        let works_long = |name: &str| name.starts_with("hash-") || name == "reload";
        let (long, others): (Vec<_>, Vec<_>) = gate.priorities().into_iter().partition(|(name, _)| works_long(name));
        let usual = others.iter().map(|(_, nice)| *nice).min().unwrap_or_default();
        long.len() == 3 && long.iter().all(|(_, nice)| *nice > usual)
    });
}

/// Fifty people who click took the CPU from the callers of the gate.
#[test]
fn the_console_beside_a_gate_has_a_lower_priority_and_alone_the_usual_one() {
    let console = |gate: &Gate| {
        let threads = gate.priorities();
        let (console, others): (Vec<_>, Vec<_>) = threads.into_iter().partition(|(name, _)| name == "BG console");
        let usual = others.iter().map(|(_, nice)| *nice).min().unwrap_or_default();
        console.iter().map(|(_, nice)| *nice - usual).max()
    };
    let (api, bed) = (RecordingApi::start(), TempDir::new().unwrap());
    let database = format!("sqlite:{}", bed.path().join("claviger.db").display());
    let beside = Gate::before(api.url()).database(&database).start();
    eventually("the console beside a gate gives way", || console(&beside) == Some(5));
    let alone = Gate::management_only(&database).start();
    assert_eq!(console(&alone), Some(0));
}

/// Huge pages multiplied latencies during the reload of a million credentials.
#[test]
#[cfg(target_os = "linux")]
fn the_process_has_no_huge_pages() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let status = std::fs::read_to_string(format!("/proc/{}/status", gate.id())).unwrap();
    // Missing before Linux 5.0.
    let thp = status.lines().find_map(|line| line.strip_prefix("THP_enabled:"));
    assert!(thp.is_none_or(|thp| thp.trim() == "0"), "{status}");
}
