//! HTTP/1.0 callers: no chunks, and an end that they see.

use crate::support::{Exchange, Gate, RecordingApi, ScriptedApi, TOKEN};

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
            let reply = gate.send_raw(&request(extra));
            let (head, body) = reply.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, "abcdef", "{reply}");
            assert!(head.starts_with("HTTP/1.1 200 ") && !head.to_lowercase().contains("transfer-encoding"), "{head}");
            assert!(head.to_lowercase().contains("connection: close"), "{head}");
        }
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
