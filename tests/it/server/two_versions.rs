//! Two versions of the program on one database, one schema step apart. There is one program in a test, so the newer one
//! is what it leaves in the database: a step that this program does not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use claviger::store::CredentialRecord;

use crate::store::migration::without_webhooks;
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::{Ended, Gate, GateBuilder, RecordingApi, Request, Run, eventually};

on_each!(
    a_gate_serves_while_the_schema_gains_a_step_and_after_a_downgrade,
    commands_of_the_older_version_write_on_the_newer_schema,
    an_upgrade_takes_over_with_a_database_and_its_next_schema,
    a_successor_that_cannot_use_the_schema_leaves_the_old_process_serving,
    a_schema_one_step_older_is_migrated_by_the_successor,
);

/// What a migration of the next version leaves: it adds a table, a column and an index (the rule of docs/operate/upgrade).
const NEXT_STEP: &str = "
    CREATE TABLE later (id TEXT NOT NULL PRIMARY KEY);
    ALTER TABLE credentials ADD COLUMN later TEXT;
    ALTER TABLE accounts ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
    CREATE INDEX credentials_later ON credentials (later);
    INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
        SELECT version + 1, 'later', installed_on, success, checksum, 0 FROM _sqlx_migrations
        WHERE version = (SELECT MAX(version) FROM _sqlx_migrations);
    UPDATE schema_mark SET finished = finished + 1";
/// What it leaves where older programs cannot go on.
const UNREADABLE: &str = "UPDATE schema_mark SET readable_from = (SELECT MAX(version) FROM _sqlx_migrations)";
/// The schema before the last step of this program.
const PREVIOUS: &str =
    concat!(without_webhooks!(), "DELETE FROM _sqlx_migrations WHERE version > 4; UPDATE schema_mark SET finished = 4");

fn gate(api: &RecordingApi, bed: &TestDatabase) -> GateBuilder {
    let settings = "throttle: {enabled: false}\nhandover: {socket: run/next.sock}";
    let gate = Gate::before(api.url()).database(&bed.address()).settings(settings);
    gate.variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s")
}

fn status(gate: &Gate, token: &str) -> u16 {
    gate.send(&Request::get("/x").bearer(token)).status
}

/// Puts the credentials `one`, `two` and `three`, each with its id as its token.
async fn fill(bed: &TestDatabase) {
    bed.account("acme").await;
    for id in ["one", "two", "three"] {
        bed.put(&token(id, "acme", id)).await;
    }
}

async fn version(bed: &TestDatabase) -> i64 {
    bed.ask("SELECT MAX(version) FROM _sqlx_migrations").await
}

async fn disable(bed: &TestDatabase, id: &str) {
    let record = bed.store.credential(id).await.unwrap().unwrap();
    bed.put(&CredentialRecord { enabled: false, ..record }).await;
}

fn claviger(gate: &Gate, arguments: &[&str]) -> Ended {
    Run::within(gate.folder(), arguments).variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s").end()
}

async fn a_gate_serves_while_the_schema_gains_a_step_and_after_a_downgrade(bed: TestDatabase) {
    fill(&bed).await;
    let api = RecordingApi::start();
    let running = gate(&api, &bed).start();
    assert_eq!(status(&running, "one"), 200);
    let own = version(&bed).await;
    bed.execute(NEXT_STEP).await;
    // Cached, looked up, and followed.
    assert_eq!([status(&running, "one"), status(&running, "two")], [200, 200]);
    disable(&bed, "one").await;
    eventually("the change is followed", || status(&running, "one") == 401);
    bed.put(&token("new", "acme", "new")).await;
    eventually("a new credential is admitted", || status(&running, "new") == 200);
    assert_eq!(running.admin("GET", "/readyz").status, 200);
    // Back to the older version: it starts on the newer schema, and leaves it alone.
    for flag in [None, Some("--migrate")] {
        let older = gate(&api, &bed).start_as(|command| {
            command.args(flag);
        });
        assert_eq!([status(&older, "two"), status(&older, "one")], [200, 401]);
    }
    assert_eq!(version(&bed).await, own + 1);
}

