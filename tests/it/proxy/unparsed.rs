//! Heads that pingora does not accept are answered, logged and counted like every refusal.

use std::time::Duration;

use crate::support::{Authority, Connection, Gate, RecordingApi, Reply, Request, TOKEN};

fn head(line: &str, fields: &str) -> Vec<u8> {
    format!("{line}\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n{fields}\r\n").into_bytes()
}

fn many(fields: usize) -> String {
    (0..fields).map(|number| format!("X-{number}: 1\r\n")).collect()
}

fn malformed() -> Vec<(Vec<u8>, u16, &'static str)> {
    let get = "GET /x HTTP/1.1";
    let non_ascii = [&b"GET /\xe4?a=\xff HTTP/1.1\r\nHost: a\r\n\r\n"[..]].concat();
    vec![
        (head("GET /x?q={\"a\":1} HTTP/1.1", ""), 400, "request_ambiguous"),
        (head("GET /x?q={\"a\": 1} HTTP/1.1", ""), 400, "request_ambiguous"),
        (head("GET /x?q=<b> HTTP/1.1", ""), 400, "request_ambiguous"),
        (head("GET /x?q=`b` HTTP/1.1", ""), 400, "request_ambiguous"),
        (head("GET /ä HTTP/1.1", ""), 400, "request_ambiguous"),
        (non_ascii, 400, "request_ambiguous"),
        (head(get, "X-A: 1\r\n folded\r\n"), 400, "request_ambiguous"),
        (head(get, "X-A : 1\r\n"), 400, "request_ambiguous"),
        (head(get, "No colon\r\n"), 400, "request_ambiguous"),
        (head("not http", ""), 400, "request_ambiguous"),
        (head("GET /x HTTP/9.9", ""), 400, "request_ambiguous"),
        (head("CONNECT a:443 HTTP/1.1", ""), 400, "request_ambiguous"),
        (head(get, "Host: b\r\n"), 400, "request_ambiguous"),
        (head(get, "Content-Length: 1\r\nContent-Length: 2\r\n"), 400, "request_ambiguous"),
        (head(get, "Transfer-Encoding: gzip\r\n"), 400, "request_ambiguous"),
        (head(get, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, "request_ambiguous"),
        (head(get, "Transfer-Encoding: chunked, chunked\r\n"), 400, "request_ambiguous"),
        (head(get, &many(300)), 431, "headers_too_large"),
    ]
}

fn assert_refused(reply: &Reply, status: u16, code: &str, what: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{what}");
    assert_eq!(reply.header("server"), None, "{what}");
    assert_eq!(reply.json()["request_id"].as_str().map(str::len), Some(36), "{what}");
    assert!(reply.json()["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{what}");
}

#[test]
fn malformed_heads_get_a_problem_document_a_log_line_and_a_metric() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let all = malformed();
    let mut ids = Vec::new();
    for (number, (wire, status, code)) in (1..).zip(&all) {
        let what = String::from_utf8_lossy(&wire[..wire.len().min(80)]).into_owned();
        let mut connection = gate.connect();
        connection.write(wire);
        let reply = connection.reply(false).unwrap_or_else(|| panic!("no answer: {what}"));
        assert_refused(&reply, *status, code, &what);
        ids.push(reply.json()["request_id"].clone());
        let line = gate.access_log(number).pop().unwrap();
        assert_eq!((&line["request_id"], &line["code"]), (&ids[number - 1], &(*code).into()), "{what} {line}");
        assert_eq!((&line["decision"], &line["client"]), (&"refused".into(), &"127.0.0.1".into()), "{what} {line}");
    }
    let log = gate.access_log(all.len());
    assert_eq!((&log[0]["method"], &log[0]["path"]), (&"GET".into(), &"/x".into()));
    assert!(!gate.stdout().contains("q="), "a query is in the log");
    let refused = |reason: &str| {
        gate.metric(&format!("claviger_auth_requests_total{{decision=\"deny\",reason=\"{reason}\",scheme=\"none\"}}"))
    };
    assert_eq!((refused("headers_too_large"), refused("request_ambiguous")), (1.0, 17.0));
    assert!(api.seen().is_empty());
}

#[test]
fn malformed_heads_get_a_problem_document_over_tls_and_after_good_requests() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    for (wire, status, code) in malformed() {
        let (mut connection, _) = Connection::open_tls(gate.address, &authority.client(None)).unwrap();
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        connection.write(&wire);
        let what = String::from_utf8_lossy(&wire[..wire.len().min(80)]).into_owned();
        let reply = connection.reply(false).unwrap_or_else(|| panic!("no answer: {what}"));
        assert_refused(&reply, status, code, &what);
    }
}

