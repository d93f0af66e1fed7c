//! Bodies pass through piece by piece, in both directions, however large they are.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Exchange, Gate, RecordingApi, Request, ScriptedApi, TOKEN};

const TIMEOUT: Duration = Duration::from_secs(20);
const LARGE: usize = 20 * 1024 * 1024;

/// One end of a conversation between a test and its API; a test that waits in vain fails.
struct Signals<T> {
    send: Sender<T>,
    wait: Arc<Mutex<Receiver<T>>>,
}

impl<T> Signals<T> {
    fn new() -> Self {
        let (send, wait) = channel();
        Self { send, wait: Arc::new(Mutex::new(wait)) }
    }

    fn wait(&self) -> T {
        self.wait.lock().unwrap().recv_timeout(TIMEOUT).expect("waited in vain")
    }
}

impl<T> Clone for Signals<T> {
    fn clone(&self) -> Self {
        Self { send: self.send.clone(), wait: self.wait.clone() }
    }
}

/// Bytes that no shift or repetition leaves the same.
fn large_body() -> Vec<u8> {
    (0..LARGE as u32 / 4).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut coded = Vec::with_capacity(body.len() + body.len() / 100);
    for chunk in body.chunks(70_001) {
        coded.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        coded.extend_from_slice(chunk);
        coded.extend_from_slice(b"\r\n");
    }
    coded.extend_from_slice(b"0\r\n\r\n");
    coded
}

#[test]
fn the_first_piece_of_an_answer_arrives_before_the_second_is_sent() {
    let signals = Signals::new();
    let api = ScriptedApi::start({
        let signals = signals.clone();
        move |exchange: &mut Exchange| {
            exchange.head();
            exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
            signals.wait();
            exchange.write("6\r\nsecond\r\n0\r\n\r\n");
        }
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&Request::get("/x").bearer(TOKEN).bytes());
    assert_eq!(connection.head().unwrap().status, 200);
    assert_eq!(connection.chunk().unwrap(), b"first");
    signals.send.send(()).unwrap();
    assert_eq!(connection.chunk().unwrap(), b"second");
    assert_eq!(connection.chunk().unwrap(), b"");
}

#[test]
fn the_first_piece_of_a_request_body_arrives_before_the_second_is_sent() {
    let pieces = Signals::new();
    let api = ScriptedApi::start({
        let pieces = pieces.clone();
        move |exchange: &mut Exchange| {
            exchange.head();
            for _ in 0..3 {
                pieces.send.send(exchange.chunk()).unwrap();
            }
            exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&Request::new("POST", "/x").bearer(TOKEN).header("Transfer-Encoding", "chunked").bytes());
    connection.write(b"5\r\nfirst\r\n");
    assert_eq!(pieces.wait(), b"first");
    connection.write(b"6\r\nsecond\r\n0\r\n\r\n");
    assert_eq!((pieces.wait(), pieces.wait()), (b"second".to_vec(), Vec::new()));
    assert_eq!(connection.reply(false).unwrap().status, 200);
}

#[test]
fn an_answer_may_begin_before_the_request_has_ended() {
    let signals = Signals::new();
    let api = ScriptedApi::start({
        let signals = signals.clone();
        move |exchange: &mut Exchange| {
            exchange.head();
            exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for _ in 0..2 {
                let piece = exchange.take(5);
                exchange.write(format!("5\r\n{}\r\n", String::from_utf8_lossy(&piece)));
            }
            exchange.write("0\r\n\r\n");
            signals.send.send(()).unwrap();
        }
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&Request::new("POST", "/x").bearer(TOKEN).header("Content-Length", "10").bytes());
    assert_eq!(connection.head().unwrap().status, 200);
    connection.write(b"hello");
    assert_eq!(connection.chunk().unwrap(), b"hello");
    connection.write(b"again");
    assert_eq!(connection.chunk().unwrap(), b"again");
    signals.wait();
}

#[test]
fn large_request_bodies_arrive_intact() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let body = large_body();
    let mut connection = gate.connect();
    assert_eq!(connection.send(&Request::new("PUT", "/sized").bearer(TOKEN).body(&body)).status, 200);
    assert!(api.last().body == body && api.last().header("content-length").is_some());
    let head = Request::new("PUT", "/chunked").bearer(TOKEN).header("Transfer-Encoding", "chunked").bytes();
    assert!(connection.write(&[head, chunked(&body)].concat()));
    assert_eq!(connection.reply(false).unwrap().status, 200);
    assert!(api.last().body == body && api.last().header("content-length").is_none());
}

#[test]
fn large_answers_arrive_intact() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        let body = large_body();
        while let [line, ..] = &exchange.head()[..] {
            if line.contains("/chunked") {
                exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                exchange.write(chunked(&body));
            } else {
                exchange.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
                exchange.write(&body);
            }
        }
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for target in ["/sized", "/chunked"] {
        let reply = connection.send(&Request::get(target).bearer(TOKEN));
        assert!(reply.body == large_body(), "{target}: {} bytes", reply.body.len());
    }
    let log = gate.access_log(2);
    assert!(log.iter().all(|line| line["bytes"].as_u64() >= Some(LARGE as u64)), "{log:?}");
}

#[test]
fn aborted_response_is_aborted_for_the_client() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&Request::get("/x").bearer(TOKEN).bytes());
    assert_eq!(connection.head().unwrap().header("content-length"), Some("100"));
    // Never a whole answer, and no problem document in the middle of one.
    assert_eq!(connection.rest(), b"only this");
}
