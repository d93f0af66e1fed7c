//! Bytes that arrive before the response to the previous request: they are the next request, and never spoil this one.

use std::time::Duration;

use crate::support::{Exchange, Gate, Http2Api, RecordingApi, Request, ScriptedApi, TOKEN};

fn get(target: &str) -> Vec<u8> {
    Request::get(target).bearer(TOKEN).bytes()
}

fn lines(api: &RecordingApi) -> Vec<String> {
    api.seen().iter().map(|seen| seen.line().to_owned()).collect()
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    let post = Request::new("POST", "/status/203").bearer(TOKEN).body("hello").bytes();
    let all = [get("/status/201"), post, get("/status/206"), Request::get("/x").bytes(), get("/status/202")];
    connection.write(&all.concat());
    let statuses: Vec<u16> = (0..all.len()).map(|_| connection.reply(false).unwrap().status).collect();
    assert_eq!(statuses, [201, 203, 206, 401, 202]);
    assert_eq!(lines(&api).len(), 4);
    // The connection is still good.
    assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

#[test]
fn request_that_arrives_during_a_response_is_answered_after_it() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    for next in [get("/status/201"), [b"\r\n".to_vec(), get("/status/201")].concat()] {
        let mut connection = gate.connect();
        for _ in 0..3 {
            connection.write(&get("/slow/300"));
            std::thread::sleep(Duration::from_millis(100));
            connection.write(&next);
            assert_eq!(connection.reply(false).unwrap().status, 200);
            assert_eq!(connection.reply(false).unwrap().status, 201);
        }
    }
    assert_eq!(lines(&api).len(), 12);
}

/// A header field with blanks and quotes must not be taken for a request line.
#[test]
fn request_of_which_a_part_comes_with_the_one_before_is_answered() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let next = Request::get("/status/201").header("User-Agent", "a b c <d> \"e\"").bearer(TOKEN).bytes();
    let post = Request::new("POST", "/x").bearer(TOKEN).body("hello").bytes();
    for at in (1..next.len()).step_by(5) {
        let (one, two) = next.split_at(at);
        let mut connection = gate.connect();
        for first in [&get("/x"), &post] {
            connection.write(&[&first[..], one].concat());
            assert_eq!(connection.reply(false).unwrap().status, 200, "{at}");
            connection.write(two);
            let reply = connection.reply(false).unwrap();
            assert_eq!(reply.status, 201, "{at}: {}", reply.text());
        }
    }
}

#[test]
fn empty_line_during_a_response_does_not_spoil_it() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&get("/slow/300"));
    std::thread::sleep(Duration::from_millis(100));
    connection.write(b"\r\n");
    let reply = connection.reply(false).unwrap();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("keep-alive")));
    assert_eq!(connection.send(&Request::get("/status/201").bearer(TOKEN)).status, 201);
    assert_eq!(lines(&api), ["GET /slow/300 HTTP/1.1", "GET /status/201 HTTP/1.1"]);
}

#[test]
fn empty_lines_before_a_request_are_skipped() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for blank in ["\r\n", "\r\n\r\n", "\n"] {
        connection.write(&[blank.as_bytes(), &get("/x")].concat());
        assert_eq!(connection.reply(false).unwrap().status, 200, "{blank:?}");
    }
}

#[test]
fn next_request_behind_a_chunked_body_is_answered() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    let head = Request::new("POST", "/x").bearer(TOKEN).header("Transfer-Encoding", "chunked").bytes();
    let chunked = [head, b"5\r\nhello\r\n0\r\n\r\n".to_vec()].concat();
    connection.write(&[chunked.clone(), get("/status/201"), chunked.clone(), chunked].concat());
    let statuses: Vec<u16> = (0..4).map(|_| connection.reply(false).unwrap().status).collect();
    assert_eq!(statuses, [200, 201, 200, 200]);
    // Idle, then again.
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(connection.send(&Request::get("/status/202").bearer(TOKEN)).status, 202);
}

#[test]
fn last_response_of_a_connection_arrives_whatever_follows_its_request() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    for bytes in [2, 100_000, 5_000_000] {
        let mut connection = gate.connect();
        connection.write(&Request::get("/slow/300").bearer(TOKEN).header("Connection", "close").bytes());
        std::thread::sleep(Duration::from_millis(100));
        assert!(connection.write(&vec![b'a'; bytes]));
        let reply = connection.reply(false).expect("the response is lost");
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
        assert!(connection.is_closed());
    }
    assert_eq!(api.seen().len(), 3);
}

/// pingora 0.9.1 takes the 100 for a response before the end of the body, after which it closes.
#[test]
fn request_with_expect_keeps_the_connection() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        while !exchange.head().is_empty() {
            exchange.write("HTTP/1.1 100 Continue\r\n\r\n");
            assert_eq!(exchange.take(5), b"hello");
            exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        }
    });
    let http2 = Http2Api::start();
    let gates =
        [Gate::before(api.url()).start(), Gate::before(http2.url()).proxy("  upstream_protocol: http2").start()];
    for gate in gates {
        let mut connection = gate.connect();
        for _ in 0..3 {
            let head = Request::new("POST", "/x").bearer(TOKEN).header("Content-Length", "5");
            connection.write(&head.header("Expect", "100-continue").bytes());
            assert_eq!(connection.any_reply(false).unwrap().status, 100);
            connection.write(b"hello");
            let reply = connection.reply(false).unwrap();
            assert_eq!((reply.status, reply.header("connection")), (200, Some("keep-alive")));
        }
    }
}
