//! A process that serves the management API only, beside gates that do not.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;

use super::{call, staff_token};
use crate::store::test_database::TestDatabase;
use crate::support::{Connection, Gate, RecordingApi, Request, Run, eventually};

/// The promise of design is 1 s; the rest is room for a machine under load.
const MAX_PROPAGATION: Duration = Duration::from_secs(5);

fn gate_only(api: &RecordingApi, bed: &TestDatabase) -> Gate {
    Gate::before(api.url())
        .database(&bed.address())
        .settings("console: {enabled: false}\nthrottle: {enabled: false}")
        .variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s")
        .start()
}

fn management_only(bed: &TestDatabase) -> Gate {
    Gate::management_only(&bed.address()).variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s").start()
}

#[tokio::test]
async fn changes_by_the_management_api_reach_gates_of_other_processes() {
    let (api, bed) = (RecordingApi::start(), TestDatabase::postgres().await);
    bed.account("acme").await;
    let staff = staff_token(&bed.store).await;
    let gates = [gate_only(&api, &bed), gate_only(&api, &bed)];
    let api_process = management_only(&bed);

    let made =
        call(&api_process, &staff, "POST", "/api/v1/credentials", Some(&json!({"account": "acme", "kind": "token"})))
            .json();
    let (id, token) = (made["credential"]["id"].as_str().unwrap(), made["secret"]["token"].as_str().unwrap());
    let status = |gate: &Gate| gate.send(&Request::get("/x").bearer(token)).status;
    let start = Instant::now();
    eventually("both gates admit it", || gates.iter().all(|gate| status(gate) == 200));
    assert!(start.elapsed() < MAX_PROPAGATION, "{:?}", start.elapsed());
    assert_eq!(api.last().header("X-Claviger-Credential"), Some(id));

    let target = format!("/api/v1/credentials/{id}/disable");
    let disabled = call(&api_process, &staff, "POST", &target, Some(&json!({"reason": "lost"})));
    assert_eq!(disabled.status, 200, "{}", disabled.text());
    let start = Instant::now();
    eventually("both gates refuse it", || gates.iter().all(|gate| status(gate) == 401));
    assert!(start.elapsed() < MAX_PROPAGATION, "{:?}", start.elapsed());

    for gate in &gates {
        assert_eq!(call(gate, &staff, "GET", "/api/v1/me", None).status, 404);
        assert_eq!(gate.admin("GET", "/api/v1/openapi.json").status, 404);
        assert_eq!(gate.admin("GET", "/metrics").status, 200);
        assert_eq!(gate.admin("GET", "/livez").status, 200);
        assert_eq!(gate.admin("GET", "/readyz").status, 200);
    }
}

#[tokio::test]
async fn a_management_only_process_has_health_metrics_and_the_throttle_of_sign_in() {
    let bed = TestDatabase::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let mut api_process = management_only(&bed);
    assert_eq!(call(&api_process, &staff, "GET", "/api/v1/me", None).status, 200);
    assert_eq!(api_process.admin("GET", "/livez").text(), "ok\n");
    assert_eq!(api_process.admin("GET", "/readyz").status, 200);
    let ready = api_process.admin("GET", "/readyz?verbose").text();
    assert!(ready.contains("[+] database answers\n[+] database is a primary that takes writes\n"), "{ready}");
    assert_eq!(api_process.metric("claviger_database_primary"), 1.0);
    assert_eq!(api_process.metric(&format!("claviger_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert_eq!(api_process.admin("POST", "/-/reload").status, 200);
    assert_eq!(api_process.admin("GET", "/-/throttle").text(), "[]\n");
    // An idle connection does not delay the shutdown.
    let mut idle = Connection::open(api_process.admin);
    assert_eq!(idle.send(&Request::get("/livez")).status, 200);
    api_process.signal(Signal::SIGTERM);
    assert_eq!(api_process.wait().code(), Some(0));
    assert!(idle.is_closed());
    assert_eq!(api_process.stdout(), "");
}

/// A request whose body is incomplete is in flight.
#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_process_ends() {
    let bed = TestDatabase::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let mut api_process = management_only(&bed);
    let body = json!({"id": "late"}).to_string();
    let request = Request::new("POST", "/api/v1/accounts").bearer(&staff).header("Content-Type", "application/json");
    // The server asks for the body once it has read the head.
    let whole = request.header("Expect", "100-continue").body(&body).bytes();
    let (head, rest) = whole.split_at(whole.len() - 4);
    let mut connection = Connection::open(api_process.console);
    connection.write(head);
    assert_eq!(connection.any_reply(false).unwrap().status, 100);
    api_process.signal(Signal::SIGTERM);
    eventually("no connection is accepted", || std::net::TcpStream::connect(api_process.console).is_err());
    connection.write(rest);
    let answer = connection.reply(false).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(api_process.wait().code(), Some(0));
    assert!(bed.store.account("late").await.unwrap().is_some());
}

#[tokio::test]
async fn a_management_only_process_starts_without_its_database_and_is_not_ready() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let api_process = Gate::management_only(&format!("postgres://a@{closed}/a?sslmode=disable")).start();
    assert_eq!(api_process.admin("GET", "/readyz").status, 503);
    let ready = api_process.admin("GET", "/readyz?verbose").text();
    assert!(ready.contains("[-] database answers\n    ") && ready.contains(&closed.to_string()), "{ready}");
    assert!(!ready.contains("database is a primary"), "{ready}");
    assert_eq!(api_process.metric("claviger_database_primary"), -1.0);
    assert_eq!(api_process.admin("GET", "/livez").status, 200);
}

#[tokio::test]
async fn a_management_only_process_is_ready_while_its_database_answers() {
    let bed = TestDatabase::sqlite().await;
    let api_process = management_only(&bed);
    let is_ready = || api_process.admin("GET", "/readyz").status == 200;
    assert!(is_ready());
    bed.execute("ALTER TABLE _sqlx_migrations RENAME TO gone").await;
    bed.execute("CREATE TABLE _sqlx_migrations (version INTEGER, success INTEGER)").await;
    bed.execute("INSERT INTO _sqlx_migrations VALUES (99, 1)").await;
    bed.execute("UPDATE schema_mark SET readable_from = 99").await;
    eventually("it is not ready on a newer schema", || !is_ready());
    bed.execute("DROP TABLE _sqlx_migrations").await;
    bed.execute("ALTER TABLE gone RENAME TO _sqlx_migrations").await;
    bed.execute("UPDATE schema_mark SET readable_from = 1").await;
    eventually("it is ready again", is_ready);
}

#[test]
fn an_older_schema_stops_a_management_only_start_without_migrate() {
    let database = crate::support::postgres::fresh_database();
    let ended = Gate::management_only(database.url()).run();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("claviger serve --migrate"), "{}", ended.stderr);
    let api_process = Gate::management_only(database.url()).start_as(|command| {
        command.arg("--migrate");
    });
    assert_eq!(api_process.admin("GET", "/readyz").status, 200);
}

