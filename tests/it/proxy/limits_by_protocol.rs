//! Each limit of the documentation's table holds over HTTP/1.1 and HTTP/2, with and without TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use http::request::Builder;

use crate::support::{Caller, Gate, PASSWORD, RecordingApi, TOKEN, eventually, with_each};

/// What a header takes beside its name and its value.
const FIELD_BYTES: usize = 104;
const LIMIT: usize = 4096;

fn get() -> Builder {
    http::Request::get("http://api.example.org/x")
}

fn authorized() -> Builder {
    get().header("authorization", format!("Bearer {TOKEN}"))
}

fn post() -> Builder {
    http::Request::post("http://api.example.org/x").header("authorization", format!("Bearer {TOKEN}"))
}

fn with_fields(count: usize, value: &str) -> Builder {
    (0..count).fold(authorized(), |request, _| request.header("a", value))
}

/// Pieces with a pause before each.
fn slow_body(pieces: usize, pause: Duration) -> Body {
    Body::from_stream(futures_util::stream::iter(0..pieces).then(move |_| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, std::io::Error>(Bytes::from_static(b"piece"))
    }))
}

fn limited(api: &RecordingApi, settings: &str) -> crate::support::GateBuilder {
    Gate::before(api.url()).settings(settings)
}

#[test]
fn head_over_its_limit_is_431() {
    let api = RecordingApi::start();
    with_each(
        || limited(&api, &format!("limits: {{header_bytes: {LIMIT}}}")),
        async |caller| {
            let protocol = caller.protocol;
            assert_eq!(caller.send(authorized().header("x-pad", "a".repeat(3000))).await.status, 200, "{protocol:?}");
            let count = LIMIT / FIELD_BYTES;
            assert_eq!(caller.send(with_fields(count - 10, "")).await.status, 200, "{protocol:?}");
            let before = api.seen().len();
            let too_large = [
                authorized().header("x-pad", "a".repeat(LIMIT)),
                // Little text, and much memory.
                with_fields(count + 1, ""),
                authorized().uri(format!("http://api.example.org/{}", "a".repeat(LIMIT))),
            ];
            for (number, request) in too_large.into_iter().enumerate() {
                let answer = caller.send(request).await;
                assert_eq!(answer.verdict(), (431, "headers_too_large".into()), "{protocol:?} {number}");
            }
            // More than is read: over HTTP/2, h2 answers itself.
            let huge = authorized().header("x-pad", "a".repeat(20 * LIMIT)).body(Body::empty()).unwrap();
            let answer = caller.open().await.send(huge).await;
            match protocol.is_http2() {
                true => assert!(answer.is_none_or(|answer| answer.status == 431), "{protocol:?}"),
                false => assert_eq!(answer.expect("an answer").verdict(), (431, "headers_too_large".into())),
            }
            assert_eq!(api.seen().len(), before);
        },
    );
}

#[test]
fn more_than_256_fields_are_431() {
    let api = RecordingApi::start();
    with_each(
        || limited(&api, "limits: {header_bytes: 1048576}"),
        async |caller| {
            let protocol = caller.protocol;
            assert_eq!(caller.send(with_fields(250, "1")).await.status, 200, "{protocol:?}");
            let before = api.seen().len();
            for count in [257, 1800] {
                let answer = caller.send(with_fields(count, "1")).await;
                assert_eq!(answer.verdict(), (431, "headers_too_large".into()), "{protocol:?} {count}");
                assert!(answer.text.contains("request_id"), "{protocol:?}");
            }
            assert_eq!(api.seen().len(), before);
        },
    );
}

#[test]
fn fields_of_one_name_are_431_by_default() {
    let api = RecordingApi::start();
    with_each(
        || Gate::before(api.url()),
        async |caller| {
            let answer = caller.send(with_fields(1800, "1")).await;
            assert_eq!(answer.verdict(), (431, "headers_too_large".into()), "{:?}", caller.protocol);
            let log = caller.gate.access_log(1);
            assert_eq!((&log[0]["code"], &log[0]["client"]), (&"headers_too_large".into(), &"127.0.0.1".into()));
            assert!(api.seen().is_empty());
        },
    );
}