async fn commands_of_the_older_version_write_on_the_newer_schema(bed: TestDatabase) {
    fill(&bed).await;
    let api = RecordingApi::start();
    let running = gate(&api, &bed).start();
    bed.execute(NEXT_STEP).await;
    let migrated = claviger(&running, &["database", "migrate"]);
    assert_eq!(migrated.code, 0, "{migrated:?}");
    let disabled = claviger(&running, &["credential", "disable", "two", "--yes"]);
    assert_eq!(disabled.code, 0, "{disabled:?}");
    eventually("the command takes effect", || status(&running, "two") == 401);
    let created = claviger(&running, &["credential", "create", "--account", "acme", "--id", "made"]);
    let created: serde_json::Value = serde_json::from_str(&created.stdout).unwrap_or_else(|_| panic!("{created:?}"));
    let secret = created["secret"]["token"].as_str().unwrap().to_owned();
    eventually("the new credential is admitted", || status(&running, &secret) == 200);
}

/// Requests that have to be answered with 200 until the end.
fn traffic(gate: &Gate) -> (Arc<AtomicBool>, std::thread::JoinHandle<usize>) {
    let (is_done, address) = (Arc::new(AtomicBool::new(false)), gate.address);
    let done = is_done.clone();
    let client = std::thread::spawn(move || {
        let mut connection = crate::support::Connection::open(address);
        let mut sent = 0;
        while !done.load(Ordering::Relaxed) {
            let reply = connection.send(&Request::get("/x").bearer("three"));
            assert_eq!(reply.status, 200, "after {sent} good answers: {}", reply.text());
            sent += 1;
            if reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
                connection = crate::support::Connection::open(address);
            }
        }
        sent
    });
    (is_done, client)
}

async fn an_upgrade_takes_over_with_a_database_and_its_next_schema(bed: TestDatabase) {
    fill(&bed).await;
    let api = RecordingApi::start();
    let mut old = gate(&api, &bed).start();
    assert_eq!(status(&old, "one"), 200);
    let (is_done, client) = traffic(&old);
    bed.execute(NEXT_STEP).await;
    let new = old.upgrade();
    assert_eq!((new.address, old.wait().code()), (old.address, Some(0)));
    // What the old process has cached or counted is neither needed nor lost.
    assert_eq!([status(&new, "one"), status(&new, "two")], [200, 200]);
    disable(&bed, "two").await;
    eventually("the successor follows changes", || status(&new, "two") == 401);
    let used = bed.store.credential("one").await.unwrap().unwrap().last_used_at;
    assert!(used.is_some(), "the old process has not written its last uses");
    is_done.store(true, Ordering::Relaxed);
    assert!(client.join().unwrap() > 0);
}

async fn a_successor_that_cannot_use_the_schema_leaves_the_old_process_serving(bed: TestDatabase) {
    fill(&bed).await;
    let api = RecordingApi::start();
    let old = gate(&api, &bed).start();
    assert_eq!(status(&old, "one"), 200);
    bed.execute(NEXT_STEP).await;
    bed.execute(UNREADABLE).await;
    let ended = claviger(&old, &["serve", "--upgrade"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let next = version(&bed).await;
    let problem = format!(
        "its schema is at version {next}, which needs a claviger of schema version {next}, and this one has {}",
        next - 1
    );
    assert!(ended.stderr.contains(&problem), "{ended:?}");
    assert_eq!([status(&old, "one"), status(&old, "two")], [200, 200]);
    assert_eq!(old.admin("GET", "/readyz").status, 200);
}

/// The old process keeps serving on the older schema, as its own version would: its statements do not name what the step
/// adds.
async fn a_schema_one_step_older_is_migrated_by_the_successor(bed: TestDatabase) {
    fill(&bed).await;
    let own = version(&bed).await;
    bed.execute(PREVIOUS).await;
    let api = RecordingApi::start();
    if !bed.store.is_embedded() {
        let ended = gate(&api, &bed).run();
        let problem = format!("its schema is at version {}, and this claviger wants {own}", own - 1);
        assert!(ended.code == 1 && ended.stderr.contains(&problem), "{ended:?}");
    }
    bed.store.migrate().await.unwrap();
    let mut old = gate(&api, &bed).start();
    assert_eq!([status(&old, "one"), status(&old, "three")], [200, 200]);
    bed.execute(PREVIOUS).await;
    let (is_done, client) = traffic(&old);
    let mut command = crate::support::claviger();
    command.args(["serve", "--upgrade", "--migrate", "--config"]).arg(old.settings_file());
    command.env("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s");
    let new = Gate::launch(&mut command, old.shared_folder());
    assert_eq!((new.address, old.wait().code()), (old.address, Some(0)));
    assert_eq!(version(&bed).await, own);
    assert_eq!([status(&new, "one"), status(&new, "two")], [200, 200]);
    disable(&bed, "one").await;
    eventually("the successor follows changes", || status(&new, "one") == 401);
    is_done.store(true, Ordering::Relaxed);
    assert!(client.join().unwrap() > 0);
}
