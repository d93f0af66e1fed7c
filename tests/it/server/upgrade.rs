//! Handover to a new process loses no request.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::dying::sockets;
use crate::support::{
    Authority, Connection, Exchange, Gate, RecordingApi, Request, ScriptedApi, TOKEN, credentials, digest, eventually,
};

const HANDOVER: &str = "handover: {socket: run/next.sock}";
const REQUESTS: usize = 10_000;
const CLIENTS: usize = 4;
const RELOADS: usize = 100;

/// Clients that send requests on kept connections until a response closes them. A connection that ends in any other
/// way is a lost request.
struct Traffic {
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<()>>,
}

impl Traffic {
    fn start(address: SocketAddr) -> Self {
        let answered = Arc::new(AtomicUsize::new(0));
        let client = |_| {
            let answered = answered.clone();
            std::thread::spawn(move || {
                let mut connection = Connection::open(address);
                while answered.load(Ordering::Relaxed) < REQUESTS {
                    let reply = connection.send(&Request::new("POST", "/x").bearer(TOKEN).body("hello"));
                    let sent = answered.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(reply.status, 200, "after {sent} good answers: {}", reply.text());
                    if reply.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
                        connection = Connection::open(address);
                    }
                }
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { answered, clients }
    }

    fn wait_for(&self, answers: usize) {
        eventually("requests are answered", || self.answered.load(Ordering::Relaxed) >= answers);
    }

    /// Panics unless every request got 200 and reached the API once.
    fn finish(self, api: &RecordingApi) {
        for client in self.clients {
            client.join().unwrap();
        }
        let answered = self.answered.load(Ordering::Relaxed);
        assert!(answered >= REQUESTS);
        assert_eq!(api.seen().len(), answered);
    }
}

#[test]
fn ten_thousand_requests_survive_two_upgrades() {
    let api = RecordingApi::start();
    let mut first = Gate::before(api.url()).settings(HANDOVER).start();
    let traffic = Traffic::start(first.address);
    traffic.wait_for(REQUESTS / 5);
    let mut second = first.upgrade();
    assert_eq!((second.address, second.admin), (first.address, first.admin));
    assert_eq!(first.wait().code(), Some(0));
    traffic.wait_for(REQUESTS / 2);
    let third = second.upgrade();
    assert_eq!(second.wait().code(), Some(0));
    traffic.finish(&api);
    assert_eq!(third.admin("GET", "/readyz").status, 200);
    assert!(third.metric("claviger_connections_open") <= 1.0);
}

#[test]
fn ten_thousand_requests_survive_a_hundred_reloads() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let traffic = Traffic::start(gate.address);
    for number in 0..RELOADS {
        traffic.wait_for(number * REQUESTS / RELOADS);
        let one = format!("  - {{id: fresh-{number}, account: acme, token: '{}'}}\n", digest(&number.to_string()));
        gate.rename_over(&gate.credentials_file(), &format!("{}{one}", credentials()));
        let reply = gate.admin("POST", "/-/reload");
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    traffic.finish(&api);
    assert!(gate.reloads("success") > RELOADS as f64);
}

#[test]
fn a_slow_request_is_finished_by_the_old_process() {
    let api = RecordingApi::start();
    let mut old = Gate::before(api.url()).settings(HANDOVER).start();
    let mut slow = old.connect();
    slow.write(&Request::get("/slow/1500").bearer(TOKEN).bytes());
    eventually("the request has arrived", || api.seen().len() == 1);
    let mut idle = old.connect();
    assert_eq!(idle.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    let new = old.upgrade();
    eventually("only the new process accepts", || {
        let reply = new.send(&Request::get("/x").bearer(TOKEN));
        assert_eq!(reply.status, 200);
        reply.header("connection") != Some("close")
    });
    assert_eq!(slow.reply(false).unwrap().status, 200);
    // A kept connection closes with its next response, not before.
    let last = idle.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    assert_eq!(old.wait().code(), Some(0));
}

#[test]
fn a_failed_successor_changes_nothing() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(HANDOVER).start();
    let path = gate.folder().join("run/next.sock");
    // Bad settings fail before the handover; a successor that exits after receiving sockets is noticed.
    let bad = std::fs::read_to_string(gate.settings_file()).unwrap().replace("credentials.yaml", "missing.yaml");
    let file = gate.folder().join("bad.yaml");
    std::fs::write(&file, bad).unwrap();
    let ended = crate::support::Run::within(gate.folder(), &["serve", "--upgrade", "--config", "bad.yaml"]).end();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    drop(sockets(&path));
    eventually("it is logged", || gate.stderr().contains("handover failed"));
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
    // A later successor still takes over.
    let next = gate.upgrade();
    assert_eq!(next.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

#[test]
fn upgrade_without_a_predecessor_is_a_start() {
    let api = RecordingApi::start();
    let mut first = Gate::before(api.url()).settings(HANDOVER).start();
    first.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(first.wait().code(), Some(0));
    // Its socket file is left without a listener.
    assert!(first.folder().join("run/next.sock").exists());
    let next = first.upgrade();
    assert_eq!(next.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

#[test]
fn the_folder_of_the_socket_must_be_private() {
    let api = RecordingApi::start();
    let builder = Gate::before(api.url()).settings("handover: {socket: open/next.sock}");
    let folder = builder.folder().join("open");
    std::fs::create_dir(&folder).unwrap();
    for (mode, code) in [(0o755, 1), (0o710, 1), (0o770, 1)] {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
        let ended = builder.run();
        assert_eq!(ended.code, code, "{}", ended.stderr);
        assert!(ended.stderr.contains("must be a folder that only this user can enter"), "{}", ended.stderr);
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    let gate = builder.start();
    let socket = gate.folder().join("open/next.sock");
    // Created once the process serves.
    eventually("the socket is there", || socket.exists());
    let mode = std::fs::metadata(socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_second_process_without_upgrade_is_refused() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(HANDOVER).start();
    let config = gate.settings_file();
    let run = |arguments: &[&str]| {
        crate::support::Run::within(gate.folder(), &[arguments, &["--config", config.to_str().unwrap()]].concat()).end()
    };
    let ended = run(&["serve"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("take over from it with --upgrade"), "{}", ended.stderr);
    std::fs::write(&config, std::fs::read_to_string(&config).unwrap().replace(HANDOVER, "")).unwrap();
    let ended = run(&["serve", "--upgrade"]);
    assert!(ended.stderr.contains("--upgrade needs handover.socket"), "{}", ended.stderr);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

/// Kept sockets would go on queueing connections that no process accepts.
#[test]
fn a_stopping_gate_closes_the_sockets_kept_for_a_successor() {
    let (go_on, wait) = channel();
    let (arrived, arrival) = channel();
    let script = Arc::new(Mutex::new((arrived, wait)));
    let api = ScriptedApi::start(move |exchange: &mut Exchange| {
        let script = script.lock().unwrap();
        exchange.head();
        script.0.send(()).unwrap();
        script.1.recv().unwrap();
        exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let mut gate = Gate::before(api.url()).settings(HANDOVER).start();
    let mut slow = gate.connect();
    slow.write(&Request::get("/x").bearer(TOKEN).bytes());
    arrival.recv().unwrap();
    gate.signal(nix::sys::signal::Signal::SIGTERM);
    eventually("no connection is accepted", || TcpStream::connect(gate.address).is_err());
    go_on.send(()).unwrap();
    assert_eq!(slow.reply(false).unwrap().status, 200);
    assert_eq!(gate.wait().code(), Some(0));
}

/// HTTP/2 connections get GOAWAY and finish their streams.
#[tokio::test(flavor = "multi_thread")]
async fn requests_over_http2_with_tls_survive_an_upgrade() {
    claviger::server::install_crypto();
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).settings(HANDOVER).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let mut old = builder.start();
    let root = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    let url = format!("https://{}/x", old.address);
    let answered = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (client, url, answered) = (client.clone(), url.clone(), answered.clone());
            tokio::spawn(async move {
                while answered.load(Ordering::Relaxed) < REQUESTS / 4 {
                    let sent = answered.fetch_add(1, Ordering::Relaxed);
                    let answer = client.get(&url).bearer_auth(TOKEN).send().await;
                    let answer = answer.unwrap_or_else(|error| panic!("after {sent}: {error:?}"));
                    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
                }
            })
        })
        .collect();
    let upgraded = tokio::task::spawn_blocking(move || {
        eventually("requests are answered", || answered.load(Ordering::Relaxed) > REQUESTS / 10);
        let new = old.upgrade();
        assert_eq!(old.wait().code(), Some(0));
        new
    });
    for caller in callers {
        caller.await.unwrap();
    }
    let new = upgraded.await.unwrap();
    assert!(new.metric("claviger_http_requests_total{code=\"200\",method=\"GET\"}") > 0.0);
}
