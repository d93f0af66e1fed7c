//! The API behind: how it is found, verified, and waited for.

use crate::support::{Authority, Gate, GateBuilder, Pair, RecordingApi, Reply, Request, TOKEN};

fn ask(gate: &Gate) -> Reply {
    gate.send(&Request::get("/x").bearer(TOKEN))
}

/// An API behind TLS, and a gate that believes `authority` only.
struct Secured {
    api: RecordingApi,
    authority: Authority,
}

impl Secured {
    fn start(name: &str, verifies_clients: bool) -> Self {
        let authority = Authority::new();
        let config = authority.server(&authority.issue(name), verifies_clients);
        Self { api: RecordingApi::start_tls(config), authority }
    }

    fn gate(&self, more: &str) -> GateBuilder {
        let settings = format!("  upstream_tls: {{ca: ca.pem{more}}}");
        let builder = Gate::before(self.api.url()).proxy(&settings);
        self.authority.write(&builder.folder().join("ca.pem"));
        builder
    }
}

#[test]
fn an_api_behind_tls_is_verified_by_its_authority_and_name() {
    let secured = Secured::start("127.0.0.1", false);
    let gate = secured.gate("").start();
    for _ in 0..3 {
        assert_eq!(ask(&gate).status, 200);
    }
    assert_eq!(secured.api.last().header("x-claviger-credential"), Some("acme-billing"));
    let named = Secured::start("api.internal", false);
    let gate = named.gate(", server_name: api.internal").start();
    assert_eq!(ask(&gate).status, 200);
}

#[test]
fn nothing_is_sent_to_an_unverified_api() {
    let other_name = Secured::start("other.example", false);
    let unknown = Secured::start("127.0.0.1", false);
    let stranger = Authority::new();
    let builder = unknown.gate("");
    stranger.write(&builder.folder().join("ca.pem"));
    for (gate, api) in [(other_name.gate("").start(), &other_name.api), (builder.start(), &unknown.api)] {
        let reply = ask(&gate);
        assert_eq!((reply.status, reply.code().as_str()), (502, "upstream_unreachable"));
        assert_eq!(api.seen().len(), 0);
        assert!(gate.metric("claviger_upstream_errors_total{reason=\"upstream_unreachable\"}") > 0.0);
    }
}

#[test]
fn the_gate_shows_its_own_certificate_to_an_api_that_wants_one() {
    let secured = Secured::start("127.0.0.1", true);
    let builder = secured.gate(", certificate: cert.pem, key: key.pem");
    secured.authority.issue("the-gate").write(builder.folder());
    assert_eq!(ask(&builder.start()).status, 200);
    assert_eq!(ask(&secured.gate("").start()).status, 502);
    let stranger: Pair = Authority::new().issue("the-gate");
    let builder = secured.gate(", certificate: cert.pem, key: key.pem");
    stranger.write(builder.folder());
    assert_eq!(ask(&builder.start()).status, 502);
    assert_eq!(secured.api.seen().len(), 1);
}

#[test]
fn an_api_may_listen_on_a_unix_socket() {
    let folder = tempfile::TempDir::new().unwrap();
    let api = RecordingApi::start_unix(&folder.path().join("api.sock"));
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for _ in 0..3 {
        assert_eq!(connection.send(&Request::new("POST", "/x").bearer(TOKEN).body("hello")).status, 200);
    }
    assert_eq!(api.last().body, b"hello");
    assert_eq!(api.last().header("x-claviger-credential"), Some("acme-billing"));
}

/// On a Unix socket, because a port that is free may be another's the moment after.
#[test]
fn an_api_that_comes_up_later_is_found() {
    let folder = tempfile::TempDir::new().unwrap();
    let socket = folder.path().join("api.sock");
    let gate = Gate::before(&format!("unix:{}", socket.display())).start();
    assert_eq!(ask(&gate).code(), "upstream_unreachable");
    let api = RecordingApi::start_unix(&socket);
    assert_eq!(ask(&gate).status, 200);
    assert_eq!(api.last().header("x-claviger-credential"), Some("acme-billing"));
}

/// Connections for upgrades are made by other code than those for requests: they must be verified, found
/// and left as the others are.
#[test]
fn websocket_upstream_is_verified_like_any_other() {
    const NAMED: &str = "  upgrades: [{path: /x}]";
    let folder = tempfile::TempDir::new().unwrap();
    let plain = RecordingApi::start();
    let socket = RecordingApi::start_unix(&folder.path().join("api.sock"));
    let good = Secured::start("127.0.0.1", false);
    let bad = Secured::start("other.example", false);
    let upgrade = Request::get("/x").bearer(TOKEN).header("Connection", "Upgrade").header("Upgrade", "websocket");
    let reached = [
        (Gate::before(plain.url()).proxy(NAMED).start(), &plain),
        (Gate::before(socket.url()).proxy(NAMED).start(), &socket),
        (good.gate("").proxy(NAMED).start(), &good.api),
    ];
    for (gate, api) in &reached {
        let mut connections: Vec<_> = (0..4).map(|_| gate.connect()).collect();
        // These APIs know no WebSocket: they answer, and the connection goes on.
        for _ in 0..5 {
            assert!(connections.iter_mut().all(|connection| connection.write(&upgrade.bytes())));
            assert!(connections.iter_mut().all(|connection| connection.reply(false).unwrap().status == 200));
            assert!(connections.iter_mut().all(|connection| connection.send(&Request::get("/x")).status == 401));
        }
        assert_eq!(api.seen().len(), 20);
        assert!(api.seen().iter().all(|seen| seen.header("upgrade") == Some("websocket")));
    }
    for gate in [bad.gate("").proxy(NAMED).start(), Gate::before("http://127.0.0.1:1").proxy(NAMED).start()] {
        assert_eq!(gate.send(&upgrade).code(), "upstream_unreachable");
    }
    assert_eq!(bad.api.seen().len(), 0);
}

#[test]
fn unresolvable_upstream_name_is_502() {
    // RFC 2606: never resolves.
    let gate = Gate::before("http://api.invalid:9000").start();
    let reply = ask(&gate);
    assert_eq!((reply.status, reply.code().as_str()), (502, "upstream_unreachable"));
    assert_eq!(gate.send(&Request::get("/x")).status, 401);
    assert_eq!(gate.admin("GET", "/readyz").status, 200);
}

#[test]
fn a_name_is_looked_up_and_its_addresses_are_tried() {
    let api = RecordingApi::start();
    let port = api.url().rsplit(':').next().unwrap();
    // May resolve to ::1 first, where nothing listens.
    let gate = Gate::before(&format!("http://localhost:{port}")).start();
    for _ in 0..4 {
        assert_eq!(ask(&gate).status, 200);
    }
}
