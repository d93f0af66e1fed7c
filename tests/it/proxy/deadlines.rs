//! Deadlines: a connection without a whole request is closed.

use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::support::{Authority, Connection, Gate, RecordingApi, Request, TOKEN};

const SHORT: &str = "  timeouts: {request_head: 300ms, keep_alive: 1s}";

#[test]
fn unfinished_head_is_closed_at_the_deadline() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).proxy(SHORT).start();
    let beginnings: [&[u8]; 7] =
        [b"", b"G", b"GET", b"GET / HTTP/1.1\r\nHost: x\r\n", b"PR", b"PRI", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"];
    for beginning in beginnings {
        let mut connection = gate.connect();
        connection.write(beginning);
        assert!(connection.is_closed(), "{}", String::from_utf8_lossy(beginning));
    }
    // All but the one that said nothing.
    assert_eq!(gate.metric("claviger_requests_unparsed_total"), 6.0);
    let mut kept = gate.connect();
    assert_eq!(kept.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    kept.write(b"GET / HTT");
    assert!(kept.is_closed(), "the second head of a connection");
    assert_eq!(api.seen().len(), 1);
}

/// Within TLS, and behind a chunked body, the gate cannot wait for the first byte of a head.
#[test]
fn later_heads_end_at_their_deadline_within_tls_and_behind_chunks() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let timeouts = "  timeouts: {request_head: 1s, keep_alive: 1m}";
    let builder = Gate::before(api.url()).proxy(timeouts).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let (plain, tls) = (Gate::before(api.url()).proxy(timeouts).start(), builder.start());
    let head = format!("POST /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n");
    for body in ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"] {
        for is_tls in [false, true] {
            // One at a time: the deadline of the first head begins with the connection.
            let mut connection = match is_tls {
                false => plain.connect(),
                true => Connection::open_tls(tls.address, &authority.client(None)).unwrap().0,
            };
            connection.write(format!("{head}{body}").as_bytes());
            assert_eq!(connection.reply(false).unwrap().status, 200);
            connection.write(b"GET / HTT");
            assert!(connection.is_closed(), "{body}");
        }
    }
}

#[test]
fn unparsed_connections_are_counted() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).proxy(SHORT).start();
    let nothing: [&[u8]; 5] = [
        b"not http\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA : 1\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for (number, bytes) in (1_u8..).zip(nothing) {
        gate.send_raw(bytes);
        let counted = || gate.metric("claviger_requests_unparsed_total") == f64::from(number);
        crate::support::eventually("it is counted", counted);
    }
    drop(gate.connect());
    let mut kept = gate.connect();
    assert_eq!(kept.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert_eq!(kept.send(&Request::get("/x")).status, 401);
    assert!(kept.is_closed());
    assert_eq!(gate.metric("claviger_requests_unparsed_total"), 5.0);
}

#[test]
fn http2_connection_without_a_stream_is_closed() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).proxy(SHORT).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    let mut config = ClientConfig::clone(&authority.client(None));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(gate.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut tls = StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock).unwrap();
    }
    let mut connection = Connection::over(tls);
    // Settings of HTTP/2 may come before the end does.
    connection.rest();
    assert!(connection.is_closed());
}
