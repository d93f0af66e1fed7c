//! A process without a gate: a desk alone, beside gates that have none.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;

use super::{call, staff_token};
use crate::store::beds::Bed;
use crate::support::{Connection, Gate, RecordingApi, Request, Run, eventually};

/// What is promised for a change, with room for a machine under load.
const PROMISED: Duration = Duration::from_secs(5);

fn gate_without_a_desk(api: &RecordingApi, bed: &Bed) -> Gate {
    Gate::before(api.url())
        .database(&bed.address())
        .settings("console: {enabled: false}\nthrottle: {enabled: false}")
        .variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s")
        .start()
}

fn management_only(bed: &Bed) -> Gate {
    Gate::management_only(&bed.address()).variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s").start()
}

#[tokio::test]
async fn what_a_desk_alone_does_is_in_force_at_gates_that_have_none() {
    let (api, bed) = (RecordingApi::start(), Bed::postgres().await);
    bed.account("acme").await;
    let staff = staff_token(&bed.store).await;
    let gates = [gate_without_a_desk(&api, &bed), gate_without_a_desk(&api, &bed)];
    let desk = management_only(&bed);

    let made =
        call(&desk, &staff, "POST", "/api/v1/credentials", Some(&json!({"account": "acme", "kind": "token"}))).json();
    let (id, token) = (made["credential"]["id"].as_str().unwrap(), made["secret"]["token"].as_str().unwrap());
    let status = |gate: &Gate| gate.send(&Request::get("/x").bearer(token)).status;
    let start = Instant::now();
    eventually("it is let in at both", || gates.iter().all(|gate| status(gate) == 200));
    assert!(start.elapsed() < PROMISED, "{:?}", start.elapsed());
    assert_eq!(api.last().header("X-Claviger-Credential"), Some(id));

    let target = format!("/api/v1/credentials/{id}/disable");
    let disabled = call(&desk, &staff, "POST", &target, Some(&json!({"reason": "lost"})));
    assert_eq!(disabled.status, 200, "{}", disabled.text());
    let start = Instant::now();
    eventually("it is refused at both", || gates.iter().all(|gate| status(gate) == 401));
    assert!(start.elapsed() < PROMISED, "{:?}", start.elapsed());

    for gate in &gates {
        assert_eq!(call(gate, &staff, "GET", "/api/v1/me", None).status, 404);
        assert_eq!(gate.admin("GET", "/api/v1/openapi.json").status, 404);
        assert_eq!(gate.admin("GET", "/metrics").status, 200);
        assert_eq!(gate.admin("GET", "/livez").status, 200);
        assert_eq!(gate.admin("GET", "/readyz").status, 200);
    }
}

