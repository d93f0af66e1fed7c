//! Bodies that are larger or slower than the settings allow are cut: the API never sees a whole one.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::mpsc::channel;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{Connection, Exchange, Gate, Http2Api, RecordingApi, Request, ScriptedApi, TOKEN, eventually};

const MAX_BODY_BYTES: usize = 1000;
const LIMIT: &str = "limits: {body_bytes: 1000}";

fn upload() -> Request {
    Request::new("POST", "/x").bearer(TOKEN)
}

fn chunked() -> Request {
    upload().header("Transfer-Encoding", "chunked")
}

/// The head and this many bytes, coded in chunks.
fn chunks(head: &Request, bytes: usize) -> Vec<u8> {
    let piece = |length: usize| format!("{length:x}\r\n{}\r\n", "a".repeat(length));
    let pieces = (0..bytes / 100).map(|_| piece(100)).chain((!bytes.is_multiple_of(100)).then(|| piece(bytes % 100)));
    [head.bytes(), pieces.collect::<String>().into_bytes(), b"0\r\n\r\n".to_vec()].concat()
}

fn assert_cut(connection: &mut Connection, status: u16, code: &str) {
    let reply = connection.reply(false).expect("an answer");
    assert_eq!((reply.status, reply.code().as_str()), (status, code));
    assert!(connection.is_closed());
}

#[test]
fn a_body_whose_length_is_over_the_limit_is_413_before_anything_is_forwarded() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(LIMIT).start();
    assert_eq!(gate.send(&upload().body("a".repeat(MAX_BODY_BYTES))).status, 200);
    for length in [MAX_BODY_BYTES + 1, 20_000, 10_000_000_000] {
        let request = upload().header("Content-Length", length.to_string());
        for request in [request.clone(), request.header("Expect", "100-continue")] {
            let mut connection = gate.connect();
            connection.write(&request.bytes());
            // No go-ahead either.
            let reply = connection.any_reply(false).unwrap();
            assert_eq!((reply.status, reply.code().as_str()), (413, "body_too_large"));
            assert!(connection.is_closed());
        }
    }
    assert_eq!(api.seen().len(), 1);
    let log = gate.access_log(7);
    assert!(log[1..].iter().all(|line| line["code"] == "body_too_large"), "{log:?}");
}

#[test]
fn a_body_that_grows_over_the_limit_never_arrives_as_a_whole() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(LIMIT).start();
    let mut kept = gate.connect();
    for bytes in [0, 1, MAX_BODY_BYTES] {
        kept.write(&chunks(&chunked(), bytes));
        assert_eq!(kept.reply(false).unwrap().status, 200);
        assert_eq!(api.last().body.len(), bytes);
    }
    let whole = api.seen().len();
    let tunnel = chunked().header("Connection", "Upgrade").header("Upgrade", "websocket");
    for (head, bytes) in
        [(chunked(), MAX_BODY_BYTES + 1), (chunked(), 100 * MAX_BODY_BYTES), (tunnel, MAX_BODY_BYTES + 1)]
    {
        let mut connection = gate.connect();
        connection.write(&chunks(&head, bytes));
        assert_cut(&mut connection, 413, "body_too_large");
    }
    gate.access_log(6);
    assert_eq!(api.seen().len(), whole);
    assert_eq!(gate.metric("claviger_http_requests_in_flight"), 0.0);
}

