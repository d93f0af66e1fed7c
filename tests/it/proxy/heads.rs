//! Heads that two parsers could read two ways, and heads that are too much. At most one request
//! reaches the API, with our identity or not at all.

use super::odd::{Fate, Odd, authorized};
use crate::support::{Request, TOKEN};

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Claviger-Credential: forged\r\n\r\n";

#[test]
fn request_must_have_one_host() {
    let odd = Odd::start();
    odd.expect_lines("Host: a\r\nHost: a\r\n", "", Fate::Refused(400));
    odd.expect_lines("Host: a\r\nhost: b\r\n", "", Fate::Refused(400));
    odd.expect_lines("", "", Fate::Refused(400));
    odd.expect_lines("Host: a b\r\n", "", Fate::Either("/x"));
    odd.expect_lines("Host: a, b\r\n", "", Fate::Either("/x"));
    odd.expect_lines("Host: user@a\r\n", "", Fate::Either("/x"));
    odd.expect_lines("Host: a\r\n", "", Fate::Forwarded("/x"));
}

/// Shorter than the preface of HTTP/2, for which pingora's own listener would wait.
#[test]
fn a_short_http_1_0_request_is_answered() {
    let odd = Odd::start();
    odd.expect(b"GET / HTTP/1.0\r\n\r\n", Fate::Refused(401));
    odd.expect(b"GET /x\r\n\r\n", Fate::Refused(400));
    odd.expect(&[b"GET /x HTTP/1.0\r\n", &authorized()[..], b"\r\n"].concat(), Fate::Forwarded("/x"));
    // It goes on as HTTP/1.1, which must have a host.
    assert!(odd.api.last().header("host").is_some_and(|host| odd.api.url().ends_with(host)));
    odd.expect(&[b"GET /x HTTP/1.0\r\nHost: a\r\n", &authorized()[..], b"\r\n"].concat(), Fate::Forwarded("/x"));
    odd.expect(&[b"GET /x HTTP/2.0\r\nHost: a\r\n", &authorized()[..], b"\r\n"].concat(), Fate::Refused(400));
    odd.expect(&[b"GET /x HTTP/1.9\r\nHost: a\r\n", &authorized()[..], b"\r\n"].concat(), Fate::Refused(400));
}

#[test]
fn body_must_have_one_length() {
    let odd = Odd::start();
    let chunked_end = format!("0\r\n\r\n{SMUGGLED}");
    let lines = |lines: &str| format!("Host: a\r\n{lines}\r\n");
    // RFC 9112, 6.3: Transfer-Encoding overrides, and the connection ends.
    odd.expect_lines(&lines("Content-Length: 4\r\nTransfer-Encoding: chunked"), &chunked_end, Fate::Either("/x"));
    odd.expect_lines(&lines("Transfer-Encoding: chunked\r\nContent-Length: 100"), &chunked_end, Fate::Either("/x"));
    let refused = [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 99999999999999999999",
        "Content-Length:",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \x0bchunked",
    ];
    for length in refused {
        odd.expect_lines(&lines(length), &format!("hello{SMUGGLED}"), Fate::Refused(400));
    }
    for length in ["Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5, 5"] {
        odd.expect_lines(&lines(length), &format!("hello{SMUGGLED}"), Fate::Refused(400));
    }
    let http_1_0 = format!("POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunked_end}");
    odd.expect(http_1_0.as_bytes(), Fate::Refused(400));
}

#[test]
fn folded_and_spaced_fields_are_refused() {
    let odd = Odd::start();
    let lines = [
        "Host: a\r\nX-A: 1\r\n X-Claviger-Credential: forged\r\n",
        "Host: a\r\nX-A: 1\r\n\tfolded\r\n",
        " Host: a\r\n",
        "Host: a\r\nX-A : 1\r\n",
        "Host: a\r\nTransfer-Encoding : chunked\r\n",
        "Host: a\r\nContent-Length : 5\r\n",
        "Host: a\r\nX-A\r\n",
        "Host: a\r\n: 1\r\n",
        "Host: a\r\nX-A: 1\rX-Claviger-Credential: forged\r\n",
        "Host: a\r\nX-A: 1\x00\r\n",
        "Host: a\r\nX A: 1\r\n",
        "Host: a\r\nX-\u{e4}: 1\r\n",
    ];
    for lines in lines {
        odd.expect_lines(lines, "", Fate::Refused(400));
    }
    assert_eq!(odd.api.seen().len(), 0);
}