#[tokio::test]
async fn a_desk_alone_has_what_operators_want_and_nothing_of_a_gate() {
    let bed = Bed::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let mut desk = management_only(&bed);
    assert_eq!(call(&desk, &staff, "GET", "/api/v1/me", None).status, 200);
    assert_eq!(desk.admin("GET", "/livez").text(), "ok\n");
    assert_eq!(desk.admin("GET", "/readyz").status, 200);
    assert!(desk.admin("GET", "/readyz?verbose").text().contains("[+] database answers\n"));
    assert_eq!(desk.metric(&format!("claviger_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    assert_eq!(desk.admin("POST", "/-/reload").status, 200);
    assert_eq!(desk.admin("GET", "/-/throttle").text(), "[]\n");
    // A connection that waits for nothing is no reason to stay.
    let mut idle = Connection::open(desk.admin);
    assert_eq!(idle.send(&Request::get("/livez")).status, 200);
    desk.signal(Signal::SIGTERM);
    assert_eq!(desk.wait().code(), Some(0));
    assert!(idle.is_closed());
    assert_eq!(desk.stdout(), "");
}

/// The head is whole and the body is not: that is in flight.
#[tokio::test]
async fn what_is_asked_of_a_desk_alone_is_answered_before_it_ends() {
    let bed = Bed::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let mut desk = management_only(&bed);
    let body = json!({"id": "late"}).to_string();
    let request = Request::new("POST", "/api/v1/accounts").bearer(&staff).header("Content-Type", "application/json");
    let whole = request.body(&body).bytes();
    let (head, rest) = whole.split_at(whole.len() - 4);
    let mut connection = Connection::open(desk.admin);
    connection.write(head);
    std::thread::sleep(Duration::from_millis(200));
    desk.signal(Signal::SIGTERM);
    eventually("nobody new is let in", || std::net::TcpStream::connect(desk.admin).is_err());
    connection.write(rest);
    let answer = connection.reply(false).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(desk.wait().code(), Some(0));
    assert!(bed.store.account("late").await.unwrap().is_some());
}

#[tokio::test]
async fn a_desk_alone_starts_while_its_database_is_down_and_is_not_ready() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let desk = Gate::management_only(&format!("postgres://a@{nobody}/a?sslmode=disable")).start();
    assert_eq!(desk.admin("GET", "/readyz").status, 503);
    assert!(desk.admin("GET", "/readyz?verbose").text().contains("[-] database answers\n"));
    assert_eq!(desk.admin("GET", "/livez").status, 200);
}

#[tokio::test]
async fn a_desk_alone_is_ready_as_long_as_its_database_answers() {
    let bed = Bed::sqlite().await;
    let desk = management_only(&bed);
    let is_ready = || desk.admin("GET", "/readyz").status == 200;
    assert!(is_ready());
    bed.execute("ALTER TABLE _sqlx_migrations RENAME TO gone").await;
    bed.execute("CREATE TABLE _sqlx_migrations (version INTEGER, success INTEGER)").await;
    bed.execute("INSERT INTO _sqlx_migrations VALUES (99, 1)").await;
    bed.execute("UPDATE schema_mark SET readable_from = 99").await;
    eventually("it is not ready on a schema of the future", || !is_ready());
    bed.execute("DROP TABLE _sqlx_migrations").await;
    bed.execute("ALTER TABLE gone RENAME TO _sqlx_migrations").await;
    bed.execute("UPDATE schema_mark SET readable_from = 1").await;
    eventually("it is ready again", is_ready);
}

#[test]
fn a_schema_of_another_version_is_no_place_for_a_desk_alone_unless_it_may_migrate() {
    let database = crate::support::postgres::fresh_database();
    let ended = Gate::management_only(database.url()).run();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("claviger serve --migrate"), "{}", ended.stderr);
    let desk = Gate::management_only(database.url()).start_as(|command| {
        command.arg("--migrate");
    });
    assert_eq!(desk.admin("GET", "/readyz").status, 200);
}

#[tokio::test]
async fn a_desk_alone_is_taken_over_like_a_gate() {
    let bed = Bed::sqlite().await;
    let staff = staff_token(&bed.store).await;
    let builder = Gate::management_only(&bed.address()).settings("handover: {socket: run/next.sock}");
    let mut first = builder.admin("127.0.0.1:0").start();
    let socket = first.folder().join("run/next.sock");
    eventually("the next process may ask", || socket.exists());
    let mut kept = Connection::open(first.admin);
    assert_eq!(kept.send(&Request::get("/livez")).status, 200);
    let next = first.upgrade();
    assert_eq!(next.admin, first.admin);
    assert_eq!(first.wait().code(), Some(0));
    assert_eq!(call(&next, &staff, "GET", "/api/v1/me", None).status, 200);
}

fn validated(settings: &str) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    Run::within(folder.path(), &["config", "validate", "--config", "claviger.yaml"]).end().stderr
}

#[test]
fn proxy_may_be_left_out_only_where_there_is_a_desk() {
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
fn a_gate_does_not_become_a_desk_alone_while_it_serves() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).database("sqlite:claviger.db").start();
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    let (_, rest) = settings.split_once("admin:").unwrap();
    gate.rename_over(&gate.settings_file(), &format!("admin:{rest}"));
    let outcome = gate.admin("POST", "/-/reload");
    assert_eq!(outcome.status, 422, "{}", outcome.text());
    assert!(outcome.text().contains("only by a restart"), "{}", outcome.text());
}
