//! WebSockets of a process that stops are closed with a frame, on both sides.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::Signal;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, accept, client};

use crate::support::{Authority, Exchange, Gate, GateBuilder, ScriptedApi, TOKEN, eventually};

const GOING_AWAY: u16 = 1001;
/// 1001 from a client: a Close frame of two bytes, masked with zeros.
const MASKED_CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9];
const TIMEOUT: Duration = Duration::from_secs(20);

/// Echoes, and reports the code of the Close frame of each WebSocket.
fn echo_api() -> (ScriptedApi, Receiver<Option<u16>>) {
    let (codes, closed) = channel();
    let codes = Arc::new(Mutex::new(codes));
    let api = ScriptedApi::start(move |exchange: &mut Exchange| {
        let Ok(mut socket) = accept(exchange.socket()) else { return };
        let code = loop {
            match socket.read() {
                Ok(Message::Close(frame)) => break frame.map(|frame| frame.code.into()),
                Ok(message) if message.is_text() => socket.send(message).unwrap(),
                Ok(_) => {}
                Err(_) => break None,
            }
        };
        // Sends the answer to the Close frame.
        while socket.read().is_ok() {}
        let _ended = codes.lock().unwrap().send(code);
    });
    (api, closed)
}

fn before(api: &ScriptedApi) -> GateBuilder {
    Gate::before(api.url()).proxy("  upgrades: [{path: /socket}]")
}

fn connect<S: Read + Write>(stream: S) -> WebSocket<S> {
    let mut request = "ws://api.example.org/socket".into_client_request().unwrap();
    request.headers_mut().insert("Authorization", format!("Bearer {TOKEN}").parse().unwrap());
    client(request, stream).unwrap_or_else(|error| panic!("{error}")).0
}

fn tcp(gate: &Gate) -> TcpStream {
    let stream = TcpStream::connect(gate.address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

fn echo<S: Read + Write>(socket: &mut WebSocket<S>) {
    socket.send(Message::text("hello")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("hello"));
}

fn assert_goes_away<S: Read + Write>(socket: &mut WebSocket<S>) {
    match socket.read() {
        Ok(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), GOING_AWAY),
        other => panic!("no Close frame: {other:?}"),
    }
    // The client answers, and the connection ends without an error.
    loop {
        match socket.read() {
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn idle_websockets_are_closed_with_1001_on_both_sides_when_the_gate_stops() {
    let (api, closed) = echo_api();
    let mut gate = before(&api).start();
    let mut sockets: Vec<_> = (0..5).map(|_| connect(tcp(&gate))).collect();
    sockets.iter_mut().for_each(echo);
    gate.signal(Signal::SIGTERM);
    sockets.iter_mut().for_each(assert_goes_away);
    for _ in &sockets {
        assert_eq!(closed.recv_timeout(TIMEOUT).unwrap(), Some(GOING_AWAY));
    }
    // Well before the 30 seconds that requests in flight may take.
    assert_eq!(gate.wait().code(), Some(0));
}

#[test]
fn a_websocket_over_tls_is_closed_with_1001() {
    let (api, closed) = echo_api();
    let authority = Authority::new();
    let builder = before(&api).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let tls = ClientConnection::new(authority.client(None), name).unwrap();
    let mut socket = connect(StreamOwned::new(tls, tcp(&gate)));
    echo(&mut socket);
    gate.signal(Signal::SIGTERM);
    assert_goes_away(&mut socket);
    assert_eq!(closed.recv_timeout(TIMEOUT).unwrap(), Some(GOING_AWAY));
}

#[test]
fn websockets_of_the_old_process_are_closed_with_1001_after_a_handover() {
    let (api, closed) = echo_api();
    let mut old = before(&api).settings("handover: {socket: run/next.sock}").start();
    let mut socket = connect(tcp(&old));
    echo(&mut socket);
    let new = old.upgrade();
    assert_goes_away(&mut socket);
    assert_eq!(closed.recv_timeout(TIMEOUT).unwrap(), Some(GOING_AWAY));
    assert_eq!(old.wait().code(), Some(0));
    echo(&mut connect(tcp(&new)));
}

/// It need not wait for the 101 to send its first message.
#[test]
fn a_websocket_with_a_message_beside_its_handshake_is_closed_with_1001_on_both_sides() {
    let (api, closed) = echo_api();
    let mut gate = before(&api).start();
    let handshake = format!(
        "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    );
    let mut stream = tcp(&gate);
    // Masked with zeros.
    let hello = b"\x81\x85\0\0\0\0hello";
    stream.write_all(&[handshake.as_bytes(), hello].concat()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
    assert_eq!(socket.read().unwrap(), Message::text("hello"));
    echo(&mut socket);
    gate.signal(Signal::SIGTERM);
    assert_goes_away(&mut socket);
    assert_eq!(closed.recv_timeout(TIMEOUT).unwrap(), Some(GOING_AWAY));
    assert_eq!(gate.wait().code(), Some(0));
}

/// An API that sends the first half of a frame, the other one when it is let, and reports what it receives from then on.
fn halting_api() -> (ScriptedApi, Sender<()>, Receiver<Vec<u8>>) {
    let (go_on, wait) = channel();
    let (sender, received) = channel();
    let script = Arc::new(Mutex::new((wait, sender)));
    let api = ScriptedApi::start(move |exchange: &mut Exchange| {
        let key = |line: &String| line.to_lowercase().starts_with("sec-websocket-key:").then(|| line[18..].to_owned());
        let key = exchange.head().iter().find_map(key).unwrap();
        let accept = derive_accept_key(key.trim().as_bytes());
        exchange.write(format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        ));
        exchange.write(b"\x81\x0ahello");
        let script = script.lock().unwrap();
        script.0.recv().unwrap();
        exchange.write(b"world");
        let _ended = script.1.send(exchange.take(MASKED_CLOSE.len()));
    });
    (api, go_on, received)
}

#[test]
fn a_message_that_is_under_way_arrives_before_the_close_frame() {
    let (api, go_on, received) = halting_api();
    let mut gate = before(&api).start();
    let mut socket = connect(tcp(&gate));
    gate.signal(Signal::SIGTERM);
    eventually("the listener is closed", || TcpStream::connect(gate.address).is_err());
    std::thread::sleep(Duration::from_millis(300));
    go_on.send(()).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("helloworld"));
    assert_goes_away(&mut socket);
    assert_eq!(received.recv_timeout(TIMEOUT).unwrap(), MASKED_CLOSE);
    assert_eq!(gate.wait().code(), Some(0));
}

/// Neither side answers, and neither keeps the process from ending.
#[test]
fn a_client_that_ignores_the_close_frame_does_not_hold_the_gate() {
    let (api, go_on, _received) = halting_api();
    let mut gate = before(&api).start();
    let mut silent = connect(tcp(&gate));
    go_on.send(()).unwrap();
    assert_eq!(silent.read().unwrap(), Message::text("helloworld"));
    // Half of a frame of the client never ends either.
    silent.get_mut().write_all(b"\x81\xfe").unwrap();
    let start = std::time::Instant::now();
    gate.signal(Signal::SIGTERM);
    assert_eq!(gate.wait().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(25), "the whole grace period: {:?}", start.elapsed());
}