/// Its first bytes are read together with the request before it, or while the response to that is awaited.
#[test]
fn malformed_heads_are_refused_the_same_where_they_are_pipelined() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let post = Request::new("POST", "/x").bearer(TOKEN);
    let chunked = post.clone().header("Transfer-Encoding", "chunked").bytes();
    let good = [
        Request::get("/x").bearer(TOKEN).bytes(),
        post.body("hello").bytes(),
        [chunked, b"5\r\nhello\r\n0\r\n\r\n".to_vec()].concat(),
    ];
    let mut count = 0;
    for (wire, status, code) in malformed() {
        let what = String::from_utf8_lossy(&wire[..wire.len().min(80)]).into_owned();
        let detail = |reply: &Reply| reply.json()["detail"].clone();
        let mut connection = gate.connect();
        connection.write(&wire);
        let first = detail(&connection.reply(false).unwrap());
        for good in &good {
            let mut connection = gate.connect();
            connection.write(&[&good[..], &wire].concat());
            assert_eq!(connection.reply(false).unwrap().status, 200, "{what}");
            let reply = connection.reply(false).unwrap_or_else(|| panic!("no answer: {what}"));
            assert_refused(&reply, status, code, &what);
            assert_eq!(detail(&reply), first, "{what}");
        }
        let mut connection = gate.connect();
        connection.write(&Request::get("/slow/100").bearer(TOKEN).bytes());
        std::thread::sleep(Duration::from_millis(30));
        connection.write(&wire);
        assert_eq!(connection.reply(false).unwrap().status, 200, "{what}");
        let reply = connection.reply(false).unwrap_or_else(|| panic!("no answer: {what}"));
        assert_refused(&reply, status, code, &what);
        assert_eq!(detail(&reply), first, "{what}");
        count += 2 * good.len() + 3;
        let log = gate.access_log(count);
        let refused: Vec<_> = log[count - 2 * good.len() - 3..].iter().filter(|line| line["code"] == code).collect();
        assert_eq!(refused.len(), good.len() + 2, "{what}");
        for line in refused.iter().skip(1) {
            for field in ["method", "path", "client"] {
                assert_eq!(line[field], refused[0][field], "{what}");
            }
        }
    }
    assert_eq!(api.seen().len(), malformed().len() * (good.len() + 1));
}

#[test]
fn a_head_over_its_limit_is_refused_where_it_is_pipelined() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let large = head("GET /x HTTP/1.1", &format!("X-A: {}\r\n", "a".repeat(300_000)));
    let mut connection = gate.connect();
    connection.write(&[Request::get("/x").bearer(TOKEN).bytes(), large].concat());
    assert_eq!(connection.reply(false).unwrap().status, 200);
    assert_refused(&connection.reply(false).unwrap(), 431, "headers_too_large", "a large head");
}

#[test]
fn head_request_that_is_malformed_gets_no_body() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let reply = gate.send_raw(&head("HEAD /x HTTP/1.1", "X-A : 1\r\n"));
    assert!(reply.starts_with("HTTP/1.1 400 ") && reply.ends_with("\r\n\r\n"), "{reply}");
}

/// They precede a request line (RFC 9112, 2.2), and look like the end of a head.
#[test]
fn a_head_of_empty_lines_alone_is_refused() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    connection.write(&b"\r\n".repeat(64 * 1024));
    let reply = connection.reply(false).expect("the gate goes on reading");
    assert_refused(&reply, 431, "headers_too_large", "empty lines");
}
