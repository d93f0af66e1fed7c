//! Ten million invalid tokens: memory, latency of good traffic, and where invalid tokens of our own format are refused.

use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use claviger::auth::{
    Accept, AuthOutcome, Authenticator, Directory, HashPool, HashPoolSize, Lookup, LookupKey, Network, PasswordCache,
    Presented, Throttle, ThrottleRules, Unavailable,
};
use claviger::credential::{Account, Credential, PasswordHash, PlainPassword, StoredSecret, TokenDigest, TokenFormat};
use claviger::source::FileSet;
use http::{HeaderMap, HeaderValue};

use super::hashes::basic;
use super::support::{Api, Client, Gate, request};

const TOKENS: u64 = 10_000_000;
const OVER_THE_WIRE: u64 = 200_000;
/// Pairs that were right before, and have to stay remembered.
const PAIRS: u64 = 1000;

/// Counts how often anybody is looked up.
struct Counting {
    set: FileSet,
    look_ups: AtomicU64,
}

#[async_trait]
impl Directory for Counting {
    fn find_token(&self, digest: &TokenDigest) -> Lookup {
        self.look_ups.fetch_add(1, Ordering::Relaxed);
        self.set.find_token(digest)
    }

    fn find_username(&self, username: &str) -> Lookup {
        self.set.find_username(username)
    }

    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable> {
        self.set.fetch(key).await
    }

    fn dummy_hash(&self, username: &str) -> PasswordHash {
        self.set.dummy_hash(username)
    }
}

/// Prints counts.
pub fn run() {
    decided();
    over_the_wire();
}

/// By the code that decides, without a network in between.
fn decided() {
    let accept = Accept { bearer: true, basic: true, api_key_header: None, api_key_query: None };
    let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 8 };
    let authenticator =
        Authenticator::new(PasswordCache::new(100_000).unwrap(), HashPool::start(size, |_| {}).unwrap());
    let directory = Arc::new(Counting { set: set(), look_ups: AtomicU64::new(0) });
    let format = TokenFormat::default();
    let lookup = |headers: &HeaderMap| {
        let presented = Presented::read(&accept, headers, None).unwrap().unwrap();
        authenticator.lookup(&format, &*directory, &presented, None)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for number in 0..PAIRS {
        let AuthOutcome::Pending(pending) = lookup(&pair(number)) else { panic!("a pair was known before") };
        let current = || -> Arc<dyn Directory> { directory.clone() };
        assert!(runtime.block_on(authenticator.verify(*pending, current)).is_ok());
    }
    let throttle = Throttle::default();
    let (before, start) = (own_memory(), Instant::now());
    for number in 0..TOKENS {
        // Half of them in our own format, with a checksum that is wrong.
        let prefix = if number % 2 == 0 { "clv_" } else { "" };
        let token =
            format!("Bearer {prefix}{:032x}{number:06}", u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let headers = presenting(&token);
        assert!(matches!(lookup(&headers), AuthOutcome::Rejected(_)));
        let from = Network::of(Ipv4Addr::from(number as u32).into());
        let _wait = throttle.wrong_token(&RULES, from, Duration::from_secs(number / 100_000));
    }
    let took = start.elapsed();
    let remembered =
        (0..PAIRS).filter(|number| matches!(lookup(&pair(*number)), AuthOutcome::Authenticated(_))).count();
    println!("  {TOKENS} junk tokens, each from an address of its own, in {:.1} s", took.as_secs_f64());
    println!("  looked up: {} of them; the others have a wrong checksum", directory.look_ups.load(Ordering::Relaxed));
    println!("  memory {before:.0} MiB before, {:.0} MiB after; {} places remembered", own_memory(), throttle.len());
    println!("  pairs still remembered: {remembered} of {PAIRS}");
    assert_eq!((remembered as u64, directory.look_ups.load(Ordering::Relaxed)), (PAIRS, TOKENS / 2));
}

const RULES: ThrottleRules = ThrottleRules {
    free_per_pair: 5,
    free_per_address: 10,
    first_delay: Duration::from_secs(1),
    longest_delay: Duration::from_secs(300),
    window: Duration::from_secs(3600),
};

fn set() -> FileSet {
    let account = Arc::new(Account { id: "acme".parse().unwrap(), access: true });
    let mut set = FileSet::default();
    for number in 0..PAIRS {
        // Quick to verify: what is remembered afterwards is the same.
        let hash = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=".parse().unwrap();
        let credential = Credential::unrestricted(
            format!("pair-{number}").parse().unwrap(),
            account.clone(),
            StoredSecret::Password { username: format!("user-{number}").into(), hash },
        );
        set.insert(credential).unwrap();
    }
    // Slow hashes are none of this bench's business, but the password above must be right.
    let hash: PasswordHash = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=".parse().unwrap();
    assert!(hash.verify(PlainPassword::new(b"correct horse").reveal(), &mut Default::default()));
    set
}

fn pair(number: u64) -> HeaderMap {
    presenting(&basic(&format!("user-{number}"), "correct horse"))
}

fn presenting(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
}

fn own_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default().trim();
    line.trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}

/// By the program as it ships: what a warm process holds, and what it holds afterwards.
fn over_the_wire() {
    let api = Api::start();
    let gate = Gate::start(&api, "throttle: {enabled: false}", "");
    let mut client = Client::open(gate.address);
    let mut flood = |from: u64, to: u64| {
        for number in from..to {
            let answer = client.ask(&request("GET", "/x", Some(&format!("Bearer {number:040x}"))));
            assert!(answer.is_ok_and(|answer| answer.status == 401));
        }
    };
    flood(0, 10_000);
    let before = gate.memory();
    flood(10_000, OVER_THE_WIRE);
    println!(
        "  {OVER_THE_WIRE} over the wire: memory {before:.1} MiB after 10000, {:.1} MiB at the end",
        gate.memory()
    );
    assert_eq!(api.seen(), 0);
}
