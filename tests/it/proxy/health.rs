//! Addresses of the API that do not answer: skipped, tried again, and counted.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{Exchange, Gate, GateBuilder, Request, ScriptedApi, TOKEN, eventually};

/// A name that only the gate of a test knows.
const NAME: &str = "api.test";

/// A connection that is waited for would end the test by its own timeout first.
const LONG_CONNECT: &str = "  timeouts: {upstream_connect: 10m}";

/// Starts a gate that resolves [`NAME`] to these addresses.
fn start(builder: GateBuilder, addresses: &[&str]) -> Gate {
    let hosts = builder.folder().join("hosts");
    name(&hosts, addresses);
    builder.start_as(|command| {
        let mut mounted = Command::new("unshare");
        mounted.args(["--mount", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""]).arg(&hosts);
        mounted.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => mounted.env(name, value),
                None => mounted.env_remove(name),
            };
        }
        *command = mounted;
    })
}

/// Writes into the file that is mounted, so that the gate resolves [`NAME`] to these addresses.
fn name(hosts: &Path, addresses: &[&str]) {
    let lines: String = addresses.iter().map(|address| format!("{address} {NAME}\n")).collect();
    std::fs::write(hosts, format!("127.0.0.1 localhost\n{lines}")).unwrap();
}

fn before(port: u16) -> GateBuilder {
    Gate::before(&format!("http://{NAME}:{port}"))
}

/// An API at one address, which closes each connection after its answer.
struct Api {
    hits: Arc<AtomicUsize>,
    is_healthy: Arc<AtomicBool>,
}

impl Api {
    fn start(address: &str) -> (Self, u16) {
        let api = Self { hits: Arc::default(), is_healthy: Arc::new(AtomicBool::new(true)) };
        let (hits, is_healthy) = (api.hits.clone(), api.is_healthy.clone());
        let scripted = ScriptedApi::start_at(address, move |exchange: &mut Exchange| {
            let head = exchange.head();
            let Some(line) = head.first() else { return };
            let is_check = line.starts_with("GET /healthz?deep=1 ");
            let status = if is_check && !is_healthy.load(Ordering::SeqCst) { "503 Busy" } else { "200 OK" };
            hits.fetch_add(usize::from(!is_check), Ordering::SeqCst);
            exchange.write(format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
        });
        let port = scripted.url().rsplit(':').next().unwrap().parse().unwrap();
        (api, port)
    }

    fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

/// A listener with a full backlog: the kernel drops further attempts to connect.
struct Deaf {
    _listener: TcpListener,
    _connections: Vec<TcpStream>,
}

impl Deaf {
    fn start(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let mut connections = Vec::new();
        while let Ok(connected) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            connections.push(connected);
        }
        Self { _listener: listener, _connections: connections }
    }
}

fn states(gate: &Gate) -> [f64; 3] {
    ["up", "down", "probing"].map(|state| gate.metric(&format!("claviger_upstream_addresses{{state=\"{state}\"}}")))
}

fn ask(gate: &Gate) -> u16 {
    gate.send(&Request::get("/x").bearer(TOKEN)).status
}

#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn address_that_does_not_answer_costs_no_request_the_connect_timeout() {
    let (api, port) = Api::start("127.0.0.3:0");
    let _deaf = Deaf::start(SocketAddr::from(([127, 0, 0, 2], port)));
    let builder = before(port).proxy(LONG_CONNECT).proxy("  upstream_health: {pause: 1h}");
    let gate = start(builder, &["127.0.0.2", "127.0.0.3"]);
    for _ in 0..20 {
        assert_eq!(ask(&gate), 200);
    }
    assert_eq!(gate.send(&Request::new("POST", "/x").bearer(TOKEN).body("hello")).status, 200);
    assert_eq!(api.hits(), 21);
    eventually("it is counted as down", || states(&gate) == [1.0, 1.0, 0.0]);
    eventually("the log says so", || gate.stderr().contains("no connection to 127.0.0.2:"));
    let text = gate.admin("GET", "/metrics").text();
    assert!(!text.contains("127.0.0."), "no address is a label");
}

/// RFC 8305.
#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn dead_address_family_costs_no_request_the_connect_timeout() {
    let (api, port) = Api::start("127.0.0.1:0");
    let _deaf = Deaf::start(SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, port)));
    let gate = start(before(port).proxy(LONG_CONNECT), &["::1", "127.0.0.1"]);
    for _ in 0..10 {
        assert_eq!(ask(&gate), 200);
    }
    assert_eq!(api.hits(), 10);
}

#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn websocket_does_not_wait_for_a_dead_address_either() {
    let (api, port) = Api::start("127.0.0.3:0");
    let _deaf = Deaf::start(SocketAddr::from(([127, 0, 0, 2], port)));
    let builder = before(port).proxy(LONG_CONNECT).proxy("  upgrades: [{path: /x}]");
    let gate = start(builder, &["127.0.0.2", "127.0.0.3"]);
    let upgrade = Request::get("/x").bearer(TOKEN).header("Connection", "Upgrade").header("Upgrade", "websocket");
    for _ in 0..6 {
        assert_eq!(gate.send(&upgrade).status, 200);
    }
    assert_eq!(api.hits(), 6);
}

