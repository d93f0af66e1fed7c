//! How a gate starts on a database.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use claviger::config::DatabaseUrl;

use super::{answer, bearer, gate};
use crate::store::test_database::{TestDatabase, on_each, token};
use crate::support::postgres::{Cluster, HowToStop, fresh_database};
use crate::support::{Gate, RecordingApi, Run, eventually};

on_each!(
    a_newer_compatible_schema_is_used_and_an_incompatible_one_is_refused,
    a_damaged_row_affects_no_other_credential
);

/// The error of a start that fails.
fn refusal(builder: &crate::support::GateBuilder) -> String {
    let ended = Run::of(builder.command()).end();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    ended.stderr
}

fn refusal_of(url: &str) -> String {
    refusal(&Gate::before("http://127.0.0.1:1").database(url))
}

async fn a_newer_compatible_schema_is_used_and_an_incompatible_one_is_refused(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("fine", "acme", "fine")).await;
    bed.execute(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
        SELECT 6, 'later', installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1;
        UPDATE schema_mark SET readable_from = 5, finished = 6;
        ALTER TABLE credentials ADD COLUMN later TEXT",
    )
    .await;
    let api = RecordingApi::start();
    for flag in [None, Some("--migrate")] {
        let gate = gate(&api, &bed).start_as(|command| {
            command.args(flag);
        });
        assert_eq!(answer(&gate, &bearer("fine")).0, 200);
    }
    bed.store.migrate().await.unwrap();
    assert_eq!(bed.ask("SELECT MAX(version) FROM _sqlx_migrations").await, 6);

    bed.execute("UPDATE schema_mark SET readable_from = 6").await;
    let refusal = refusal_of(&bed.address());
    assert!(
        refusal.contains("its schema is at version 6, which needs a claviger of schema version 6, and this one has 5"),
        "{refusal}"
    );
    assert!(refusal.contains("use the version of claviger that last migrated it, or a newer one"), "{refusal}");
    assert!(bed.store.migrate().await.is_err());
}

async fn a_damaged_row_affects_no_other_credential(bed: TestDatabase) {
    bed.account("acme").await;
    for id in ["fine", "damaged"] {
        bed.put(&token(id, "acme", id)).await;
    }
    bed.execute("UPDATE credentials SET addresses = 'nowhere' WHERE id = 'damaged'").await;
    bed.execute("INSERT INTO uses (credential, at) VALUES ('damaged', 7)").await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).start();
    for _ in 0..50 {
        assert_eq!(answer(&gate, &bearer("damaged")), (503, "directory_unavailable".into()));
    }
    assert_eq!(answer(&gate, &bearer("fine")).0, 200);
    let message = "credentials.addresses of \\\"damaged\\\" holds a value that claviger never writes";
    let count = || gate.stderr().matches(message).count();
    eventually("it is logged", || count() > 0);
    assert!(count() < 10, "requests with a damaged credential fill the log:\n{}", gate.stderr());
}

#[test]
fn a_missing_schema_on_a_server_is_not_created_without_the_flag() {
    let database = fresh_database();
    let refusal = refusal_of(database.url());
    assert!(refusal.contains("its schema is at version 0, and this claviger wants 5"), "{refusal}");
    assert!(refusal.contains("run claviger database migrate, or claviger serve --migrate"), "{refusal}");

    let api = RecordingApi::start();
    let migrating = Gate::before(api.url()).database(database.url());
    let gate = migrating.start_as(|command| {
        command.arg("--migrate");
    });
    assert_eq!(answer(&gate, &bearer("unknown")).0, 401);
    assert!(gate.stderr().contains("the schema of the database is up to date"), "{}", gate.stderr());
    // The schema is current, so the flag is not needed.
    let again = Gate::before(api.url()).database(database.url()).start();
    assert_eq!(answer(&again, &bearer("unknown")).0, 401);
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
        assert_eq!(answer(&gate.join().unwrap(), &bearer("unknown")).0, 401);
    }
}

#[test]
fn a_missing_sqlite_file_is_created_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("claviger.db");
    let url = format!("sqlite:{}", file.display());
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).database(&url).start();
    assert_eq!(answer(&gate, &bearer("unknown")).0, 401);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} may be read by others", entry.file_name());
    }
}

#[test]
fn a_database_that_cannot_be_used_is_reported_with_a_remedy() {
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

/// The cache of the old process is more than the new one could have.
#[tokio::test]
async fn a_process_that_cannot_reach_the_database_does_not_take_over() {
    let cluster = Cluster::start();
    let bed = TestDatabase::on_database(cluster.fresh_database()).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings("handover: {socket: run/next.sock}\ndatabase: {query_timeout: 1s}").start();
    assert_eq!(answer(&gate, &bearer("known")).0, 200);
    cluster.stop(HowToStop::Fast);
    let ended = Run::within(gate.folder(), &["serve", "--upgrade", "--config", "claviger.yaml"]).end();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("the previous process goes on with the credentials it has cached"),
        "{}",
        ended.stderr
    );
    assert_eq!(answer(&gate, &bearer("known")).0, 200);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    cluster.start_again();
}

/// In front of a server. Until that is up, answers as PostgreSQL does while it recovers: with SQLSTATE 57P03.
struct StartingServer {
    port: u16,
    is_up: Arc<AtomicBool>,
}

impl StartingServer {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, is_up) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let up = is_up.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let up = up.clone();
                std::thread::spawn(
                    move || if up.load(Ordering::SeqCst) { pass_on(&client, server) } else { refuse(client) },
                );
            }
        });
        Self { port, is_up }
    }
}

/// An end of the connection is an end of the thread.
fn refuse(mut client: TcpStream) {
    let mut length = [0; 4];
    if client.read_exact(&mut length).is_err() {
        return;
    }
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    if client.read_exact(&mut startup).is_ok() {
        let fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0Rprocess_startup_packet\0\0";
        let length = u32::try_from(4 + fields.len()).unwrap().to_be_bytes();
        let _gone = client.write_all(&[b"E", &length[..], fields].concat());
    }
}

fn pass_on(client: &TcpStream, server: u16) {
    let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
    std::thread::scope(|scope| {
        for (mut from, mut to) in [(client, &server), (&server, client)] {
            scope.spawn(move || {
                let _ended = std::io::copy(&mut from, &mut to);
                let _gone = to.shutdown(Shutdown::Write);
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_server_that_is_starting_up_is_named_and_waited_for() {
    let cluster = Cluster::start();
    let database = cluster.fresh_database();
    let direct = database.direct().to_owned();
    let port = direct.split_once('@').unwrap().1.split('/').next().unwrap().rsplit(':').next().unwrap().to_owned();
    let bed = TestDatabase::on_database(database).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let server = StartingServer::before(port.parse().unwrap());
    let url = direct.replace(&format!(":{port}/"), &format!(":{}/", server.port));
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).database(&url).settings("database: {query_timeout: 1s}").start();
    assert_eq!(answer(&gate, &bearer("known")), (503, "directory_unavailable".into()));
    assert_eq!(gate.admin("GET", "/readyz").status, 503);
    let cause = format!("the database does not answer: 127.0.0.1:{}: the database system is starting up", server.port);
    assert!(gate.stderr().contains(&cause), "{}", gate.stderr());
    server.is_up.store(true, Ordering::SeqCst);
    eventually("it is admitted", || answer(&gate, &bearer("known")).0 == 200);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
}
