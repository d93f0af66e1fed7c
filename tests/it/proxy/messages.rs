//! What HTTP/1.1 has beside a head and a body: interim answers, answers without a body, connections
//! that are kept.

use crate::support::{Exchange, Gate, RecordingApi, Request, ScriptedApi, TOKEN};

/// Answers every request in turn with the same bytes.
fn api_answering(answer: &'static str) -> ScriptedApi {
    ScriptedApi::start(move |exchange: &mut Exchange| {
        while !exchange.head().is_empty() {
            exchange.write(answer);
        }
    })
}

fn expecting_continue() -> Request {
    Request::new("POST", "/x").bearer(TOKEN).header("Content-Length", "5").header("Expect", "100-continue")
}

#[test]
fn body_is_sent_after_100_continue() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        let head = exchange.head();
        assert!(head.iter().any(|line| line.to_lowercase() == "expect: 100-continue"));
        exchange.write("HTTP/1.1 100 Continue\r\n\r\n");
        let body = exchange.take(5);
        let status = if body == b"hello" { 200 } else { 500 };
        exchange.write(format!("HTTP/1.1 {status} OK\r\nContent-Length: 0\r\n\r\n"));
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&expecting_continue().bytes());
    assert_eq!(connection.any_reply(false).unwrap().status, 100);
    connection.write(b"hello");
    assert_eq!(connection.reply(false).unwrap().status, 200);
}

#[test]
fn refusal_of_the_api_arrives_before_the_body_is_sent() {
    let api = api_answering("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&expecting_continue().bytes());
    assert_eq!(connection.any_reply(false).unwrap().status, 413);
}

#[test]
fn interim_responses_are_forwarded() {
    let api = api_answering(
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    );
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for _ in 0..2 {
        connection.write(&Request::get("/x").bearer(TOKEN).bytes());
        let hints = connection.any_reply(false).unwrap();
        assert_eq!((hints.status, hints.header("link")), (103, Some("</a.css>; rel=preload")));
        assert_eq!(connection.any_reply(false).unwrap().status, 102);
        assert_eq!(connection.any_reply(false).unwrap().text(), "{}");
    }
    let log = gate.access_log(2);
    assert!(log.iter().all(|line| line["status"] == 200), "{log:?}");
}

#[test]
fn answers_without_a_body_leave_the_connection_usable() {
    let gone = "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n";
    let unchanged = "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nContent-Length: 1000\r\n\r\n";
    for (answer, status) in [(gone, 204), (unchanged, 304)] {
        let api = api_answering(answer);
        let gate = Gate::before(api.url()).start();
        let mut connection = gate.connect();
        for _ in 0..3 {
            let reply = connection.send(&Request::get("/x").bearer(TOKEN));
            assert_eq!((reply.status, reply.body.len()), (status, 0));
        }
    }
}

#[test]
fn an_answer_to_head_has_the_length_of_one_to_get_and_no_body() {
    let api = api_answering("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for _ in 0..3 {
        let reply = connection.send(&Request::new("HEAD", "/x").bearer(TOKEN));
        assert_eq!((reply.status, reply.header("content-length")), (200, Some("12345")));
    }
}

#[test]
fn each_request_of_a_connection_is_decided_separately() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {enabled: false}").start();
    let mut connection = gate.connect();
    for round in 0..50 {
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200, "{round}");
        assert_eq!(connection.send(&Request::get("/x")).status, 401, "{round}");
        assert_eq!(connection.send(&Request::new("POST", "/x").bearer(TOKEN).body("hello")).status, 200, "{round}");
        assert_eq!(connection.send(&Request::new("POST", "/x").bearer("wrong").body("hello")).status, 401, "{round}");
    }
    assert_eq!(api.seen().len(), 100);
}

#[test]
fn connection_close_is_honoured() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    for request in [Request::get("/x").bearer(TOKEN), Request::get("/x")] {
        let mut connection = gate.connect();
        connection.send(&request.header("Connection", "close"));
        assert!(connection.is_closed());
    }
    assert!(api.last().header("connection").is_none_or(|value| value != "close"));
}

#[test]
fn closing_api_is_reconnected() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        exchange.head();
        exchange.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
    });
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for _ in 0..3 {
        let reply = connection.send(&Request::get("/x").bearer(TOKEN));
        assert_eq!((reply.status, reply.text().as_str()), (200, "until the end"));
    }
}

#[test]
fn status_and_headers_of_the_api_arrive_as_they_were() {
    let api = api_answering(
        "HTTP/1.1 418 I'm a teapot\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Custom: v\u{e4}lue\r\n\
         WWW-Authenticate: Bearer\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nhot",
    );
    let gate = Gate::before(api.url()).start();
    let reply = gate.send(&Request::new("BREW", "/pot").bearer(TOKEN));
    assert_eq!((reply.status, reply.text().as_str()), (418, "hot"));
    assert_eq!(reply.all("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(reply.header("x-custom"), Some("v\u{e4}lue"));
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
}
