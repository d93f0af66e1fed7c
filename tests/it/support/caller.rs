//! Callers of every protocol, so that a limit can be shown to hold for all of them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Authority, Gate, GateBuilder};

/// Longer than any step takes, so that a hanging test fails.
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http1Tls,
    Http2,
    Http2Tls,
}

/// A running gate and a protocol to call it with.
pub struct Caller {
    pub protocol: Protocol,
    pub gate: Arc<Gate>,
    pub config: Option<Arc<ClientConfig>>,
}

/// One connection.
pub enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Protocol {
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Http2Tls)
    }

    fn is_tls(self) -> bool {
        matches!(self, Self::Http1Tls | Self::Http2Tls)
    }
}

/// One caller for each protocol, each with a gate of its own.
pub fn callers(build: impl Fn() -> GateBuilder) -> Vec<Caller> {
    [Protocol::Http1, Protocol::Http1Tls, Protocol::Http2, Protocol::Http2Tls]
        .into_iter()
        .map(|protocol| {
            let builder = build();
            if !protocol.is_tls() {
                return Caller { protocol, gate: Arc::new(builder.start()), config: None };
            }
            let authority = Authority::new();
            let builder = builder.proxy("  tls: {certificate: cert.pem, key: key.pem}");
            authority.issue("127.0.0.1").write(builder.folder());
            let mut config = ClientConfig::clone(&authority.client(None));
            config.alpn_protocols = vec![if protocol.is_http2() { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
            Caller { protocol, gate: Arc::new(builder.start()), config: Some(Arc::new(config)) }
        })
        .collect()
}

/// Runs a check for each protocol.
#[expect(clippy::needless_pass_by_value, reason = "closures are written in place")]
pub fn with_each(build: impl Fn() -> GateBuilder, check: impl AsyncFn(&Caller)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for caller in callers(build) {
        runtime.block_on(check(&caller));
    }
}

impl Caller {
    pub async fn open(&self) -> Sender {
        let stream = TcpStream::connect(self.gate.address).await.unwrap();
        match &self.config {
            None => self.over(stream).await,
            Some(config) => {
                let name = ServerName::try_from("127.0.0.1").unwrap();
                let stream = TlsConnector::from(config.clone()).connect(name, stream).await.unwrap();
                self.over(stream).await
            }
        }
    }

    async fn over(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Sender {
        if self.protocol.is_http2() {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            Sender::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            Sender::Http1(sender)
        }
    }

    /// On a connection of its own.
    pub async fn send(&self, request: http::request::Builder) -> Answer {
        self.open().await.send(request.body(Body::empty()).unwrap()).await.expect("no answer")
    }
}

impl Sender {
    /// `None` where no whole answer comes.
    pub async fn send(&mut self, mut request: http::Request<Body>) -> Option<Answer> {
        if matches!(self, Self::Http1(_)) {
            let target = request.uri().path_and_query().unwrap().as_str().parse().unwrap();
            *request.uri_mut() = target;
            request.headers_mut().insert("host", "api.example.org".parse().unwrap());
        }
        let answer = async {
            let response: http::Response<Incoming> = match self {
                Self::Http1(sender) => {
                    sender.ready().await.ok()?;
                    sender.send_request(request).await.ok()?
                }
                Self::Http2(sender) => {
                    sender.ready().await.ok()?;
                    sender.send_request(request).await.ok()?
                }
            };
            let (head, body) = response.into_parts();
            let bytes = axum::body::to_bytes(Body::new(body), usize::MAX).await.ok()?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Some(Answer { status: head.status.as_u16(), headers: head.headers, text })
        };
        tokio::time::timeout(TIMEOUT, answer).await.expect("neither an answer nor an end")
    }
}

impl Answer {
    /// The status, and the `code` of a problem document.
    pub fn verdict(&self) -> (u16, String) {
        let problem: serde_json::Value = serde_json::from_str(&self.text).unwrap_or_default();
        (self.status, problem["code"].as_str().unwrap_or_default().to_owned())
    }
}
