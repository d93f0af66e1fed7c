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
    let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn request(target: &str) -> http::request::Builder {
    let uri = format!("http://api.example.org{target}");
    http::Request::post(uri).version(http::Version::HTTP_2).header("authorization", format!("Bearer {TOKEN}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_carry_no_identity() {
    let one = RecordingApi::start();
    let two = Http2Api::start();
    let http1 = Gate::before(one.url()).start();
    let http2 = Gate::before(two.url()).proxy("  upstream_protocol: http2").start();
    for gate in [&http1, &http2] {
        let mut forged = HeaderMap::new();
        forged.insert("x-claviger-credential", "forged".parse().unwrap());
        forged.insert("x_claviger_account", "forged".parse().unwrap());
        let frames = Frames([Frame::data(Bytes::from("hello")), Frame::trailers(forged)].into());
        let answer = connect(gate).await.send_request(request("/x").body(frames).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(
        (one.last().body, one.last().header("x-claviger-credential")),
        (b"hello".to_vec(), Some("acme-billing"))
    );
    let arrived = &two.seen()[0];
    assert_eq!(
        (arrived.body.clone(), arrived.head.headers["x-claviger-credential"].clone()),
        ("hello".into(), "acme-billing".parse().unwrap())
    );
    assert!(arrived.trailers.is_none(), "{:?}", arrived.trailers);
    assert!(!format!("{:?}", one.seen()).contains("forged"));
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