#[test]
fn credentials_over_their_limits_are_refused() {
    let api = RecordingApi::start();
    with_each(
        || Gate::before(api.url()),
        async |caller| {
            let pair = |length: usize| format!("Basic {}", STANDARD.encode(format!("acme:{}", "a".repeat(length))));
            for (value, expected) in [
                (format!("Bearer {}", "a".repeat(4096)), (401, "credential_invalid")),
                (format!("Bearer {}", "a".repeat(4097)), (400, "credential_malformed")),
                (pair(1000), (401, "credential_invalid")),
                (pair(1100), (400, "credential_malformed")),
            ] {
                let (status, code) = caller.send(get().header("authorization", &value)).await.verdict();
                assert_eq!((status, code.as_str()), expected, "{:?} {}", caller.protocol, value.len());
            }
        },
    );
}

#[test]
fn body_over_its_limit_is_413() {
    let api = RecordingApi::start();
    with_each(
        || limited(&api, "limits: {body_bytes: 1000}"),
        async |caller| {
            let protocol = caller.protocol;
            let answer = caller.open().await.send(post().body(Body::from(vec![b'a'; 1000])).unwrap()).await.unwrap();
            assert_eq!(answer.status, 200, "{protocol:?}");
            let before = api.seen().len();
            for body in [Body::from(vec![b'a'; 1001]), slow_body(250, Duration::ZERO)] {
                let answer = caller.open().await.send(post().body(body).unwrap()).await;
                assert_eq!(answer.expect("an answer").verdict(), (413, "body_too_large".into()), "{protocol:?}");
            }
            assert_eq!(api.seen().len(), before);
        },
    );
}

#[test]
fn body_over_its_time_is_408() {
    let api = RecordingApi::start();
    with_each(
        || limited(&api, "limits: {body_time: 300ms}"),
        async |caller| {
            let body = slow_body(100, Duration::from_millis(100));
            let answer = caller.open().await.send(post().body(body).unwrap()).await;
            assert_eq!(answer.expect("an answer").verdict(), (408, "body_too_slow".into()), "{:?}", caller.protocol);
            assert!(api.seen().is_empty());
        },
    );
}

#[test]
fn rate_and_guesses_over_their_limits_are_429() {
    let api = RecordingApi::start();
    let settings = "rate_limit: {requests: 2, per: 1h}\nthrottle: {free_per_address: 2, first_delay: 1m}";
    with_each(
        || limited(&api, settings),
        async |caller| {
            let protocol = caller.protocol;
            let mut sender = caller.open().await;
            for (number, expected) in [200, 200, 429].into_iter().enumerate() {
                let answer = sender.send(authorized().body(Body::empty()).unwrap()).await.unwrap();
                assert_eq!(answer.status, expected, "{protocol:?} {number}");
            }
            let wrong = || get().header("authorization", "Bearer wrong");
            for (number, expected) in ["credential_invalid", "credential_invalid"].into_iter().enumerate() {
                let (_, code) = sender.send(wrong().body(Body::empty()).unwrap()).await.unwrap().verdict();
                assert_eq!(code, expected, "{protocol:?} {number}");
            }
            let throttled = async || sender_code(caller, wrong()).await == (429, "guesses_throttled".into());
            assert!(throttled().await || throttled().await, "{protocol:?}");
        },
    );
}

async fn sender_code(caller: &Caller, request: Builder) -> (u16, String) {
    caller.send(request).await.verdict()
}

#[test]
fn full_hash_queue_is_503() {
    let api = RecordingApi::start();
    let settings = "passwords: {threads: 1, queue: 1}\nthrottle: {enabled: false}";
    with_each(
        || limited(&api, settings),
        async |caller| {
            let pair = |number: usize| {
                let value = STANDARD.encode(format!("acme:{PASSWORD}{number}"));
                caller.send(get().header("authorization", format!("Basic {value}")))
            };
            // Connections that are opened one after another may find the queue empty each time.
            for _ in 0..20 {
                let answers = futures_util::future::join_all((0..20).map(pair)).await;
                if answers.iter().any(|answer| answer.verdict() == (503, "directory_unavailable".into())) {
                    return;
                }
            }
            panic!("the queue is never full: {:?}", caller.protocol);
        },
    );
}

#[test]
fn refusal_arrives_while_a_body_is_sent_and_drains_end() {
    let api = RecordingApi::start();
    with_each(
        || limited(&api, "limits: {drain_bytes: 4000000, drain_time: 5s}"),
        async |caller| {
            let protocol = caller.protocol;
            let refused =
                |bytes: usize| http::Request::post("http://api.example.org/x").body(Body::from(vec![b'a'; bytes]));
            let answer = caller.open().await.send(refused(1_000_000).unwrap()).await.expect("the refusal is lost");
            assert_eq!(answer.verdict(), (401, "credential_missing".into()), "{protocol:?}");
            // Beyond the limit the answer may be lost; the connection or the stream ends.
            let answer = caller.open().await.send(refused(100_000_000).unwrap()).await;
            assert!(answer.is_none_or(|answer| answer.status == 401), "{protocol:?}");
            assert!(api.seen().is_empty());
            eventually("all connections are closed", || caller.gate.metric("claviger_connections_open") == 0.0);
        },
    );
}

