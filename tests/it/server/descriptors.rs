//! File descriptors that callers use up: some are kept back.

use std::net::TcpStream;
use std::process::Command;

use crate::store::test_database::TestDatabase;
use crate::support::{Connection, Gate, GateBuilder, RecordingApi, Request, TOKEN, credentials, digest, eventually};

/// A gate whose limits, soft and hard, are this.
fn limited(api: &RecordingApi, limit: u32, settings: &str) -> Gate {
    start_limited(Gate::before(api.url()).settings(settings), limit)
}

fn start_limited(gate: GateBuilder, limit: u32) -> Gate {
    gate.start_as(|command| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]);
        shell.arg(command.get_program()).args(command.get_args());
        *command = shell;
    })
}

fn assert_is_managed(gate: &Gate) {
    assert_eq!(gate.admin("GET", "/livez").status, 200);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    let one = format!("  - {{id: fresh, account: acme, token: '{}'}}\n", digest("fresh"));
    gate.rename_over(&gate.credentials_file(), &format!("{}{one}", credentials()));
    let reply = gate.admin("POST", "/-/reload");
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[test]
fn livez_and_reload_answer_while_idle_callers_hold_all_descriptors() {
    let api = RecordingApi::start();
    let gate = limited(&api, 256, "");
    let crowd: Vec<_> = (0..400).map(|_| TcpStream::connect(gate.address).unwrap()).collect();
    let refused = "claviger_connections_refused_total{reason=\"descriptors\"}";
    eventually("connections are refused", || gate.metric(refused) > 200.0);
    for _ in 0..20 {
        assert_is_managed(&gate);
    }
    assert!(gate.metric("process_open_fds") < 256.0 - 16.0);
    drop(crowd);
    eventually("the crowd is gone", || gate.metric("claviger_connections_open") < 2.0);
    assert_eq!(gate.send(&Request::get("/x").bearer("fresh")).status, 200);
}

#[tokio::test]
async fn livez_and_reload_answer_while_idle_people_hold_all_descriptors() {
    let (api, bed) = (RecordingApi::start(), TestDatabase::sqlite().await);
    let gate = Gate::before(api.url()).database(&bed.address()).credentials(&credentials());
    let gate = start_limited(gate, 256);
    let crowd: Vec<_> = (0..400).map(|_| TcpStream::connect(gate.console).unwrap()).collect();
    let refused = "claviger_connections_refused_total{reason=\"descriptors\"}";
    eventually("connections are refused", || gate.metric(refused) > 100.0);
    for _ in 0..20 {
        assert_is_managed(&gate);
    }
    assert!(gate.metric("process_open_fds") < 256.0 - 16.0);
    drop(crowd);
    eventually("the console answers again", || {
        let mut connection = Connection::open(gate.console);
        connection.write(&Request::get("/api/v1/openapi.json").bytes());
        connection.reply(false).is_some_and(|reply| reply.status == 200)
    });
    eventually("requests pass", || gate.send(&Request::get("/x").bearer("fresh")).status == 200);
}

/// Each request in flight has two descriptors.
#[test]
fn livez_and_reload_answer_while_requests_in_flight_hold_all_descriptors() {
    let api = RecordingApi::start();
    let gate = limited(&api, 256, "");
    let mut crowd: Vec<_> = (0..200).map(|_| gate.connect()).collect();
    for connection in &mut crowd {
        // Those beyond the limit are closed.
        let _closed = connection.write(&Request::get("/slow/2000").bearer(TOKEN).bytes());
    }
    eventually("requests are in flight", || gate.metric("claviger_http_requests_in_flight") > 20.0);
    assert_is_managed(&gate);
    drop(crowd);
    eventually("the crowd is gone", || gate.metric("claviger_connections_open") < 2.0);
    // Connections to the API close with their requests.
    eventually("requests pass again", || gate.send(&Request::get("/x").bearer(TOKEN)).status == 200);
}

#[test]
fn a_start_below_the_need_of_connections_says_how_many_are_accepted() {
    let api = RecordingApi::start();
    let gate = limited(&api, 256, "limits: {connections: 500}");
    let warning = "500 connections need 1128 file descriptors, and the system allows 256; at most 64 are accepted";
    eventually("the low limit is logged", || gate.stderr().contains(warning));
}
