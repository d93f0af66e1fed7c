//! The directory of a database, without a gate.

use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger::auth::{
    Accept, AuthOutcome, Authenticator, Directory, HashPool, HashPoolSize, Lookup, LookupKey, PasswordCache, Presented,
    Rejection, Unavailable,
};
use claviger::clock::Clock;
use claviger::config::{ConfigSource, DatabaseUrl, Settings};
use claviger::credential::{PasswordHash, TokenDigest, TokenFormat};
use claviger::source::{DatabaseSource, DatabaseStart};
use claviger::store::RecordSecret;
use claviger::telemetry::Metrics;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::store::test_database::{TestDatabase, token};
use crate::support::eventually;
use crate::support::postgres::{Cluster, HowToStop};

const SHA: &str = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";

fn settings(url: &str, more: &str) -> Settings {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("claviger.yaml");
    let text = format!("proxy: {{upstream: 'http://127.0.0.1:9'}}\ncredentials: {{database: '{url}'}}\n{more}");
    std::fs::write(&file, text).unwrap();
    ConfigSource { file: Some(file), overrides: Vec::new() }.load().unwrap()
}

fn start(settings: &Settings) -> DatabaseSource {
    let metrics = Metrics::new(&[], &[]).unwrap();
    DatabaseSource::start(DatabaseStart {
        settings: settings.database.as_ref().unwrap(),
        clock: Clock::System,
        metrics: Arc::new(metrics.register_database().unwrap()),
        may_migrate: true,
    })
    .unwrap()
}

fn key(token: &str) -> LookupKey {
    LookupKey::Token(TokenDigest::of(token.as_bytes()))
}

fn finds(database: &DatabaseSource, token: &str) -> bool {
    matches!(database.directory().find_token(&TokenDigest::of(token.as_bytes())), Lookup::Cached(_))
}

#[test]
fn a_gate_that_starts_while_the_server_is_down_uses_the_snapshot() {
    let (cluster, runtime, folder) = (Cluster::start(), Runtime::new().unwrap(), TempDir::new().unwrap());
    let database = cluster.fresh_database();
    let bed = runtime.block_on(TestDatabase::at(database.url().parse().unwrap()));
    runtime.block_on(async {
        bed.account("acme").await;
        bed.put(&token("one", "acme", "first-secret")).await;
        bed.put(&token("two", "acme", "second-secret")).await;
    });
    let file = folder.path().join("snapshot.json");
    let settings =
        settings(database.url(), &format!("database: {{snapshot: '{}', query_timeout: 1s}}", file.display()));
    let first = start(&settings);
    runtime.block_on(first.directory().fetch(key("first-secret"))).unwrap().unwrap();
    drop(first);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("secret"), "{text}");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    cluster.stop(HowToStop::Fast);
    let second = start(&settings);
    assert!(second.directory().is_synced() && finds(&second, "first-secret"));
    assert_eq!(runtime.block_on(second.directory().fetch(key("second-secret"))).unwrap_err(), Unavailable);
    // A faulty limit must not become unlimited, nor a faulty line a missing credential.
    let damage = [
        ("\"rate_limit\":null", "\"rate_limit\":[1,4294967295,4294967295]"),
        ("\"rate_limit\":null", "\"rate_limit\":[0,1,1]"),
        ("\"enabled\":true", "\"enabled\":\"yes\""),
        ("sha256:", "sha1:"),
        ("\"id\":\"one\"", "\"id\":\"\\u0000\""),
        ("\"credentials\":1", "\"credentials\":2"),
        ("\"format\":1", "\"format\":2"),
    ];
    for (good, bad) in damage {
        assert!(text.contains(good), "{good} in {text}");
        let damaged = |file: &Path| edit(file, |text| text.replace(good, bad));
        assert!(!is_used(&settings, &file, damaged), "{bad}");
    }
    assert!(!is_used(&settings, &file, |file| {
        std::fs::set_permissions(file, PermissionsExt::from_mode(0o644)).unwrap();
    }));
    assert!(!is_used(&settings, &file, |file| edit(file, |text| text.replace("/one", "/other").replace('@', "@x"))));
    assert!(!is_used(&settings, &file, |file| edit(file, |text| text
        .replace("\"confirmed_at\":\"2", "\"confirmed_at\":\"1"))));
    assert!(!is_used(&settings, &file, |file| edit(file, |text| text
        .replace("\"confirmed_at\":\"2", "\"confirmed_at\":\"3"))));
    assert!(!is_used(&settings, &file, |file| edit(file, |text| text[..text.len() / 2].to_owned())));

    // Changes during the outage are applied once the server is up.
    cluster.start_again();
    runtime.block_on(async {
        let mut account = bed.store.account("acme").await.unwrap().unwrap();
        account.switched_on = false;
        let mut transaction = bed.store.begin(crate::store::test_database::noon()).await.unwrap();
        transaction.put_account(&account).await.unwrap();
        transaction.commit().await.unwrap();
    });
    eventually("the changes since the snapshot are applied", || !finds(&second, "first-secret"));
    let found = runtime.block_on(second.directory().fetch(key("first-secret"))).unwrap().unwrap();
    assert!(!found.account.access);
}

