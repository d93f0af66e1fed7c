//! HTTP/1.0 callers: no chunks, and an end that they see.

use crate::support::{Exchange, Gate, Http2Api, RecordingApi, ScriptedApi, TOKEN};

fn request(extra: &str) -> Vec<u8> {
    format!("GET /x HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n{extra}\r\n").into_bytes()
}

#[test]
fn http_1_0_callers_get_no_chunks() {
    let answers = [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcdef",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         6\r\nabcdef\r\n0\r\n\r\n",
    ];
    for answer in answers {
        let api = ScriptedApi::start(move |exchange: &mut Exchange| {
            exchange.head();
            exchange.write(answer);
        });
        let gate = Gate::before(api.url()).start();
        for extra in ["", "Connection: keep-alive\r\n"] {
            assert_ends_with_the_connection(&gate.send_raw(&request(extra)));
        }
    }
}

fn assert_ends_with_the_connection(reply: &str) {
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "abcdef", "{reply}");
    assert!(head.starts_with("HTTP/1.1 200 ") && !head.to_lowercase().contains("transfer-encoding"), "{head}");
    assert!(head.to_lowercase().contains("connection: close"), "{head}");
}

#[test]
fn http_1_0_callers_get_no_chunks_from_an_http_2_api() {
    let api = Http2Api::start();
    let gate = Gate::before(api.url()).proxy("  upstream_protocol: http2").start();
    for extra in ["", "Connection: keep-alive\r\n"] {
        let head = format!("POST /stream HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n{extra}");
        assert_ends_with_the_connection(&gate.send_raw(format!("{head}Content-Length: 6\r\n\r\nabcdef").as_bytes()));
    }
    let kept = format!("POST /x HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nConnection: keep-alive\r\n");
    let mut connection = gate.connect();
    for _ in 0..2 {
        connection.write(format!("{kept}Content-Length: 6\r\n\r\nabcdef").as_bytes());
        let reply = connection.reply(false).unwrap();
        assert_eq!((reply.text().as_str(), reply.header("connection")), ("abcdef", Some("keep-alive")));
    }
}

#[test]
fn http_1_0_callers_may_keep_the_connection_where_the_length_is_known() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for _ in 0..3 {
        connection.write(&request("Connection: keep-alive\r\n"));
        let reply = connection.reply(false).unwrap();
        assert_eq!((reply.status, reply.text().as_str()), (200, "{}"));
        assert_eq!(reply.header("connection"), Some("keep-alive"));
    }
    connection.write(&request(""));
    assert_eq!(connection.reply(false).unwrap().header("connection"), Some("close"));
    assert!(connection.is_closed());
}
