//! The cost of listing credentials in an account with 100,000: `cargo bench --bench management -- list` (about a
//! minute; `list 5000` fills in fewer). Needs the programs of a PostgreSQL server, as the tests do.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed; its figures are for people"
)]

use std::time::{Duration, Instant};

use claviger::control::operations::{
    Caller, CreatedWhen, CredentialSearch, OperationContext, Terms, count_credentials, list_credentials,
};
use claviger::credential::{ScopeCatalog, StoredSecret, TokenDigest, TokenFormat, VersionCatalog};
use claviger::formats::Catalogs;
use claviger::store::{
    AccountRecord, CredentialKind, CredentialRecord, CredentialState, RecordSecret, Store, StoreOptions,
};
use jiff::{Timestamp, ToSpan as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::postgres::Cluster;

#[expect(dead_code, unused_imports, reason = "shared with the tests, which use more of it")]
#[path = "../tests/it/support/mod.rs"]
mod support;

const MANY: usize = 100_000;
const ROUNDS: usize = 200;
const LIMIT: u32 = 50;
/// Bound for a page and its counts.
const BAR: Duration = Duration::from_millis(50);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let many = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(MANY);
    if arguments.is_empty() || arguments.iter().any(|argument| argument == "list") {
        list(many);
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap()
}

fn list(many: usize) {
    let runtime = Runtime::new().unwrap();
    let cluster = Cluster::start_in(tempfile::tempdir().unwrap());
    let database = cluster.fresh_database();
    let folder = TempDir::new().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("desk.db").display());
    for (name, url) in [("SQLite", sqlite.as_str()), ("PostgreSQL", database.url())] {
        runtime.block_on(measure(name, url, many, || {
            if name == "PostgreSQL" {
                // Autovacuum does so within about a minute.
                database.execute("VACUUM ANALYZE credentials");
            }
        }));
    }
}

async fn measure(name: &str, url: &str, many: usize, settle: impl Fn()) {
    let options = StoreOptions { connections: 8, query_timeout: Duration::from_secs(600), create: true };
    let store = Store::open(&url.parse().unwrap(), options).await.unwrap();
    store.migrate().await.unwrap();
    let start = Instant::now();
    fill(&store, many).await;
    settle();
    println!("\n# {name}: {many} credentials of one account, filled in {:.1} s\n", start.elapsed().as_secs_f64());
    println!(
        "{:<28} {:>7} {:>11} {:>11} {:>11} {:>11}",
        "filter", "found", "page p50", "page p99", "count p50", "count p99"
    );
    let (versions, scopes, format) = (VersionCatalog::default(), ScopeCatalog::default(), TokenFormat::default());
    let delivery = claviger::config::Delivery::default();
    let catalogs = Catalogs { versions: &versions, scopes: &scopes };
    let terms = Terms { catalogs, format: &format, delivery: &delivery, webhooks: None };
    let shell = Caller::shell("bench".into());
    let call = OperationContext::new(&store, &shell, now(), terms);
    let mut slowest = Duration::ZERO;
    for (what, wanted) in filters() {
        let mut page = Times::default();
        let mut count = Times::default();
        let mut found = 0;
        for _ in 0..ROUNDS {
            page.take(list_credentials(&call, &wanted, None, LIMIT)).await.unwrap();
            found = count.take(count_credentials(&call, &wanted)).await.unwrap().total();
        }
        slowest = slowest.max(page.at(99)).max(count.at(99));
        let [a, b, c, d] = [page.at(50), page.at(99), count.at(50), count.at(99)].map(|time| format!("{time:.2?}"));
        println!("{what:<28} {found:>7} {a:>11} {b:>11} {c:>11} {d:>11}");
    }
    let mut deep = Times::default();
    let mut cursor = None;
    let everything = CredentialSearch { account: Some("acme".parse().unwrap()), ..Default::default() };
    for _ in 0..ROUNDS {
        let listed = deep.take(list_credentials(&call, &everything, cursor.as_deref(), 200)).await.unwrap();
        cursor = listed.end;
    }
    println!(
        "{:<28} {:>7} {:>11} {:>11}",
        "pages of 200, one by one",
        "",
        format!("{:.2?}", deep.at(50)),
        format!("{:.2?}", deep.at(99))
    );
    println!("slowest p99: {slowest:.2?}, {} {BAR:?}", if slowest < BAR { "under" } else { "OVER" });
    store.close().await;
}

