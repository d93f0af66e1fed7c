//! Connection limits: one over the limit is closed at once, and a closed one frees its place.

use std::net::SocketAddr;

use crate::support::{Authority, Connection, Gate, RecordingApi, Request, TOKEN, eventually};

const TLS: &str = "  tls: {certificate: cert.pem, key: key.pem}";

fn get() -> Request {
    Request::get("/x").bearer(TOKEN)
}

/// A caller from another address of loopback.
fn connect_from(source: &str, gate: SocketAddr) -> Connection {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
        socket.connect(gate).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    Connection::over(stream)
}

fn refused(gate: &Gate, reason: &str) -> f64 {
    gate.metric(&format!("claviger_connections_refused_total{{reason=\"{reason}\"}}"))
}

/// True when a new connection is closed before it has said anything.
fn is_full(gate: &Gate) -> bool {
    gate.connect().is_closed()
}

fn assert_open(gate: &Gate, count: f64) {
    eventually("as many are connected as are counted", || gate.metric("claviger_connections_open") == count);
}

#[test]
fn connection_over_the_total_limit_is_closed_at_once() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("limits: {connections: 5}").start();
    let mut kept: Vec<_> = (0..5).map(|_| gate.connect()).collect();
    kept.iter_mut().for_each(|connection| assert_eq!(connection.send(&get()).status, 200));
    assert_open(&gate, 5.0);
    for _ in 0..20 {
        assert!(is_full(&gate));
    }
    assert_eq!((refused(&gate, "total"), refused(&gate, "address")), (20.0, 0.0));
    // Those who are in go on, and one who leaves makes room for one.
    kept.iter_mut().for_each(|connection| assert_eq!(connection.send(&get()).status, 200));
    kept.pop();
    assert_open(&gate, 4.0);
    assert_eq!(gate.send(&get()).status, 200);
}

#[test]
fn connections_are_counted_exactly_however_they_end() {
    let api = RecordingApi::start();
    let settings = "limits: {connections: 50, connections_per_address: 40}";
    let gate = Gate::before(api.url())
        .settings(settings)
        .proxy("  timeouts: {request_head: 1s, keep_alive: 3s, upstream_read: 300ms}");
    let gate = gate.start();
    for _ in 0..2 {
        drop(gate.connect());
        let endings: [&[u8]; 6] = [
            b"",
            b"GET",
            b"not http\r\n\r\n",
            b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore than that",
        ];
        for ending in endings {
            gate.send_raw(ending);
            let mut left = gate.connect();
            left.write(ending);
        }
        gate.connect().write(&Request::get("/slow/100").bearer(TOKEN).bytes());
        gate.connect().write(&Request::get("/silent").bearer(TOKEN).bytes());
        gate.connect().write(&Request::new("POST", "/x").bearer(TOKEN).header("Content-Length", "10").bytes());
    }
    assert_open(&gate, 0.0);
    // Of each address too: all of its forty are free.
    let all: Vec<_> = (0..40)
        .map(|_| {
            let mut connection = gate.connect();
            assert_eq!(connection.send(&get()).status, 200);
            connection
        })
        .collect();
    assert!(is_full(&gate));
    assert_eq!(refused(&gate, "address"), 1.0);
    drop(all);
}

#[test]
fn one_address_cannot_exhaust_the_connections() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("limits: {connections_per_address: 3}").start();
    let mut kept: Vec<_> = (0..3).map(|_| gate.connect()).collect();
    kept.iter_mut().for_each(|connection| assert_eq!(connection.send(&get()).status, 200));
    assert!(is_full(&gate));
    assert_eq!((refused(&gate, "total"), refused(&gate, "address")), (0.0, 1.0));
    for source in ["127.0.0.2", "127.0.0.3"] {
        assert_eq!(connect_from(source, gate.address).send(&get()).status, 200, "{source}");
    }
    kept.pop();
    assert_open(&gate, 2.0);
    assert_eq!(gate.send(&get()).status, 200);
}

#[test]
fn trusted_proxy_is_exempt_from_the_address_limit() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("limits: {connections_per_address: 3, connections: 10}");
    let gate = gate.proxy("  trusted_proxies: [127.0.0.2]").start();
    let mut many: Vec<_> = (0..10).map(|_| connect_from("127.0.0.2", gate.address)).collect();
    many.iter_mut().for_each(|connection| assert_eq!(connection.send(&get()).status, 200));
    // Not for more than all.
    assert!(connect_from("127.0.0.2", gate.address).is_closed());
    assert_eq!((refused(&gate, "total"), refused(&gate, "address")), (1.0, 0.0));
}

/// pingora waits a minute for a handshake; who says nothing until then is counted all the while.
#[test]
fn connections_without_a_handshake_are_counted() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).settings("limits: {connections: 3}").proxy(TLS);
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    let silent: Vec<_> = (0..3).map(|_| gate.connect()).collect();
    assert_open(&gate, 3.0);
    assert!(is_full(&gate));
    drop(silent);
    assert_open(&gate, 0.0);
    for _ in 0..5 {
        gate.send_raw(b"this is no handshake");
    }
    assert_open(&gate, 0.0);
    claviger::server::install_crypto();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let root = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
        for builder in [reqwest::Client::builder(), reqwest::Client::builder().http1_only()] {
            let client = builder.no_proxy().tls_certs_only([root.clone()]).build().unwrap();
            let answer = client.get(format!("https://{}/x", gate.address)).bearer_auth(TOKEN).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), gate.metric("claviger_connections_open")), (200, 1.0));
            drop((answer, client));
            assert_open(&gate, 0.0);
        }
    });
    assert_eq!(refused(&gate, "total"), 1.0);
}