#[test]
fn connections_over_their_limits_are_closed() {
    let api = RecordingApi::start();
    for (limits, reason) in [("connections: 2", "total"), ("connections_per_address: 2", "address")] {
        with_each(
            || limited(&api, &format!("limits: {{{limits}}}")),
            async |caller| {
                let mut kept = [caller.open().await, caller.open().await];
                for sender in &mut kept {
                    let answer = sender.send(authorized().body(Body::empty()).unwrap()).await.unwrap();
                    assert_eq!(answer.status, 200, "{:?}", caller.protocol);
                }
                let mut third = TcpStream::connect(caller.gate.address).unwrap();
                third.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                assert!(matches!(third.read(&mut [0; 1]), Ok(0) | Err(_)), "{:?}", caller.protocol);
                let refused = format!("claviger_connections_refused_total{{reason=\"{reason}\"}}");
                assert_eq!(caller.gate.metric(&refused), 1.0);
            },
        );
    }
}

#[test]
fn idle_connections_are_closed() {
    let api = RecordingApi::start();
    with_each(
        || Gate::before(api.url()).proxy("  timeouts: {keep_alive: 1s}"),
        async |caller| {
            let mut sender = caller.open().await;
            for _ in 0..2 {
                assert_eq!(sender.send(authorized().body(Body::empty()).unwrap()).await.unwrap().status, 200);
            }
            eventually("it is closed", || caller.gate.metric("claviger_connections_open") == 0.0);
            assert!(sender.send(authorized().body(Body::empty()).unwrap()).await.is_none(), "{:?}", caller.protocol);
        },
    );
}

/// HTTP/2 waits for frames, see `http2_limits`.
#[test]
fn unfinished_head_is_closed_at_its_deadline() {
    let api = RecordingApi::start();
    with_each(
        || Gate::before(api.url()).proxy("  timeouts: {request_head: 500ms}"),
        async |caller| {
            let stream = TcpStream::connect(caller.gate.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let beginning: &[u8] = if caller.protocol.is_http2() {
                b"PRI * HTTP/2.0\r\n\r\nSM"
            } else {
                b"GET /x HTTP/1.1\r\nHost: a\r\n"
            };
            let closed = match &caller.config {
                None => is_closed_after(stream, beginning),
                Some(config) => {
                    let name = rustls::pki_types::ServerName::try_from("127.0.0.1").unwrap();
                    let session = rustls::ClientConnection::new(Arc::clone(config), name).unwrap();
                    is_closed_after(rustls::StreamOwned::new(session, stream), beginning)
                }
            };
            assert!(closed, "{:?}", caller.protocol);
        },
    );
}

fn is_closed_after(mut stream: impl Read + Write, bytes: &[u8]) -> bool {
    stream.write_all(bytes).unwrap();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

#[test]
fn heads_of_all_connections_over_their_limit_are_503() {
    let api = RecordingApi::start();
    let limits = "limits: {header_bytes: 4096, header_bytes_per_connection: 4096, header_bytes_total: 4096}";
    with_each(
        || limited(&api, limits),
        async |caller| {
            let protocol = caller.protocol;
            let large = || authorized().header("x-pad", "a".repeat(3000));
            let mut busy = caller.open().await;
            let silent = large().uri("http://api.example.org/silent").body(Body::empty()).unwrap();
            let waiting = tokio::spawn(async move { busy.send(silent).await });
            loop {
                if caller.gate.metric("claviger_http_requests_in_flight") == 1.0 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let answer = caller.send(large()).await;
            assert_eq!(answer.verdict(), (503, "overloaded".into()), "{protocol:?}");
            assert_eq!(answer.headers["retry-after"], "1");
            // A small one fits in.
            assert_eq!(caller.send(authorized()).await.status, 200, "{protocol:?}");
            waiting.abort();
            eventually("its memory is free again", || caller.gate.metric("claviger_http_requests_in_flight") == 0.0);
            assert_eq!(caller.send(large()).await.status, 200, "{protocol:?}");
        },
    );
}
