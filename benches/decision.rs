//! The cost of a decision, from the presented credential to the verdict, at 10 to 1,000,000 credentials.
//! `cargo bench --bench decision`. Compare lines of one run only; times depend on the machine.
#![expect(clippy::print_stdout, reason = "the output includes allocations")]

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use claviger::auth::{
    Accept, AuthOutcome, Authenticator, HashPool, HashPoolSize, NamedVersion, Network, PasswordCache, Presented,
    RouteRequest, Rules,
};
use claviger::credential::{
    Account, Credential, PasswordHash, PlainPassword, ScopeCatalog, StoredSecret, TokenDigest, TokenFormat,
    VersionCatalog,
};
use claviger::source::FileSet;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const SIZES: [usize; 3] = [10, 10_000, 1_000_000];
const PASSWORD: &str = "correct horse";

struct Fixture {
    rules: Rules,
    set: Arc<FileSet>,
    authenticator: Authenticator,
}

impl Fixture {
    fn new(size: usize) -> Option<Self> {
        let account = Arc::new(Account { id: "acme".parse().ok()?, access: true });
        let mut set = FileSet::default();
        for number in 0..size {
            let secret = StoredSecret::Token(TokenDigest::of(format!("token-{number}").as_bytes()));
            set.insert(credential(&format!("credential-{number}"), &account, secret)?).ok()?;
        }
        let hash = PasswordHash::of(&PlainPassword::new(PASSWORD.as_bytes())).ok()?;
        let pair = StoredSecret::Password { username: "acme".into(), hash };
        set.insert(credential("nightly", &account, pair)?).ok()?;
        let pool = HashPool::start(HashPoolSize { threads: NonZeroUsize::MIN, queue: 8 }, |_| {}).ok()?;
        Some(Self {
            rules: Rules {
                accept: Accept {
                    bearer: true,
                    basic: true,
                    api_key_header: Some(HeaderName::from_static("x-api-key")),
                    ..Accept::default()
                },
                token_format: TokenFormat::default(),
                versions: VersionCatalog::default(),
                scopes: ScopeCatalog::default(),
                public: Box::default(),
                upgrades: Box::default(),
                path_exceptions: Box::default(),
                origins: None,
            },
            set: Arc::new(set),
            authenticator: Authenticator::new(PasswordCache::new(1000).ok()?, pool),
        })
    }

    fn lookup(&self, headers: &HeaderMap, from: Option<Network>) -> Option<AuthOutcome> {
        let presented = Presented::read(&self.rules.accept, headers, None).ok()??;
        Some(self.authenticator.lookup(&self.rules.token_format, &*self.set, &presented, from))
    }

    fn is_admitted(&self, headers: &HeaderMap) -> bool {
        let call = RouteRequest {
            method: &Method::GET,
            path: "/payments/7",
            version: NamedVersion::Unstated,
            address: Some([127, 0, 0, 1].into()),
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        match self.lookup(headers, None) {
            Some(AuthOutcome::Authenticated(credential)) => self.rules.admit(credential, &call).is_ok(),
            _ => false,
        }
    }

    /// Verifies the hash; afterwards the pair is cached for this network.
    fn verify(&self, runtime: &tokio::runtime::Runtime, headers: &HeaderMap, from: Option<Network>) -> bool {
        let set = self.set.clone();
        match self.lookup(headers, from) {
            Some(AuthOutcome::Pending(pending)) => {
                let current = || -> Arc<dyn claviger::auth::Directory> { set };
                runtime.block_on(self.authenticator.verify(*pending, current)).is_ok()
            }
            _ => false,
        }
    }
}

fn credential(id: &str, account: &Arc<Account>, secret: StoredSecret) -> Option<Credential> {
    Some(Credential {
        id: id.parse().ok()?,
        account: account.clone(),
        name: None,
        secret,
        enabled: true,
        version: None,
        scopes: None,
        expires_at: None,
        addresses: Box::default(),
        rate_limit: None,
        last_use: None,
    })
}

fn presenting(value: &str) -> HeaderMap {
    HeaderValue::from_str(value)
        .map(|value| HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]))
        .unwrap_or_default()
}

fn basic(password: &str) -> HeaderMap {
    use base64::Engine;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("acme:{password}"));
    presenting(&format!("Basic {pair}"))
}

fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decision");
    for size in SIZES {
        let Some(fixture) = Fixture::new(size) else { return };
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
        let right = basic(PASSWORD);
        // A benchmark of refusals would be meaningless.
        assert!(fixture.verify(&runtime, &right, None) && fixture.is_admitted(&right), "the right pair is admitted");
        // In turn: a single credential would stay in the nearest CPU cache.
        let tokens: Vec<_> =
            (0..size.min(4096)).map(|n| presenting(&format!("Bearer token-{}", n * (size / size.min(4096))))).collect();
        assert!(tokens.iter().all(|headers| fixture.is_admitted(headers)), "every token is admitted");
        for (name, headers) in [("token", &tokens[0]), ("pair, remembered", &right)] {
            let allocated = allocation_counter::measure(|| assert!(fixture.is_admitted(headers), "{name}")).count_total;
            println!("decision/{name}/{size}: {allocated} allocations");
        }
        let mut next = 0;
        group.bench_function(BenchmarkId::new("token", size), |bencher| {
            bencher.iter(|| {
                next = (next + 1) % tokens.len();
                fixture.is_admitted(black_box(&tokens[next]))
            });
        });
        for (name, headers) in [
            ("token, always the same", presenting("Bearer token-7")),
            ("token, unknown", presenting("Bearer token-unknown")),
            ("token, junk of our format", presenting("Bearer clv_0123456789ABCDEFGHIJKLMNOPQRSTUVW")),
            ("pair, remembered", right.clone()),
        ] {
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter(|| fixture.is_admitted(black_box(&headers)));
            });
        }
        // Each time from another network, where the pair is not cached.
        let mut address = 0_u32;
        group.sample_size(10).bench_function(BenchmarkId::new("pair, the first time", size), |bencher| {
            bencher.iter(|| {
                address += 1;
                fixture.verify(&runtime, black_box(&right), Some(Network::of(Ipv4Addr::from(address).into())))
            });
        });
        group.sample_size(100);
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