fn filters() -> Vec<(&'static str, CredentialSearch)> {
    let all = || CredentialSearch { account: Some("acme".parse().unwrap()), ..Default::default() };
    let state = |state| CredentialSearch { state: Some(state), ..all() };
    let kind = |kind| CredentialSearch { kind: Some(kind), ..all() };
    let created = |created| CredentialSearch { created: Some(created), ..all() };
    let part = |part: &str| CredentialSearch { part: Some(part.into()), ..all() };
    vec![
        ("account", all()),
        ("every account", CredentialSearch::default()),
        ("part of many names", part("EXPORT")),
        ("part of one name", part("number 77 ")),
        ("part of none", part("nothing")),
        ("part of none, all accounts", CredentialSearch { account: None, ..part("nothing") }),
        ("within 7 days", created(CreatedWhen::Within7Days)),
        ("within 30 days", created(CreatedWhen::Within30Days)),
        ("before that", created(CreatedWhen::Before30Days)),
        ("enabled", state(CredentialState::Enabled)),
        ("disabled", state(CredentialState::Disabled)),
        ("expired", state(CredentialState::Expired)),
        ("cleared", state(CredentialState::Cleared)),
        ("tokens", kind(CredentialKind::Token)),
        ("pairs", kind(CredentialKind::Password)),
        ("own keys", kind(CredentialKind::Own)),
        ("own key of an unknown user", CredentialSearch { owner: Some("usr_stranger".parse().unwrap()), ..all() }),
        ("cleared, part of none", CredentialSearch { state: Some(CredentialState::Cleared), ..part("nothing") }),
    ]
}

/// Created over 100 days; one in a hundred each disabled, expired and cleared; one in ten with Basic credentials.
async fn fill(store: &Store, many: usize) {
    let account = AccountRecord {
        id: "acme".parse().unwrap(),
        name: None,
        granted: true,
        switched_on: true,
        members_allowed: false,
        created_at: now(),
        revision: 1,
    };
    let mut transaction = store.begin(now()).await.unwrap();
    transaction.put_account(&account).await.unwrap();
    let records: Vec<CredentialRecord> = (0..many).map(|number| record(number, many)).collect();
    for some in records.chunks(1000) {
        transaction.add_credentials(some).await.unwrap();
    }
    transaction.commit().await.unwrap();
    store.analyze().await;
}

fn record(number: usize, many: usize) -> CredentialRecord {
    let secret = if number % 10 == 7 {
        let hash = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=".parse().unwrap();
        StoredSecret::Password { username: format!("integrator-{number}").into(), hash }
    } else {
        StoredSecret::Token(TokenDigest::of(format!("token-{number}").as_bytes()))
    };
    let age = i64::try_from(number * 100 * 24 * 3600 / many).unwrap();
    let made_at = now() - age.seconds();
    let mut record = CredentialRecord::new(
        format!("acme-{number:010}").parse().unwrap(),
        "acme".parse().unwrap(),
        secret,
        made_at,
        "bench",
    );
    record.name = Some(format!("Billing export number {number} of the nightly integration"));
    match number % 100 {
        1 => record.enabled = false,
        2 => record.expires_at = Some(now() - 1.hours()),
        3 => record.secret = RecordSecret::Token(None),
        _ => {}
    }
    record
}

/// Durations of repeated runs.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    async fn take<T>(&mut self, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let outcome = work.await;
        self.0.push(start.elapsed());
        outcome
    }

    fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
    }
}
