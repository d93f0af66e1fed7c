//! What a gate makes of a database when it starts.

use claviger::config::DatabaseUrl;

use super::{asked, bearer, gate};
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::postgres::{Cluster, HowToStop, fresh_database};
use crate::support::{Gate, RecordingApi, Run, eventually};

on_each!(
    a_database_that_has_only_grown_is_used_and_one_that_needs_a_newer_program_refused,
    a_damaged_row_takes_nobody_else_down
);

/// What the program says when it refuses to start.
fn refusal(builder: &crate::support::GateBuilder) -> String {
    let ended = Run::of(builder.command()).end();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    ended.stderr
}

fn refusal_of(url: &str) -> String {
    refusal(&Gate::before("http://127.0.0.1:1").database(url))
}

async fn a_database_that_has_only_grown_is_used_and_one_that_needs_a_newer_program_refused(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("fine", "acme", "fine")).await;
    bed.execute(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
        SELECT 4, 'later', installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1;
        UPDATE schema_mark SET readable_from = 3, finished = 4;
        ALTER TABLE credentials ADD COLUMN later TEXT",
    )
    .await;
    let api = RecordingApi::start();
    for flag in [None, Some("--migrate")] {
        let gate = gate(&api, &bed).start_as(|command| {
            command.args(flag);
        });
        assert_eq!(asked(&gate, &bearer("fine")).0, 200);
    }
    bed.store.migrate().await.unwrap();
    assert_eq!(bed.ask("SELECT MAX(version) FROM _sqlx_migrations").await, 4);

    bed.execute("UPDATE schema_mark SET readable_from = 4").await;
    let refusal = refusal_of(&bed.address());
    assert!(
        refusal.contains("its schema is at version 4, which needs a claviger that knows 4, and this one knows 3"),
        "{refusal}"
    );
    assert!(refusal.contains("use the version of claviger that last migrated it, or a newer one"), "{refusal}");
    assert!(bed.store.migrate().await.is_err());
}

async fn a_damaged_row_takes_nobody_else_down(bed: TestDatabase) {
    bed.account("acme").await;
    for id in ["fine", "damaged"] {
        bed.put(&token(id, "acme", id)).await;
    }
    bed.execute("UPDATE credentials SET addresses = 'nowhere' WHERE id = 'damaged'").await;
    bed.execute("INSERT INTO uses (credential, at) VALUES ('damaged', 7)").await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    for _ in 0..50 {
        assert_eq!(asked(&gate, &bearer("damaged")), (503, "directory_unavailable".into()));
    }
    assert_eq!(asked(&gate, &bearer("fine")).0, 200);
    let message = "credentials.addresses of \\\"damaged\\\" holds what claviger has never written";
    let count = || gate.stderr().matches(message).count();
    eventually("it is said", || count() > 0);
    assert!(count() < 10, "whoever holds a damaged credential fills the log:\n{}", gate.stderr());
}

#[test]
fn a_schema_that_is_missing_is_for_the_operator_to_make() {
    let database = fresh_database();
    let refusal = refusal_of(database.url());
    assert!(refusal.contains("its schema is at version 0, and this claviger wants 3"), "{refusal}");
    assert!(refusal.contains("run claviger database migrate, or claviger serve --migrate"), "{refusal}");

    let api = RecordingApi::start();
    let migrating = Gate::before(api.url()).database(database.url());
    let gate = migrating.start_as(|command| {
        command.arg("--migrate");
    });
    assert_eq!(asked(&gate, &bearer("nobody's")).0, 401);
    assert!(gate.stderr().contains("the schema of the database is up to date"), "{}", gate.stderr());
    // Nothing is left to do, so the flag is needed no more.
    let again = Gate::before(api.url()).database(database.url()).start();
    assert_eq!(asked(&again, &bearer("nobody's")).0, 401);
}

#[tokio::test]
async fn two_gates_that_migrate_at_the_same_time_both_start() {
    let database = fresh_database();
    let api = RecordingApi::start();
    let gates: Vec<_> = (0..3)
        .map(|_| {
            let (url, upstream) = (database.url().to_owned(), api.url().to_owned());
            std::thread::spawn(move || {
                Gate::before(&upstream).database(&url).start_as(|command| {
                    command.arg("--migrate");
                })
            })
        })
        .collect();
    for gate in gates {
        assert_eq!(asked(&gate.join().unwrap(), &bearer("nobody's")).0, 401);
    }
}

#[test]
fn an_sqlite_file_that_is_missing_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("claviger.db");
    let url = format!("sqlite:{}", file.display());
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).database(&url).start();
    assert_eq!(asked(&gate, &bearer("nobody's")).0, 401);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} may be read by others", entry.file_name());
    }
}

#[test]
fn what_cannot_be_used_is_said_with_what_to_do() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(
        folder.path().join("text.db"),
        "not a database, whatever it is called, for a hundred bytes ".repeat(40),
    )
    .unwrap();
    let postgres: DatabaseUrl = database.url().parse().unwrap();
    let DatabaseUrl::Postgres(postgres) = postgres else { panic!("{postgres}") };
    let password = postgres.expose().split(':').nth(2).unwrap().split('@').next().unwrap();
    let cases = [
        (database.url().replace(password, "planted-wrong"), "check user name and password, and pg_hba.conf"),
        (cluster.url("nowhere"), "create it: CREATE DATABASE"),
        (format!("sqlite:{}/missing/claviger.db", folder.path().display()), "check that its folder exists"),
        (format!("sqlite:{}", folder.path().display()), "check that its folder exists"),
        (format!("sqlite:{}/text.db", folder.path().display()), "it is damaged or no SQLite file: restore it"),
        (database.url().replace("ca.pem", "missing.pem"), "missing.pem"),
        (database.url().replace("verify-full", "prefer"), "has an sslmode that is none of"),
        (database.url().replace("@localhost:", "@localhost:x"), "credentials.database"),
    ];
    for (url, remedy) in cases {
        let refusal = refusal_of(&url);
        assert!(refusal.contains(remedy), "{remedy}:\n{refusal}");
        assert!(!refusal.contains(password) && !refusal.contains("planted"), "{refusal}");
    }
}

/// What the old one remembers is more than what the new one could.
#[tokio::test]
async fn a_process_that_cannot_reach_the_database_takes_nothing_over() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings("handover: {socket: run/next.sock}\ndatabase: {query_timeout: 1s}").start();
    assert_eq!(asked(&gate, &bearer("known")).0, 200);
    cluster.stop(HowToStop::Fast);
    let ended = Run::within(gate.folder(), &["serve", "--upgrade", "--config", "claviger.yaml"]).end();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("the previous process goes on with the credentials it has cached"),
        "{}",
        ended.stderr
    );
    assert_eq!(asked(&gate, &bearer("known")).0, 200);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    cluster.start_again();
}