#[test]
fn api_sees_a_truncated_body_abort() {
    let (arrived, pieces) = channel();
    let api = ScriptedApi::start(move |exchange: &mut Exchange| {
        exchange.head();
        let mut all = Vec::new();
        // Until the end of the connection, whatever comes.
        let _broken = std::io::Read::read_to_end(&mut exchange.socket(), &mut all);
        let _gone = arrived.send(all);
    });
    let gate = Gate::before(api.url()).settings(LIMIT).start();
    let mut connection = gate.connect();
    connection.write(&chunked().bytes());
    for _ in 0..11 {
        connection.write(format!("64\r\n{}\r\n", "a".repeat(100)).as_bytes());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_cut(&mut connection, 413, "body_too_large");
    let all = pieces.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(all.iter().filter(|byte| **byte == b'a').count() <= MAX_BODY_BYTES);
    assert!(!all.ends_with(b"0\r\n\r\n"));
}

/// A body of unknown length.
struct Pieces(VecDeque<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_http_2_that_grows_over_the_limit_never_arrives_as_a_whole() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let gates = [
        Gate::before(one.url()).settings(LIMIT).start(),
        Gate::before(two.url()).settings(LIMIT).proxy("  upstream_protocol: http2").start(),
    ];
    for gate in &gates {
        let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
        let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for pieces in [10, 11, 100, 10] {
            let request =
                http::Request::post("http://api.example.org/x").header("authorization", format!("Bearer {TOKEN}"));
            let body = Pieces((0..pieces).map(|_| Bytes::from(vec![b'a'; 100])).collect());
            let answer = sender.send_request(request.body(body).unwrap()).await;
            let status = answer.map(|answer| answer.status().as_u16());
            let is_whole = pieces == 10;
            assert!(if is_whole {
                status.is_ok_and(|status| status == 200)
            } else {
                status.is_err() || status.is_ok_and(|status| status == 413)
            });
        }
        gate.access_log(4);
    }
    let one: Vec<_> = one.seen().iter().map(|seen| seen.body.len()).collect();
    let two: Vec<_> = two.seen().iter().map(|seen| seen.body.len()).collect();
    assert_eq!((one, two), (vec![MAX_BODY_BYTES; 2], vec![MAX_BODY_BYTES; 2]));
}

/// Nothing follows its piece.
struct Silent(Option<Bytes>);

impl Body for Silent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |piece| Poll::Ready(Some(Ok(Frame::data(piece)))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_http_2_that_falls_silent_is_not_taken_for_a_timeout_of_the_api() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let timeouts = "  timeouts: {upstream_read: 500ms}";
    let gates = [
        Gate::before(one.url()).proxy(timeouts).start(),
        Gate::before(two.url()).proxy(&format!("{timeouts}\n  upstream_protocol: http2")).start(),
    ];
    for gate in &gates {
        let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
        let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for piece in [None, Some(Bytes::from_static(b"hello"))] {
            let request = http::Request::post("http://api.example.org/x");
            let request = request.header("authorization", format!("Bearer {TOKEN}"));
            let answer = sender.send_request(request.body(Silent(piece)).unwrap()).await.unwrap();
            assert_eq!(answer.status(), 408);
        }
        let lines = gate.access_log(2);
        assert!(lines.iter().all(|line| line["code"] == "body_too_slow"), "{lines:?}");
        assert!(!gate.stderr().contains("upstream_timeout"), "{}", gate.stderr());
    }
    // The API itself is slow.
    let slow = gates[0].send(&Request::new("POST", "/slow/1200").bearer(TOKEN).body("hello"));
    assert_eq!((slow.status, slow.code().as_str()), (504, "upstream_timeout"));
}

/// A client that waits for a 100, or whose call may be answered in the middle, owes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_does_not_answer_is_not_taken_for_a_silent_body() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let gate = Gate::before(&url).proxy("  timeouts: {upstream_read: 500ms}").start();
    let mut waiting = gate.connect();
    waiting.write(&upload().header("Content-Length", "5").header("Expect", "100-continue").bytes());
    assert_cut(&mut waiting, 504, "upstream_timeout");
    let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let call = http::Request::post("http://api.example.org/x").header("authorization", format!("Bearer {TOKEN}"));
    let call = call.header("content-type", "application/grpc").body(Silent(Some(Bytes::from_static(b"hello"))));
    sender.send_request(call.unwrap()).await.unwrap();
    let lines = gate.access_log(2);
    assert!(lines.iter().all(|line| line["code"] == "upstream_timeout"), "{lines:?}");
}

#[test]
fn trickling_body_is_cut_off_at_body_time() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("limits: {body_time: 600ms, drain_time: 600ms}").start();
    let trickling = [chunked().bytes(), upload().header("Content-Length", "100000").bytes()];
    for (head, piece) in trickling.iter().zip([&b"1\r\na\r\n"[..], b"a"]) {
        let mut connection = gate.connect();
        let start = Instant::now();
        connection.write(head);
        while connection.write(piece) && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(30));
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
    for head in &trickling {
        let mut silent = gate.connect();
        silent.write(head);
        assert_cut(&mut silent, 408, "body_too_slow");
    }
    eventually("every cut is logged", || gate.stdout().matches("body_too_slow").count() == 4);
    assert_eq!(api.seen().len(), 0);
    // Time that the API takes for its answer does not count.
    assert_eq!(gate.send(&Request::get("/slow/1200").bearer(TOKEN)).status, 200);
    assert_eq!(gate.send(&Request::new("POST", "/slow/1200").bearer(TOKEN).body("hello")).status, 200);
}