#[tokio::test]
async fn a_management_only_process_hands_over_like_a_gate() {
    let bed = TestDatabase::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let builder = Gate::management_only(&bed.address()).settings("handover: {socket: run/next.sock}");
    let mut first = builder.admin("127.0.0.1:0").start();
    let socket = first.folder().join("run/next.sock");
    eventually("a successor may connect", || socket.exists());
    let mut kept = Connection::open(first.admin);
    assert_eq!(kept.send(&Request::get("/livez")).status, 200);
    let next = first.upgrade();
    assert_eq!((next.admin, next.console), (first.admin, first.console));
    assert_eq!(first.wait().code(), Some(0));
    assert_eq!(call(&next, &staff, "GET", "/api/v1/me", None).status, 200);
}

fn validated(settings: &str) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    Run::within(folder.path(), &["config", "validate", "--config", "claviger.yaml"]).end().stderr
}

#[test]
fn proxy_may_be_left_out_only_with_a_management_api() {
    let database = "credentials: {database: 'sqlite:claviger.db'}\n";
    let without = validated("credentials: {file: credentials.yaml}\n");
    assert!(without.contains("proxy.upstream  is missing; "), "{without}");
    assert!(without.contains("control plane without a gate needs credentials.database"), "{without}");
    let switched_off = validated(&format!("{database}console: {{enabled: false}}\n"));
    assert!(switched_off.contains("proxy  is missing, and console.enabled is false"), "{switched_off}");
    let half = validated(&format!("{database}proxy: {{listen: '127.0.0.1:0'}}\n"));
    assert!(half.contains("proxy.upstream  is missing"), "{half}");
    assert_eq!(validated(database), "");
}

#[test]
fn a_gate_becomes_management_only_only_by_a_restart() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).database("sqlite:claviger.db").start();
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    let (_, rest) = settings.split_once("admin:").unwrap();
    gate.rename_over(&gate.settings_file(), &format!("admin:{rest}"));
    let outcome = gate.admin("POST", "/-/reload");
    assert_eq!(outcome.status, 422, "{}", outcome.text());
    assert!(outcome.text().contains("only by a restart"), "{}", outcome.text());
}

#[tokio::test]
async fn each_listener_serves_its_own_paths_only() {
    let bed = TestDatabase::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let get = |address, target: &str| {
        let request = Request::get(target).bearer(&staff).header("Connection", "close");
        Connection::open(address).send(&request).status
    };
    let gate = Gate::before("http://127.0.0.1:9").database(&bed.address());
    for process in [gate.start(), management_only(&bed)] {
        for target in ["/metrics", "/livez", "/readyz"] {
            assert_eq!((get(process.admin, target), get(process.console, target)), (200, 404), "{target}");
        }
        for target in ["/api/v1/me", "/api-docs", "/errors"] {
            assert_eq!((get(process.admin, target), get(process.console, target)), (404, 200), "{target}");
        }
        assert_eq!(get(process.console, "/-/throttle"), 404);
    }
}