#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn address_that_answers_again_is_used_again() {
    let (other, port) = Api::start("127.0.0.3:0");
    let builder = before(port).proxy("  upstream_health: {max_fails: 3, pause: 100ms}");
    let gate = start(builder, &["127.0.0.2", "127.0.0.3"]);
    for method in ["GET", "POST"].repeat(5) {
        let request = Request::new(method, "/x").bearer(TOKEN);
        // Nothing was sent to the address that refuses, so the method does not matter.
        assert_eq!(gate.send(&request).status, 200);
    }
    assert_eq!(other.hits(), 10);
    eventually("it is down", || states(&gate)[0] == 1.0);
    let (api, _) = Api::start(&format!("127.0.0.2:{port}"));
    eventually("it is up", || states(&gate) == [2.0, 0.0, 0.0]);
    for _ in 0..6 {
        assert_eq!(ask(&gate), 200);
    }
    assert_eq!(api.hits(), 3, "addresses take turns");
    eventually("the log says so", || gate.stderr().contains("answers again"));
}

#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn all_addresses_are_tried_while_all_are_down() {
    let port = TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap().port();
    let builder = before(port).proxy("  upstream_health: {pause: 1h}");
    let gate = start(builder, &["127.0.0.2", "127.0.0.3", "::1"]);
    for _ in 0..3 {
        assert_eq!(ask(&gate), 502);
    }
    eventually("all are down", || states(&gate) == [0.0, 3.0, 0.0]);
    let (api, _) = Api::start(&format!("127.0.0.3:{port}"));
    for _ in 0..3 {
        assert_eq!(ask(&gate), 200);
    }
    assert_eq!(api.hits(), 3);
    eventually("the one that answers is up", || states(&gate) == [1.0, 2.0, 0.0]);
}

/// Every ten seconds.
#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn addresses_of_a_name_that_change_are_used_without_a_reload() {
    let (api, port) = Api::start("127.0.0.3:0");
    let gate = start(before(port), &["127.0.0.2"]);
    assert_eq!(ask(&gate), 502);
    name(&gate.folder().join("hosts"), &["127.0.0.3"]);
    eventually("the new address is used", || ask(&gate) == 200);
    assert!(api.hits() > 0 && gate.stderr().contains("the addresses of the upstream have changed"));
    // A name that resolves to nothing keeps its addresses.
    name(&gate.folder().join("hosts"), &[]);
    eventually("it is noticed", || gate.stderr().contains("the host name of the upstream does not resolve"));
    assert_eq!(ask(&gate), 200);
}

#[test]
fn only_address_is_counted_and_never_skipped() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gate = Gate::before(&format!("http://{address}")).proxy("  upstream_health: {pause: 1h}").start();
    assert_eq!(ask(&gate), 502);
    eventually("it is down", || states(&gate) == [0.0, 1.0, 0.0]);
    let (api, _) = Api::start(&address.to_string());
    assert_eq!((ask(&gate), api.hits()), (200, 1));
    eventually("it is up", || states(&gate) == [1.0, 0.0, 0.0]);
}

#[test]
#[ignore = "needs root, for a mount of its own; make test runs it as root"]
fn address_that_fails_its_check_is_skipped_until_it_passes() {
    let (sick, port) = Api::start("127.0.0.2:0");
    let (well, _) = Api::start(&format!("127.0.0.3:{port}"));
    sick.is_healthy.store(false, Ordering::SeqCst);
    let builder = before(port).proxy("  upstream_health: {path: '/healthz?deep=1', every: 1s}");
    let gate = start(builder, &["127.0.0.2", "127.0.0.3"]);
    eventually("the check has failed", || states(&gate)[0] == 1.0);
    for _ in 0..6 {
        assert_eq!(ask(&gate), 200);
    }
    assert_eq!((sick.hits(), well.hits()), (0, 6));
    eventually("the log says so", || gate.stderr().contains("answers GET /healthz?deep=1 with 503"));
    sick.is_healthy.store(true, Ordering::SeqCst);
    eventually("the check has passed", || states(&gate)[0] == 2.0);
    for _ in 0..6 {
        assert_eq!(ask(&gate), 200);
    }
    assert_eq!((sick.hits(), well.hits()), (3, 9));
}

/// Requests of checks carry nothing of a caller, and reach every kind of upstream.
#[test]
fn checks_reach_tls_http2_and_unix_sockets() {
    use crate::support::{Authority, Http2Api, RecordingApi};
    let folder = tempfile::TempDir::new().unwrap();
    let check = "  upstream_health: {path: /status/404, every: 1s}";
    let authority = Authority::new();
    let tls = RecordingApi::start_tls(authority.server(&authority.issue("127.0.0.1"), false));
    let socket = RecordingApi::start_unix(&folder.path().join("api.sock"));
    let builder = Gate::before(tls.url()).proxy(check).proxy("  upstream_tls: {ca: ca.pem}");
    authority.write(&builder.folder().join("ca.pem"));
    let gates = [builder.start(), Gate::before(socket.url()).proxy(check).start()];
    for (gate, api) in gates.iter().zip([&tls, &socket]) {
        eventually("404 is a failure", || states(gate)[0] == 0.0);
        let seen = api.last();
        assert_eq!(seen.line(), "GET /status/404 HTTP/1.1");
        let names: Vec<_> = seen.head[1..].iter().filter_map(|line| line.split(':').next()).collect();
        assert!(names.iter().all(|name| ["host", "user-agent"].contains(&&*name.to_ascii_lowercase())), "{names:?}");
        assert_eq!(ask(gate), 200, "the only address is not skipped");
    }
    let http2 = Http2Api::start();
    let check = "  upstream_health: {path: /healthz, every: 1s}\n  upstream_protocol: http2";
    let gate = Gate::before(http2.url()).proxy(check).start();
    eventually("it is checked", || http2.seen().len() > 1);
    assert_eq!(http2.seen()[0].head.uri.path(), "/healthz");
    assert_eq!(states(&gate), [1.0, 0.0, 0.0]);
}