/// RFC 9112, 2.2 allows bare LF; every line is written anew, so that the API sees none.
#[test]
fn bare_line_feeds_are_normalised() {
    let odd = Odd::start();
    let request = format!("GET /x HTTP/1.1\nHost: a\nAuthorization: Bearer {TOKEN}\nConnection: close\nX-A: 1\n\n");
    odd.expect(request.as_bytes(), Fate::Either("/x"));
    odd.expect_lines("Host: a\r\nX-A: 1\nX-Claviger-Credential: forged\r\n", "", Fate::Either("/x"));
    assert!(odd.api.seen().iter().all(|seen| !seen.head.join("\n").contains("forged")));
}

#[test]
fn connect_is_refused() {
    let odd = Odd::start();
    for target in ["a:80", "/x", "127.0.0.1:22"] {
        let request =
            format!("CONNECT {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n\r\n{SMUGGLED}");
        let answer = odd.gate.send_raw(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    assert_eq!(odd.api.seen().len(), 0);
}

/// What comes after the head of an upgrade that is none is another request: with a credential of its
/// own, or refused.
#[test]
fn other_upgrades_are_ordinary_requests() {
    let odd = Odd::start();
    let upgrades = [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
        "Connection: Upgrade\r\nUpgrade: anything\r\n",
        "Upgrade: h2c\r\n",
    ];
    for upgrade in upgrades {
        let before = odd.api.seen().len();
        let request = format!("GET /x HTTP/1.1\r\nHost: a\r\n{upgrade}Authorization: Bearer {TOKEN}\r\n\r\n");
        let mut connection = odd.gate.connect();
        connection.write(request.as_bytes());
        let reply = connection.reply(false).expect("an answer");
        assert!(matches!(reply.status, 200 | 400), "{upgrade} {reply:?}");
        // Through a tunnel this would reach the API; in HTTP it needs a credential.
        connection.write(SMUGGLED.as_bytes());
        let next = connection.reply(false);
        assert!(next.as_ref().is_none_or(|next| next.status == 401), "{upgrade} {next:?}");
        let arrived = odd.api.seen().split_off(before);
        assert!(arrived.len() < 2, "{upgrade} {arrived:?}");
        for seen in arrived {
            assert!(seen.all("upgrade").is_empty() && seen.all("http2-settings").is_empty(), "{seen:?}");
        }
    }
}

#[test]
fn bytes_after_a_body_are_another_request_and_need_a_credential() {
    let odd = Odd::start();
    let head = |token: &str| {
        format!("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nAuthorization: Bearer {token}\r\n\r\nhello")
    };
    for token in [TOKEN, "wrong"] {
        let before = odd.api.seen().len();
        let mut connection = odd.gate.connect();
        connection.write(format!("{}{SMUGGLED}", head(token)).as_bytes());
        let first = connection.reply(false);
        let second = connection.reply(false);
        assert!(second.as_ref().is_none_or(|reply| reply.status >= 400), "{first:?} {second:?}");
        let arrived = odd.api.seen().split_off(before);
        assert!(arrived.iter().all(|seen| seen.line() == "POST /x HTTP/1.1" && seen.body == b"hello"), "{arrived:?}");
        assert!(arrived.len() <= usize::from(token == TOKEN));
    }
}

#[test]
fn endless_head_is_refused() {
    let odd = Odd::start();
    let ten_megabytes = format!("X-A: {}\r\n", "a".repeat(1022)).repeat(10_000);
    let one_line = format!("X-A: {}\r\n", "a".repeat(10_000_000));
    let ten_thousand: String = (0..10_000).map(|number| format!("X-{number}: 1\r\n")).collect();
    let endless_name = "x".repeat(2_000_000);
    for lines in [ten_megabytes, one_line, ten_thousand, endless_name] {
        let mut connection = odd.gate.connect();
        // The gate may stop reading at any point: neither writing nor the answer is certain.
        connection
            .write(format!("GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n{lines}\r\n").as_bytes());
        let answer = connection.reply(false);
        assert!(answer.is_none_or(|reply| (400..500).contains(&reply.status)));
        assert_eq!(odd.gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    }
    assert!(odd.api.seen().iter().all(|seen| seen.head.len() < 20));
    assert_eq!(odd.api.seen().len(), 4);
}
