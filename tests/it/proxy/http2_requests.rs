//! What HTTP/2 lets a caller say that no HTTP/1.1 client would: frame by frame, nothing normalised.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{Gate, Http2Api, RecordingApi, TOKEN};

/// A body of these frames.
#[derive(Default)]
struct Frames(VecDeque<Frame<Bytes>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

async fn connect(gate: &Gate) -> SendRequest<Frames> {
    connect_to(&gate.address.to_string()).await
}

async fn connect_to(address: &str) -> SendRequest<Frames> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn request(target: &str) -> http::request::Builder {
    let uri = format!("http://api.example.org{target}");
    http::Request::post(uri).version(http::Version::HTTP_2).header("authorization", format!("Bearer {TOKEN}"))
}

/// `hello`, and trailers with identity headers.
fn with_forged_trailers() -> http::Request<Frames> {
    let mut forged = HeaderMap::new();
    forged.insert("x-claviger-credential", "forged".parse().unwrap());
    forged.insert("x_claviger_account", "forged".parse().unwrap());
    let frames = [Frame::data(Bytes::from("hello")), Frame::trailers(forged)];
    request("/x").body(Frames(frames.into())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_carry_no_identity() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let http1 = Gate::before(one.url()).start();
    let http2 = Gate::before(two.url()).proxy("  upstream_protocol: http2").start();
    let around = two.url().strip_prefix("http://").unwrap();
    assert_eq!(connect_to(around).await.send_request(with_forged_trailers()).await.unwrap().status(), 200);
    for gate in [&http1, &http2] {
        assert_eq!(connect(gate).await.send_request(with_forged_trailers()).await.unwrap().status(), 200);
    }
    let seen = one.last();
    assert_eq!((&seen.body[..], seen.header("x-claviger-credential")), (&b"hello"[..], Some("acme-billing")));
    assert!(!format!("{:?}", one.seen()).contains("forged"));
    // Around the gate they arrive, through it they do not.
    let [direct, through] = &two.seen()[..] else { panic!("{:?}", two.seen()) };
    assert!(direct.trailers.is_some());
    assert_eq!(through.body, "hello");
    assert_eq!(through.head.headers["x-claviger-credential"], "acme-billing");
    assert!(through.trailers.is_none(), "{:?}", through.trailers);
}

/// Over HTTP/2, header by header, to APIs of both versions.
#[tokio::test(flavor = "multi_thread")]
async fn header_that_is_not_sent_never_arrives() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let sent = "identity: {headers: [account]}";
    let forwarded = "  forwarded: {for: false, proto: false, host: when_different}";
    let http1 = Gate::before(one.url()).settings(sent).proxy(forwarded).start();
    let http2 = Gate::before(two.url()).settings(sent).proxy("  upstream_protocol: http2").proxy(forwarded).start();
    let names =
        ["credential", "account", "version", "scopes", "request-id"].map(|name| format!("x-claviger-{name}")).to_vec();
    let forwarded = ["for", "proto", "host", "port"].map(|name| format!("x-forwarded-{name}"));
    for gate in [&http1, &http2] {
        let (mut parts, body) = with_forged_trailers().into_parts();
        for name in names.iter().chain(&forwarded) {
            for name in [name.clone(), name.replace('-', "_"), name.replace('-', ".")] {
                let name: http::HeaderName = name.parse().unwrap();
                parts.headers.append(name.clone(), "forged".parse().unwrap());
                parts.headers.append(name, "forged".parse().unwrap());
            }
        }
        let answer = connect(gate).await.send_request(http::Request::from_parts(parts, body)).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let seen = one.last();
    assert!(!format!("{:?}{:?}", one.seen(), two.seen()).contains("forged"));
    let ours = |name: &str| name.starts_with("x-claviger") || name.starts_with("x-forwarded");
    let lines: Vec<_> = seen.head[1..].iter().filter(|line| ours(&line.to_lowercase())).collect();
    assert_eq!(lines, ["x-claviger-account: acme"], "{seen:?}");
    let arrived = &two.seen()[0];
    let fields: Vec<_> = arrived.head.headers.iter().filter(|(name, _)| ours(name.as_str())).collect();
    assert_eq!(fields.len(), 1, "{fields:?}");
    assert_eq!(arrived.head.headers["x-claviger-account"], "acme");
    assert!(arrived.trailers.is_none() && arrived.body == "hello");
}

/// A body that ends with an empty frame: what pingora 0.9.1 writes for it has two ends, and an API of HTTP/1.1
/// takes the second one for the next request of the connection, which may be another caller's.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_with_an_empty_frame_ends_once() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut sender = connect(&gate).await;
    for _ in 0..3 {
        let frames = [Frame::data(Bytes::from("hello")), Frame::data(Bytes::new())];
        let answer = sender.send_request(request("/x").body(Frames(frames.into())).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let seen: Vec<_> = api.seen().iter().map(|seen| (seen.line().to_owned(), seen.body.clone())).collect();
    assert_eq!(seen, vec![("POST /x HTTP/1.1".to_owned(), b"hello".to_vec()); 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_with_two_readings_are_refused() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut sender = connect(&gate).await;
    for target in ["//x", "/x//y", "/../x", "/x/./y", "/%2e%2e/x", "/x%2Fy", "/x%00", "/..;/x", "/x%", "/%65vents"] {
        let answer = sender.send_request(request(target).body(Frames::default()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 400, "{target}");
    }
    assert_eq!(api.seen().len(), 0);
    // The connection has not suffered.
    let answer = sender.send_request(request("/x?y=//..").body(Frames::default()).unwrap()).await.unwrap();
    assert_eq!((answer.status().as_u16(), api.last().line()), (200, "POST /x?y=//.. HTTP/1.1"));
}

/// The HTTP/2 parser accepts a double quote in a name, which an HTTP/1.1 API would read in its own way.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_http_1_1_forbids_are_refused() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("public: [{path: /events}]").start();
    let mut sender = connect(&gate).await;
    for target in ["/x", "/events"] {
        let name = http::HeaderName::from_lowercase(b"x\"claviger\"account").unwrap();
        let odd = request(target).header(name, "root").body(Frames::default()).unwrap();
        assert_eq!(sender.send_request(odd).await.unwrap().status(), 400, "{target}");
    }
    assert_eq!(api.seen().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_beside_another_authority_is_refused_or_gone() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let http1 = Gate::before(one.url()).start();
    let http2 = Gate::before(two.url()).proxy("  upstream_protocol: http2").start();
    for gate in [&http1, &http2] {
        let odd = request("/x").header("host", "evil.example").body(Frames::default()).unwrap();
        let answer = connect(gate).await.send_request(odd).await;
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status() == 200 || answer.status() == 400));
    }
    assert!(!format!("{:?}{:?}", one.seen(), two.seen()).contains("evil.example"));
}