/// True when a start uses a copy of this snapshot with this change.
fn is_used(settings: &Settings, snapshot: &Path, change: impl FnOnce(&Path)) -> bool {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("snapshot.json");
    std::fs::copy(snapshot, &copy).unwrap();
    change(&copy);
    let mut settings = settings.clone();
    settings.database.as_mut().unwrap().options.snapshot = Some(copy);
    start(&settings).directory().is_synced()
}

fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    std::fs::write(file, change(std::fs::read_to_string(file).unwrap())).unwrap();
}

#[test]
fn an_older_hash_is_replaced_once_its_password_is_verified() {
    let runtime = Runtime::new().unwrap();
    let bed = runtime.block_on(TestDatabase::sqlite());
    let stored = runtime.block_on(async {
        bed.account("acme").await;
        let mut pair = token("nightly", "acme", "");
        pair.secret = RecordSecret::Password { username: "acme".into(), hash: SHA.parse().ok() };
        bed.put(&pair).await;
        pair
    });
    let DatabaseUrl::Sqlite(file) = &bed.url else { panic!("not SQLite") };
    let database = start(&settings(&format!("sqlite:{}", file.display()), ""));
    let pool = HashPool::start(HashPoolSize { threads: NonZeroUsize::MIN, queue: 4 }, |_| {}).unwrap();
    let authenticator = Authenticator::new(PasswordCache::new(10).unwrap(), pool);

    assert_eq!(verdict(&runtime, &authenticator, &database, "wrong"), Err(Rejection::CredentialInvalid));
    assert_eq!(runtime.block_on(bed.store.credential("nightly")).unwrap().unwrap().secret, stored.secret);
    assert_eq!(verdict(&runtime, &authenticator, &database, "correct horse"), Ok("nightly".into()));
    let scheme = || match runtime.block_on(bed.store.credential("nightly")).unwrap().unwrap().secret {
        RecordSecret::Password { hash, .. } => hash.unwrap(),
        RecordSecret::Token(_) => panic!("a token"),
    };
    eventually("it is argon2id", || matches!(scheme(), PasswordHash::Argon2id(_)));
    eventually("the cache drops the old hash", || database.directory().find_username("acme").credential().is_none());
    assert_eq!(verdict(&runtime, &authenticator, &database, "correct horse"), Ok("nightly".into()));
    assert_eq!(verdict(&runtime, &authenticator, &database, "wrong"), Err(Rejection::CredentialInvalid));
}

/// Decides about a Basic pair through all stages.
fn verdict(
    runtime: &Runtime,
    authenticator: &Authenticator,
    database: &DatabaseSource,
    password: &str,
) -> Result<String, Rejection> {
    let directory: Arc<dyn Directory> = database.directory();
    let pair = http::HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("acme:{password}")))).unwrap();
    let headers = HeaderMap::from_iter([(AUTHORIZATION, pair)]);
    let accept = Accept { basic: true, ..Accept::default() };
    let presented = Presented::read(&accept, &headers, None).unwrap().unwrap();
    let mut recognition = authenticator.lookup(&TokenFormat::default(), &*directory, &presented, None);
    runtime.block_on(async {
        if let AuthOutcome::NeedsFetch(unsettled) = recognition {
            recognition = authenticator.resolve(&*directory, unsettled).await;
        }
        let credential = match recognition {
            AuthOutcome::Authenticated(credential) => credential,
            AuthOutcome::Pending(pending) => authenticator.verify(*pending, || directory).await?,
            AuthOutcome::Rejected(rejection) => return Err(rejection),
            AuthOutcome::NeedsFetch(_) => panic!("asked, and still unsettled"),
        };
        Ok(credential.id.to_string())
    })
}
