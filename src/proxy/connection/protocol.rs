//! Between accept and the first request: connection limits, protocol detection, deadlines.

use std::sync::Arc;

use async_trait::async_trait;
use pingora::apps::{HttpServerApp, ServerApp};
use pingora::protocols::{ALPN, Stream};
use pingora::server::ShutdownWatch;
use tokio::sync::watch;
use tokio::time::Instant;

use super::client_stream::ClientStream;
use super::connection_limiter::ConnectionLimiter;
use super::head_timeout::HeadDeadlines;
use super::http1;
use super::http2::Http2Connection;
use super::lazy_select;
use super::state::ConnectionState;
use crate::proxy::{Certificates, RequestLifecycle};

/// The start of an HTTP/2 connection without TLS (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Enough to tell the preface from a method: none is shorter, and none begins with `PRI`.
const PREFIX_BYTES: usize = 3;

/// Accepts connections and detects HTTP/1 or HTTP/2 within the time for a head. pingora's own detection waits for 24
/// bytes without a deadline, which is more than a short HTTP/1.0 request has.
pub(in crate::proxy) struct ProtocolDetector<A> {
    inner: Arc<A>,
    lifecycle: Arc<RequestLifecycle>,
    deadlines: HeadDeadlines,
    certificates: Option<Arc<Certificates>>,
    limiter: ConnectionLimiter,
    handed_over: watch::Receiver<bool>,
    /// Closes idle connections.
    close_idle: watch::Sender<bool>,
}

impl<A: HttpServerApp> ProtocolDetector<A> {
    pub(in crate::proxy) fn new(
        inner: Arc<A>,
        lifecycle: Arc<RequestLifecycle>,
        deadlines: HeadDeadlines,
        certificates: Option<Arc<Certificates>>,
        limiter: ConnectionLimiter,
        handed_over: watch::Receiver<bool>,
    ) -> Self {
        let close_idle = watch::Sender::new(false);
        Self { inner, lifecycle, deadlines, certificates, limiter, handed_over, close_idle }
    }

    /// True for HTTP/2 without TLS; `None` where the client closes or sends too little in time.
    async fn detect_http2(&self, stream: &mut Stream, deadline: Instant) -> Option<bool> {
        // A connection that closes without a byte is not counted.
        peek(stream, &mut [0; 1], deadline).await?;
        let is_http2 = self.has_preface(stream, deadline).await;
        if is_http2.is_none() {
            self.limiter.connections.count_unparsed();
        }
        is_http2
    }

    async fn has_preface(&self, stream: &mut Stream, deadline: Instant) -> Option<bool> {
        let mut start = [0; PREFIX_BYTES];
        peek(stream, &mut start, deadline).await?;
        if start != PREFACE[..PREFIX_BYTES] {
            return Some(false);
        }
        let mut preface = [0; PREFACE.len()];
        peek(stream, &mut preface, deadline).await?;
        Some(preface == *PREFACE)
    }
}

#[async_trait]
impl<A: HttpServerApp + Send + Sync + 'static> ServerApp for ProtocolDetector<A> {
    async fn process_new(self: &Arc<Self>, mut stream: Stream, shutdown: &ShutdownWatch) -> Option<Stream> {
        // With TLS, the limits were applied before the handshake.
        let _permit = match stream.get_proxy_digest() {
            None => Some(self.limiter.try_acquire(stream.id(), stream.get_socket_digest().as_deref())?),
            Some(_) => None,
        };
        let state = Arc::new(ConnectionState::new(self.deadlines));
        let is_tls = stream.get_ssl_digest().is_some();
        let h2c = match stream.get_ssl_digest() {
            None => self.detect_http2(&mut stream, state.timer.first_deadline()).await?,
            Some(digest) => {
                let certificates = self.certificates.as_ref()?;
                if !certificates.accepts(&digest) {
                    return None;
                }
                false
            }
        };
        if h2c || matches!(stream.selected_alpn_proto(), Some(ALPN::H2)) {
            let connection = Http2Connection::new(self.inner.clone(), self.lifecycle.clone(), state.clone(), &stream);
            lazy_select::run_until(connection.serve(stream, shutdown), state.timer.expired()).await;
        } else {
            let stream = Box::new(ClientStream::new(stream, state.clone(), self.lifecycle.clone()));
            let requests = http1::serve_requests(&self.inner, &state, stream, shutdown);
            let closed = state.timer.closed(self.close_idle.subscribe());
            lazy_select::run_until(state.scope(requests), closed).await;
        }
        // Without TLS, at least one byte came.
        if !is_tls && !state.timer.has_had_head() {
            self.limiter.connections.count_unparsed();
        }
        if let Some(stream) = state.take_unread() {
            let policy = self.limiter.policy.load_full();
            // Boxed, so that the many connections without a drain stay small.
            Box::pin(self.lifecycle.drains.http1(stream, &policy.limits)).await;
        }
        None
    }

    /// Closes idle connections. After a handover nothing waits for this process, so clients keep theirs until the next
    /// response closes it.
    async fn cleanup(&self) {
        if !*self.handed_over.borrow() {
            self.close_idle.send_replace(true);
            self.inner.http_cleanup().await;
        }
    }
}

/// Fills `bytes` without consuming them; `None` where too little comes in time.
async fn peek(stream: &mut Stream, bytes: &mut [u8], deadline: Instant) -> Option<()> {
    tokio::time::timeout_at(deadline, stream.try_peek(bytes)).await.ok()?.ok().map(drop)
}
