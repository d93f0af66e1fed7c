//! Connections of the admin listener: so many at most, and nothing on one takes for ever.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::serve::Listener;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use crate::control::Peer;

/// At the same time; one more is closed at once.
const MOST: usize = 1000;
/// Of the head of a request.
const LARGEST_HEAD: usize = 64 * 1024;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// A handshake.
    handshake: Duration,
    /// A whole head, and the time before it.
    head: Duration,
    /// From the head of a request to the end of its body.
    body: Duration,
    /// From the head of a request to that of its answer: an import of many credentials takes its time.
    request: Duration,
    /// All of a connection: whoever reads slowly holds no place for ever.
    connection: Duration,
}

/// The connections there are.
#[derive(Clone)]
pub(super) struct AdminConnections {
    places: Arc<Semaphore>,
    over: watch::Sender<bool>,
    patience: Patience,
}

impl Default for Patience {
    fn default() -> Self {
        let [handshake, head] = [Duration::from_secs(10); 2];
        let [body, request, connection] = [2, 10, 15].map(|minutes| Duration::from_secs(minutes * 60));
        Self { handshake, head, body, request, connection }
    }
}

impl AdminConnections {
    /// None yet.
    pub(super) fn new(patience: Patience) -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), over: watch::Sender::new(false), patience }
    }

    /// How many there are.
    pub(super) fn open(&self) -> usize {
        MOST - self.places.available_permits()
    }

    /// Nobody else is let in; whoever is waits for what is being answered, and for nothing more.
    pub(super) fn end(&self) {
        self.over.send_replace(true);
    }

    /// Lets people in until [`AdminConnections::end`].
    pub(super) async fn receive(&self, mut listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
        let mut over = self.over.subscribe();
        loop {
            let (stream, address) = tokio::select! {
                // Waits by itself when the system has no more to give.
                visitor = Listener::accept(&mut listener) => visitor,
                _ = over.wait_for(|is_over| *is_over) => return,
            };
            let Ok(place) = self.places.clone().try_acquire_owned() else { continue };
            let (visits, router, tls) = (self.clone(), router.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => visits.attend(stream, address, router).await,
                    Some(tls) => {
                        if let Some(stream) = visits.shake_hands(stream, &tls).await {
                            visits.attend(stream, address, router).await;
                        }
                    }
                }
                drop(place);
            });
        }
    }

    /// Nobody waits for whoever does not, and the end least of all.
    async fn shake_hands(&self, stream: TcpStream, tls: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
        let mut over = self.over.subscribe();
        tokio::select! {
            shaken = tokio::time::timeout(self.patience.handshake, tls.accept(stream)) => shaken.ok()?.ok(),
            _ = over.wait_for(|is_over| *is_over) => None,
        }
    }

    /// Answers the requests of one connection.
    async fn attend<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, address: SocketAddr, router: Router) {
        let answer = service_fn(|request| answer(request, address, router.clone(), self.patience));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience.head)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = pin!(connection);
        let mut over = self.over.subscribe();
        let whole = async {
            tokio::select! {
                ended = connection.as_mut() => return ended,
                _ = over.wait_for(|is_over| *is_over) => connection.as_mut().graceful_shutdown(),
            }
            connection.await
        };
        match tokio::time::timeout(self.patience.connection, whole).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection of the admin listener has ended"),
            Err(_) => tracing::debug!("a connection of the admin listener took too long"),
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    address: SocketAddr,
    router: Router,
    patience: Patience,
) -> Result<Response, Infallible> {
    let (unread, read) = oneshot::channel();
    let mut request = request.map(|body| Body::new(Watched { body, _unread: unread }));
    request.extensions_mut().insert(ConnectInfo(Peer(address)));
    tokio::select! {
        answered = tokio::time::timeout(patience.request, router.oneshot(request)) => {
            answered.unwrap_or_else(|_| Ok(too_late()))
        }
        () = overdue(read, patience.body) => Ok(too_late()),
    }
}

fn too_late() -> Response {
    (StatusCode::REQUEST_TIMEOUT, [(CONNECTION, "close")], "this took too long\n").into_response()
}

/// Returns when the body has not been read after so long, and never where it has.
async fn overdue(read: oneshot::Receiver<Infallible>, limit: Duration) {
    // Whoever has read the body lets go of it.
    if tokio::time::timeout(limit, read).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// A body, and who waits for it to be read.
struct Watched {
    body: Incoming,
    _unread: oneshot::Sender<Infallible>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[path = "admin_connections_tests.rs"]
mod tests;
