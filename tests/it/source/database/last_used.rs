//! Last uses are recorded without a write per request.

use claviger::clock::Clock;
use claviger::config::DatabaseUrl;
use claviger::store::CredentialRecord;
use nix::sys::signal::Signal;

use super::{answer, bearer, gate, pair, usual_gate};
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::{PASSWORD, PASSWORD_HASH, RecordingApi, Request, eventually, eventually_async, slow_hash};

on_each!(
    a_thousand_requests_are_a_few_writes,
    all_addresses_of_a_shared_credential_are_counted,
    pending_uses_are_written_at_shutdown,
    a_refused_request_is_not_a_use,
);

async fn record(bed: &TestDatabase, id: &str) -> CredentialRecord {
    bed.store.credential(id).await.unwrap().unwrap()
}

async fn used(bed: &TestDatabase, id: &str) -> CredentialRecord {
    let is_written = async || record(bed, id).await.last_used_at.is_some();
    eventually_async(&format!("the use of {id} is written"), is_written).await;
    record(bed, id).await
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
    // An older hash would be replaced at its first use, which is a write.
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
        // Stored in seconds.
        assert!(at.as_second() >= start.as_second() && at <= Clock::System.now(), "{at}");
        assert_eq!(record.last_used_from.as_deref(), Some("127.0.0.1"));
        assert_eq!(record.revision, 1, "a use is not a change");
    }
    let seconds = Clock::System.now().as_second() - start.as_second() + 1;
    let writes = bed.ask("SELECT CAST(COUNT(*) AS BIGINT) FROM writes").await;
    // Each credential has a last use and an address.
    assert!(writes > 0 && writes <= 4 * (seconds + 1), "{writes} writes within {seconds} seconds");
    assert_eq!(record(&bed, "unused").await.last_used_at, None);
    assert_eq!(bed.store.last_change().await.unwrap(), before, "a use invalidates nothing");
}

async fn all_addresses_of_a_shared_credential_are_counted(bed: TestDatabase) {
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
    let are_counted = async || record(&bed, "billing").await.recent_addresses == 3;
    eventually_async("three addresses are counted", are_counted).await;
}

async fn pending_uses_are_written_at_shutdown(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    let api = RecordingApi::start();
    let settings = "database: {last_used_every: 1h}";
    let builder =
        gate(&api, &bed).settings(settings).proxy("  trusted_proxies: [127.0.0.1]\n  timeouts: {lame_duck: 10ms}");
    let mut gate = builder.start();
    assert_eq!(answer(&gate, &bearer("secret").header("X-Forwarded-For", "2001:db8::7")).0, 200);
    assert_eq!(record(&bed, "billing").await.last_used_at, None);
    gate.signal(Signal::SIGTERM);
    assert!(gate.wait().success(), "{}", gate.stderr());
    let record = record(&bed, "billing").await;
    assert!(record.last_used_at.is_some());
    assert_eq!(record.last_used_from.as_deref(), Some("2001:db8::7"));
}

async fn a_refused_request_is_not_a_use(bed: TestDatabase) {
    bed.account("acme").await;
    let mut disabled = token("disabled", "acme", "disabled");
    disabled.enabled = false;
    bed.put(&disabled).await;
    bed.put(&token("fine", "acme", "fine")).await;
    bed.put(&pair("nightly", "acme", "night", PASSWORD_HASH)).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings("database: {last_used_every: 100ms}").start();
    assert_eq!(answer(&gate, &bearer("disabled")).0, 401);
    assert_eq!(answer(&gate, &Request::get("/x").basic("night", "wrong")).0, 401);
    assert_eq!(answer(&gate, &bearer("fine")).0, 200);
    used(&bed, "fine").await;
    for id in ["disabled", "nightly"] {
        assert_eq!(record(&bed, id).await.last_used_at, None, "{id}");
    }
}

#[tokio::test]
async fn uses_of_a_failed_write_are_written_at_shutdown() {
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
    assert_eq!(answer(&gate, &bearer("secret")).0, 200);
    eventually("it is logged", || gate.stderr().contains("cannot write last uses yet"));
    sqlx::raw_sql("ROLLBACK").execute(&mut writer).await.unwrap();
    gate.signal(Signal::SIGTERM);
    assert!(gate.wait().success(), "{}", gate.stderr());
    assert!(record(&bed, "billing").await.last_used_at.is_some(), "{}", gate.stderr());
}
