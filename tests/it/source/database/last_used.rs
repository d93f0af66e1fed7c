//! When and from where a credential was last used, without a write for each request.

use std::time::{Duration, Instant};

use claviger::clock::Clock;
use claviger::config::DatabaseUrl;
use claviger::store::CredentialRecord;
use nix::sys::signal::Signal;

use super::{asked, bearer, gate, pair, usual_gate};
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::{PASSWORD, PASSWORD_HASH, RecordingApi, Request, eventually, slow_hash};

on_each!(
    a_thousand_requests_are_a_few_writes,
    all_who_share_a_credential_are_counted,
    what_was_used_last_is_written_at_the_end,
    only_what_was_let_through_counts_as_a_use,
);

async fn record(bed: &TestDatabase, id: &str) -> CredentialRecord {
    bed.store.credential(id).await.unwrap().unwrap()
}

async fn used(bed: &TestDatabase, id: &str) -> CredentialRecord {
    let start = Instant::now();
    loop {
        let record = record(bed, id).await;
        if record.last_used_at.is_some() {
            return record;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "the use of {id} is not written");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Counts the rows that are written.
async fn count_writes(bed: &TestDatabase) {
    let (function, body) = match &bed.url {
        DatabaseUrl::Sqlite(_) => ("", "BEGIN INSERT INTO writes VALUES (1); END"),
        DatabaseUrl::Postgres(_) => (
            "CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO writes VALUES (1); RETURN NEW; END $$;",
            "FOR EACH ROW EXECUTE FUNCTION count_it()",
        ),
    };
    bed.execute(&format!("CREATE TABLE writes (n INT); {function}")).await;
    for table in ["credentials", "uses", "credential_addresses"] {
        for event in ["INSERT", "UPDATE"] {
            bed.execute(&format!("CREATE TRIGGER {table}_{event} AFTER {event} ON {table} {body}")).await;
        }
    }
}

async fn a_thousand_requests_are_a_few_writes(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    // A cheap hash would be replaced at its first use.
    bed.put(&pair("nightly", "acme", "night", &slow_hash(PASSWORD))).await;
    bed.put(&token("unused", "acme", "unused")).await;
    count_writes(&bed).await;
    let before = bed.store.last_change().await.unwrap();
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings("database: {last_used_every: 200ms}").start();
    let start = Clock::System.now();
    let mut connection = gate.connect();
    for _ in 0..500 {
        assert_eq!(connection.send(&bearer("secret")).status, 200);
        assert_eq!(connection.send(&Request::get("/x").basic("night", PASSWORD)).status, 200);
    }
    for id in ["billing", "nightly"] {
        let record = used(&bed, id).await;
        let at = record.last_used_at.unwrap();
        // To the second.
        assert!(at.as_second() >= start.as_second() && at <= Clock::System.now(), "{at}");
        assert_eq!(record.last_used_from.as_deref(), Some("127.0.0.1"));
        assert_eq!(record.revision, 1, "it was used, not changed");
    }
    let seconds = Clock::System.now().as_second() - start.as_second() + 1;
    let writes = bed.ask("SELECT CAST(COUNT(*) AS BIGINT) FROM writes").await;
    // Of each a last use and an address.
    assert!(writes > 0 && writes <= 4 * (seconds + 1), "{writes} writes within {seconds} seconds");
    assert_eq!(record(&bed, "unused").await.last_used_at, None);
    assert_eq!(bed.store.last_change().await.unwrap(), before, "nobody has to forget anything because of a use");
}

async fn all_who_share_a_credential_are_counted(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let settings = "database: {last_used_every: 100ms}";
    let gate = gate(&api, &bed).settings(settings).proxy("  trusted_proxies: [127.0.0.1]").start();
    let mut connection = gate.connect();
    for turn in 0..30 {
        for caller in ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"] {
            let request = bearer("secret").header("X-Forwarded-For", caller);
            assert_eq!(connection.send(&request).status, 200, "{turn}");
        }
    }
    let start = Instant::now();
    while record(&bed, "billing").await.recent_addresses != 3 {
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", record(&bed, "billing").await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn what_was_used_last_is_written_at_the_end(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let settings = "database: {last_used_every: 1h}";
    let builder =
        gate(&api, &bed).settings(settings).proxy("  trusted_proxies: [127.0.0.1]\n  timeouts: {lame_duck: 10ms}");
    let mut gate = builder.start();
    assert_eq!(asked(&gate, &bearer("secret").header("X-Forwarded-For", "2001:db8::7")).0, 200);
    assert_eq!(record(&bed, "billing").await.last_used_at, None);
    gate.signal(Signal::SIGTERM);
    assert!(gate.wait().success(), "{}", gate.stderr());
    let record = record(&bed, "billing").await;
    assert!(record.last_used_at.is_some());
    assert_eq!(record.last_used_from.as_deref(), Some("2001:db8::7"));
}

async fn only_what_was_let_through_counts_as_a_use(bed: TestDatabase) {
    bed.account("acme").await;
    let mut disabled = token("disabled", "acme", "disabled");
    disabled.enabled = false;
    bed.put(&disabled).await;
    bed.put(&token("fine", "acme", "fine")).await;
    bed.put(&pair("nightly", "acme", "night", PASSWORD_HASH)).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings("database: {last_used_every: 100ms}").start();
    assert_eq!(asked(&gate, &bearer("disabled")).0, 401);
    assert_eq!(asked(&gate, &Request::get("/x").basic("night", "wrong")).0, 401);
    assert_eq!(asked(&gate, &bearer("fine")).0, 200);
    used(&bed, "fine").await;
    for id in ["disabled", "nightly"] {
        assert_eq!(record(&bed, id).await.last_used_at, None, "{id}");
    }
}

/// What waits for the next attempt when there is none any more.
#[tokio::test]
async fn what_could_not_be_written_is_written_at_the_end() {
    use sqlx::Connection as _;
    let bed = TestDatabase::sqlite().await;
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let settings = "database: {last_used_every: 3s, query_timeout: 500ms}";
    let mut gate = usual_gate(&api, &bed).settings(settings).proxy("  timeouts: {lame_duck: 10ms}").start();
    let DatabaseUrl::Sqlite(file) = &bed.url else { panic!("{}", bed.url) };
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut writer = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    assert_eq!(asked(&gate, &bearer("secret")).0, 200);
    eventually("it is said", || gate.stderr().contains("last uses are not written yet"));
    sqlx::raw_sql("ROLLBACK").execute(&mut writer).await.unwrap();
    gate.signal(Signal::SIGTERM);
    assert!(gate.wait().success(), "{}", gate.stderr());
    assert!(record(&bed, "billing").await.last_used_at.is_some(), "{}", gate.stderr());
}
