//! An API that speaks HTTP/2 without TLS, by prior knowledge, and records every request.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

/// A request, body included.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub head: http::request::Parts,
    pub body: bytes::Bytes,
    pub trailers: Option<http::HeaderMap>,
}

/// A running API. Answers with the body that it was sent, without its length where the path is `/stream`.
pub struct Http2Api {
    seen: Arc<Mutex<Vec<Arrived>>>,
    url: String,
}

impl Http2Api {
    /// On a port that the system picks, and on a thread of its own.
    pub fn start() -> Self {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let api = Self { seen: Arc::default(), url: format!("http://{}", socket.local_addr().unwrap()) };
        let seen = api.seen.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(socket, seen));
        });
        api
    }

    /// As `proxy.upstream` wants it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that has arrived so far.
    pub fn seen(&self) -> Vec<Arrived> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(socket: std::net::TcpListener, seen: Arc<Mutex<Vec<Arrived>>>) {
    let listener = tokio::net::TcpListener::from_std(socket).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        let seen = seen.clone();
        let answer = service_fn(move |request: http::Request<Incoming>| {
            let seen = seen.clone();
            async move {
                let Some(arrived) = read(request).await else {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof));
                };
                let body = arrived.body.clone();
                let has_length = arrived.head.uri.path() != "/stream";
                seen.lock().unwrap().push(arrived);
                Ok(http::Response::new(if has_length {
                    Body::from(body)
                } else {
                    Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(body)]))
                }))
            }
        });
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        tokio::spawn(connection.serve_connection(TokioIo::new(stream), answer));
    }
}

/// `None` for one that breaks off.
async fn read(request: http::Request<Incoming>) -> Option<Arrived> {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    let mut trailers = None;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
        match frame.ok()?.into_data() {
            Ok(data) => body.extend_from_slice(&data),
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
    }
    Some(Arrived { head, body: body.into(), trailers })
}
