//! File descriptors that callers use up: some are kept back.

use std::net::TcpStream;
use std::process::Command;

use axum::body::Body;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::store::test_database::{TestDatabase, token};
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
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
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

/// Many HTTP/2 streams on few connections: the connections to the API are what is held back.
#[tokio::test]
async fn a_request_for_which_no_descriptor_is_left_says_so_in_both_logs() {
    let api = RecordingApi::start();
    let gate = limited(&api, 256, "limits: {streams: 600}");
    let mut answers = Vec::new();
    let mut connections = Vec::new();
    for _ in 0..4 {
        let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
        let (sender, connection) = handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        connections.push(tokio::spawn(connection));
        for _ in 0..60 {
            let mut sender: SendRequest<Body> = sender.clone();
            let request = http::Request::get(format!("http://{}/slow/3000", gate.address));
            let request = request.header("authorization", format!("Bearer {TOKEN}")).body(Body::empty()).unwrap();
            answers.push(tokio::spawn(async move { sender.send_request(request).await.unwrap().status().as_u16() }));
        }
    }
    let mut statuses = Vec::new();
    for answer in answers {
        statuses.push(answer.await.unwrap());
    }
    assert!(statuses.contains(&200) && statuses.contains(&502), "{statuses:?}");
    let cause = "file descriptors of this process are used up";
    eventually("the access log names the cause", || gate.stdout().contains(cause));
    eventually("the log names the cause", || gate.stderr().contains(cause));
    connections.iter().for_each(tokio::task::JoinHandle::abort);
}

/// The connections of the database have descriptors of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_revocation_is_in_force_while_idle_callers_hold_all_descriptors() {
    let bed = TestDatabase::postgres().await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let api = RecordingApi::start();
    let database = Gate::before(api.url()).database(&bed.address()).settings("throttle: {enabled: false}");
    let gate = start_limited(database, 256);
    let request = |token: &str| Request::get("/x").bearer(token);
    let mut caller = gate.connect();
    assert_eq!(caller.send(&request("known")).status, 200);
    let crowd: Vec<_> = (0..400).map(|_| TcpStream::connect(gate.address).unwrap()).collect();
    let refused = "claviger_connections_refused_total{reason=\"descriptors\"}";
    eventually("connections are refused", || gate.metric(refused) > 200.0);
    // The gate has to open connections to the database anew.
    bed.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'claviger'",
    )
    .await;
    let mut record = token("known", "acme", "known");
    record.enabled = false;
    bed.put(&record).await;
    eventually("the revocation is in force", || caller.send(&request("known")).code() == "credential_disabled");
    let mut number = 0;
    eventually("unknown tokens are looked up", || {
        number += 1;
        caller.send(&request(&format!("stranger-{number}"))).status == 401
    });
    drop(crowd);
}

#[test]
fn a_start_below_the_need_of_connections_says_how_many_are_accepted() {
    let api = RecordingApi::start();
    let gate = limited(&api, 256, "limits: {connections: 500}");
    let warning = "500 connections need 1128 file descriptors, and the system allows 256; at most 64 are accepted";
    eventually("the low limit is logged", || gate.stderr().contains(warning));
}
