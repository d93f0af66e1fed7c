//! Connections of the admin listener, or of the console listener: bounded in number, and every step of one in time.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use crate::control::Peer;
use crate::proxy::Connections;

/// One more is closed at once.
const MAX_CONNECTIONS: usize = 1000;
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_secs(1);
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Of a request that was answered before its end. A socket that is closed with unread data is reset, and the reset takes
/// the response with it (RFC 9112, 9.6).
const MAX_DRAINED_BYTES: usize = 32 * 1024 * 1024;
const DRAIN_BUFFER_BYTES: usize = 8 * 1024;

#[derive(Debug, Clone, Copy)]
pub(super) struct HttpTimeouts {
    /// TLS handshake.
    handshake: Duration,
    /// From the previous response to a whole request head.
    head: Duration,
    /// From a request's head to the end of its body.
    body: Duration,
    /// From a request's head to the head of its response; long enough for an import of many credentials.
    request: Duration,
    /// The whole connection, so that a slow reader does not hold its permit for ever.
    connection: Duration,
    /// The rest of a body, after the response to it.
    drain: Duration,
}

#[derive(Clone)]
pub(super) struct HttpConnections {
    /// For the log.
    listener: &'static str,
    /// Whose budget of descriptors holds here too; `None` for the listener for which descriptors are kept back.
    callers: Option<Arc<Connections>>,
    permits: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    timeouts: HttpTimeouts,
}

impl Default for HttpTimeouts {
    fn default() -> Self {
        let [handshake, head, drain] = [Duration::from_secs(10); 3];
        let [body, request, connection] = [2, 10, 15].map(|minutes| Duration::from_secs(minutes * 60));
        Self { handshake, head, body, request, connection, drain }
    }
}

impl HttpConnections {
    pub(super) fn new(listener: &'static str, callers: Option<Arc<Connections>>, timeouts: HttpTimeouts) -> Self {
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        Self { listener, callers, permits, closing: watch::Sender::new(false), timeouts }
    }

    pub(super) fn open(&self) -> usize {
        MAX_CONNECTIONS - self.permits.available_permits()
    }

    /// Accepts no more, and closes each connection after the request in flight.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Accepts until [`HttpConnections::close`].
    pub(super) async fn serve(&self, listener: TcpListener, router: Router, tls: Option<TlsAcceptor>) {
        let mut closing = self.closing.subscribe();
        loop {
            let (stream, address) = tokio::select! {
                accepted = self.accept(&listener) => accepted,
                _ = closing.wait_for(|is_closing| *is_closing) => return,
            };
            if self.callers.as_ref().is_some_and(|callers| !callers.allows_descriptor(stream.as_raw_fd())) {
                continue;
            }
            let Ok(permit) = self.permits.clone().try_acquire_owned() else { continue };
            let (connections, router, tls) = (self.clone(), router.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => connections.serve_one(stream, address, router).await,
                    Some(tls) => {
                        if let Some(stream) = connections.handshake(stream, &tls).await {
                            connections.serve_one(stream, address, router).await;
                        }
                    }
                }
                drop(permit);
            });
        }
    }

    /// `None` on timeout, failure or shutdown.
    async fn handshake(&self, stream: TcpStream, tls: &TlsAcceptor) -> Option<TlsStream<TcpStream>> {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            stream = tokio::time::timeout(self.timeouts.handshake, tls.accept(stream)) => stream.ok()?.ok(),
            _ = closing.wait_for(|is_closing| *is_closing) => None,
        }
    }

    async fn serve_one<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, address: SocketAddr, router: Router) {
        let is_unread = Arc::new(AtomicBool::new(false));
        let service =
            service_fn(|request| Box::pin(respond(request, address, router.clone(), self.timeouts, is_unread.clone())));
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.timeouts.head)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut closing = self.closing.subscribe();
        let whole = async {
            tokio::select! {
                ended = poll_fn(|context| connection.poll_without_shutdown(context)) => return ended,
                _ = closing.wait_for(|is_closing| *is_closing) => Pin::new(&mut connection).graceful_shutdown(),
            }
            poll_fn(|context| connection.poll_without_shutdown(context)).await
        };
        match tokio::time::timeout(self.timeouts.connection, whole).await {
            Ok(Ok(())) => self.close_stream(connection.into_parts().io.into_inner(), &is_unread).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection of the {} listener failed", self.listener),
            Err(_) => tracing::debug!("a connection of the {} listener exceeded its time limit", self.listener),
        }
    }

    /// Closes the writing half; and where the client is still sending, discards what comes within the limits.
    async fn close_stream<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S, is_unread: &AtomicBool) {
        let discard = async {
            stream.shutdown().await?;
            let mut buffer = [0; DRAIN_BUFFER_BYTES];
            let mut left = MAX_DRAINED_BYTES;
            while left > 0 && is_unread.load(Ordering::Relaxed) {
                match stream.read(&mut buffer).await? {
                    0 => break,
                    read => left = left.saturating_sub(read),
                }
            }
            std::io::Result::Ok(())
        };
        // The connection ends whatever comes of it.
        let _drained = tokio::time::timeout(self.timeouts.drain, discard).await;
    }

    /// Retries for ever: the process may be out of descriptors for a while.
    async fn accept(&self, listener: &TcpListener) -> (TcpStream, SocketAddr) {
        let mut is_logged = false;
        loop {
            let error = match listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) => error,
            };
            // The client gave up while it waited in the queue.
            if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) {
                continue;
            }
            if std::mem::replace(&mut is_logged, true) {
                tracing::debug!(%error, "the {} listener still accepts no connections", self.listener);
            } else {
                tracing::error!(%error, "the {} listener accepts no connections", self.listener);
            }
            tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await;
        }
    }
}

async fn respond(
    request: Request<Incoming>,
    address: SocketAddr,
    router: Router,
    timeouts: HttpTimeouts,
    is_unread: Arc<AtomicBool>,
) -> Result<Response, Infallible> {
    let (unread, read) = oneshot::channel();
    let mut request = request.map(|body| Body::new(Watched { body, is_ended: false, is_unread, _unread: unread }));
    request.extensions_mut().insert(ConnectInfo(Peer(address)));
    tokio::select! {
        response = tokio::time::timeout(timeouts.request, router.oneshot(request)) => {
            response.unwrap_or_else(|_| Ok(timed_out()))
        }
        () = body_timeout(read, timeouts.body) => Ok(timed_out()),
    }
}

fn timed_out() -> Response {
    (StatusCode::REQUEST_TIMEOUT, [(CONNECTION, "close")], "the request took too long\n").into_response()
}

/// Resolves when the body was not read within `limit`, and never once it was.
async fn body_timeout(read: oneshot::Receiver<Infallible>, limit: Duration) {
    // The sender is dropped with the body.
    if tokio::time::timeout(limit, read).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// A body whose drop is noticed.
struct Watched {
    body: Incoming,
    is_ended: bool,
    /// Set where it is dropped before its end.
    is_unread: Arc<AtomicBool>,
    _unread: oneshot::Sender<Infallible>,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.is_ended |= matches!(polled, Poll::Ready(None));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.is_unread.store(!self.is_ended && !self.body.is_end_stream(), Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "http_connections_tests.rs"]
mod tests;
