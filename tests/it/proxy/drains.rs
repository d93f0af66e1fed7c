//! A refusal arrives whatever body is still on its way, within the limits of a drain.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{
    Authority, Connection, Exchange, Gate, RecordingApi, Reply, Request, ScriptedApi, TOKEN, eventually,
};

const MEGABYTE: usize = 1024 * 1024;
const SIZES: [usize; 4] = [17_000, 100_000, MEGABYTE, 20 * MEGABYTE];

fn chunked(request: &Request, bytes: usize) -> Vec<u8> {
    let mut wire = request.clone().header("Transfer-Encoding", "chunked").bytes();
    wire.extend_from_slice(format!("{bytes:x}\r\n").as_bytes());
    wire.resize(wire.len() + bytes, b'a');
    wire.extend_from_slice(b"\r\n0\r\n\r\n");
    wire
}

/// As clients do that read the response only once the whole request was sent.
fn send(mut connection: Connection, wire: &[u8]) -> Reply {
    assert!(connection.write(wire), "the connection broke while the body was sent");
    let reply = connection.reply(false).expect("the refusal is lost");
    assert!(connection.is_closed());
    reply
}

#[test]
fn every_refusal_arrives_while_a_body_is_sent() {
    let api = RecordingApi::start();
    let rules = "limits: {header_bytes: 2048}\naccept: {api_key: {header: X-API-Key}}";
    let gate = Gate::before(api.url()).settings(rules).start();
    let post = || Request::new("POST", "/x");
    let refused = [
        (post(), 401, "credential_missing"),
        (post().bearer("wrong"), 401, "credential_invalid"),
        (post().bearer(TOKEN).header("X-API-Key", "b"), 400, "credential_malformed"),
        (Request::new("POST", "/a/../b").bearer(TOKEN), 400, "request_ambiguous"),
        (post().header("X-Large", "a".repeat(4000)), 431, "headers_too_large"),
    ];
    for (request, status, code) in refused {
        for bytes in [17_000, MEGABYTE] {
            for wire in [request.clone().body("a".repeat(bytes)).bytes(), chunked(&request, bytes)] {
                let reply = send(gate.connect(), &wire);
                assert_eq!((reply.status, reply.code().as_str()), (status, code), "{bytes}");
            }
        }
    }
    assert!(api.seen().is_empty());
}

#[test]
fn refusal_arrives_for_bodies_of_every_size() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    for bytes in SIZES {
        let reply = send(gate.connect(), &Request::new("POST", "/x").body("a".repeat(bytes)).bytes());
        assert_eq!((reply.status, reply.code().as_str()), (401, "credential_missing"), "{bytes}");
    }
    eventually("all connections are closed", || gate.metric("claviger_connections_open") == 0.0);
}

#[test]
fn refusal_arrives_over_tls() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    for bytes in SIZES {
        let (connection, _) = Connection::open_tls(gate.address, &authority.client(None)).unwrap();
        let reply = send(connection, &Request::new("POST", "/x").body("a".repeat(bytes)).bytes());
        assert_eq!((reply.status, reply.code().as_str()), (401, "credential_missing"), "{bytes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_arrives_over_http_2_and_other_streams_go_on() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for bytes in SIZES {
        let request = http::Request::post("http://api.example.org/x").body(Body::from("a".repeat(bytes))).unwrap();
        let answer = sender.send_request(request).await.expect("the refusal is lost");
        assert_eq!(answer.status(), 401);
        let body = axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX).await.expect("its body is lost");
        assert!(String::from_utf8_lossy(&body).contains("credential_missing"), "{bytes}");
        let good = http::Request::get("http://api.example.org/x").header("authorization", format!("Bearer {TOKEN}"));
        assert_eq!(sender.send_request(good.body(Body::empty()).unwrap()).await.unwrap().status(), 200);
    }
    assert_eq!(api.seen().len(), SIZES.len());
}

#[test]
fn refusal_of_a_forward_auth_query_arrives_while_its_body_is_sent() {
    let gate = Gate::forward_auth("trusted_proxies: [127.0.0.2/32]").start();
    for bytes in [17_000, MEGABYTE] {
        let wire = Request::new("POST", "/auth").body("a".repeat(bytes)).bytes();
        let reply = send(Connection::open(gate.forward_auth_addr), &wire);
        assert_eq!((reply.status, reply.code().as_str()), (403, "proxy_not_trusted"), "{bytes}");
    }
}

#[test]
fn body_over_its_limit_is_refused_with_an_answer() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("limits: {body_bytes: 1000}").start();
    for bytes in [2000, MEGABYTE] {
        let reply = send(gate.connect(), &chunked(&Request::new("POST", "/x").bearer(TOKEN), bytes));
        assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"), "{bytes}");
    }
    assert!(api.seen().is_empty(), "a truncated body has arrived as a whole");
}

#[test]
fn nothing_is_forwarded_after_an_early_answer() {
    let forwarded = Arc::new(AtomicUsize::new(0));
    let count = forwarded.clone();
    let api = ScriptedApi::start(move |exchange: &mut Exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}");
        let mut buffer = [0; 65536];
        while let Ok(read @ 1..) = exchange.socket().read(&mut buffer) {
            count.fetch_add(read, Ordering::Relaxed);
        }
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    let head = Request::new("POST", "/x").bearer(TOKEN).header("Content-Length", (20 * MEGABYTE).to_string());
    assert!(connection.write(&head.bytes()));
    let reply = connection.reply(false).unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (403, "{}"));
    assert!(connection.write(&vec![b'a'; 20 * MEGABYTE]), "the connection broke while the body was sent");
    assert!(connection.is_closed());
    assert!(forwarded.load(Ordering::Relaxed) < MEGABYTE, "{forwarded:?}");
}

#[test]
fn drains_end_at_their_limits() {
    let api = RecordingApi::start();
    let endless = || {
        let head = Request::new("POST", "/x").header("Content-Length", (1000 * MEGABYTE).to_string());
        (head.bytes(), vec![b'a'; 64 * 1024])
    };
    // Bytes, time and number.
    for limits in ["drain_bytes: 1000000", "drain_time: 500ms", "drains: 0"] {
        let gate = Gate::before(api.url()).settings(&format!("limits: {{{limits}}}")).start();
        let mut connection = gate.connect();
        let (head, piece) = endless();
        connection.write(&head);
        let start = Instant::now();
        let mut sent = 0;
        // With the time limit, too slowly for the others.
        let pause = Duration::from_millis(if limits.contains("time") { 50 } else { 0 });
        while connection.write(&piece) && sent < 100 * MEGABYTE {
            sent += piece.len();
            std::thread::sleep(pause);
        }
        assert!(sent < 30 * MEGABYTE, "{limits}: {sent} bytes were taken");
        assert!(start.elapsed() < Duration::from_secs(8), "{limits}");
        eventually("the connection is closed", || gate.metric("claviger_connections_open") == 0.0);
    }
}
