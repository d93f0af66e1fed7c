//! What happens before there is a request: who may connect, which protocol is spoken, and that nobody
//! is waited for.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use pingora::apps::{HttpPersistentSettings, HttpServerApp, HttpServerOptions, ReusedHttpStream, ServerApp};
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::{H2Options, default_h2_options};
use pingora::protocols::{ALPN, Stream};
use pingora::server::ShutdownWatch;
use tokio::sync::watch;
use tokio::time::Instant;

use super::head_timeout::{HeadDeadlines, Heads};
use super::lazy_select;
use super::limits::ConnectionLimiter;
use crate::proxy::Certificates;

/// How a connection begins that speaks HTTP/2 without TLS (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What pingora takes of the headers of a stream by default.
const HTTP2_HEADERS: u32 = 64 * 1024;
/// No method is shorter, and no other begins like the preface.
const METHOD: usize = 3;

/// New connections: finds out, without waiting longer than for a head, whether they speak HTTP/1 or
/// HTTP/2. pingora's own way waits without end for 24 bytes, more than a whole HTTP/1.0 request has.
pub struct Edge<A> {
    inner: Arc<A>,
    deadlines: HeadDeadlines,
    http2_idle: Duration,
    certificates: Option<Arc<Certificates>>,
    door: ConnectionLimiter,
    handed_over: watch::Receiver<bool>,
    /// Ends the connections that are idle.
    cut: watch::Sender<bool>,
}

impl<A: HttpServerApp> Edge<A> {
    /// In front of `inner`.
    pub(in crate::proxy) fn new(
        inner: Arc<A>,
        deadlines: HeadDeadlines,
        http2_idle: Duration,
        certificates: Option<Arc<Certificates>>,
        door: ConnectionLimiter,
        handed_over: watch::Receiver<bool>,
    ) -> Self {
        let cut = watch::Sender::new(false);
        Self { inner, deadlines, http2_idle, certificates, door, handed_over, cut }
    }

    /// True for HTTP/2 without TLS; `None` for a caller who leaves, or says nothing in time.
    async fn speaks_http2(&self, stream: &mut Stream, deadline: Instant) -> Option<bool> {
        // Who leaves without a word has asked for nothing.
        peek(stream, &mut [0; 1], deadline).await?;
        let answer = self.protocol(stream, deadline).await;
        if answer.is_none() {
            self.door.connections.unparsed();
        }
        answer
    }

    async fn protocol(&self, stream: &mut Stream, deadline: Instant) -> Option<bool> {
        let mut start = [0; METHOD];
        peek(stream, &mut start, deadline).await?;
        if start != PREFACE[..METHOD] {
            return Some(false);
        }
        let mut preface = [0; PREFACE.len()];
        peek(stream, &mut preface, deadline).await?;
        Some(preface == *PREFACE)
    }

    fn connection(&self, h2c: bool, heads: Arc<Heads>) -> Arc<Connection<A>> {
        let mut options = HttpServerOptions::default();
        options.h2c = h2c;
        options.h2_idle_timeout = Some(self.http2_idle);
        let header_bytes = self.door.policy.load().limits.header_bytes;
        Arc::new(Connection { inner: self.inner.clone(), options, heads, header_bytes })
    }
}

#[async_trait]
impl<A: HttpServerApp + Send + Sync + 'static> ServerApp for Edge<A> {
    async fn process_new(self: &Arc<Self>, mut stream: Stream, shutdown: &ShutdownWatch) -> Option<Stream> {
        // Behind TLS, whoever got so far was let in before.
        let _visitor = match stream.get_proxy_digest() {
            None => Some(self.door.let_in(stream.get_socket_digest().as_deref())?),
            Some(_) => None,
        };
        let heads = Arc::new(Heads::new(self.deadlines));
        let is_tls = stream.get_ssl_digest().is_some();
        let h2c = match stream.get_ssl_digest() {
            None => self.speaks_http2(&mut stream, heads.first()).await?,
            Some(digest) => {
                let certificates = self.certificates.as_ref()?;
                if !certificates.let_in(&digest) {
                    return None;
                }
                false
            }
        };
        let connection = self.connection(h2c, heads.clone());
        if h2c || matches!(stream.selected_alpn_proto(), Some(ALPN::H2)) {
            let streams = async { drop(connection.process_new(stream, shutdown).await) };
            lazy_select::run(heads.watch(streams), heads.late()).await;
        } else {
            let requests = connection.requests(stream, shutdown);
            lazy_select::run(heads.watch(requests), heads.unwanted(self.cut.subscribe())).await;
        }
        // Something has come for certain where there is no TLS.
        if !is_tls && !heads.have_come() {
            self.door.connections.unparsed();
        }
        None
    }

    /// Cuts idle connections. After a hand-over nobody waits for this process to end, so that callers may
    /// leave when they are told to, with the answer to their next request.
    async fn cleanup(&self) {
        if !*self.handed_over.borrow() {
            self.cut.send_replace(true);
            self.inner.http_cleanup().await;
        }
    }
}

/// Looks at what has come and leaves it where it is; `None` for too little, or too late.
async fn peek(stream: &mut Stream, bytes: &mut [u8], deadline: Instant) -> Option<()> {
    tokio::time::timeout_at(deadline, stream.try_peek(bytes)).await.ok()?.ok().map(drop)
}

/// The requests of a connection. Tells its [`Heads`] what is waited for; pingora itself bounds single reads only.
struct Connection<A> {
    inner: Arc<A>,
    options: HttpServerOptions,
    heads: Arc<Heads>,
    header_bytes: u32,
}

impl<A: HttpServerApp + Send + Sync + 'static> Connection<A> {
    /// Those of HTTP/1, one after the other, as pingora does it; but what a request needs is there only from its first
    /// byte on, so that an idle connection costs little more than its buffers.
    async fn requests(self: &Arc<Self>, mut stream: Stream, shutdown: &ShutdownWatch) {
        let mut kept: Option<HttpPersistentSettings> = None;
        self.heads.wait();
        loop {
            let mut session = ServerSession::new_http1(stream);
            if let Some(kept) = kept.take() {
                kept.apply_to_session(&mut session);
            }
            // Without end: its own time would be one more timer for each request.
            session.set_keepalive((!*shutdown.borrow()).then_some(0));
            let Some(reused) = self.process_new_http(session, shutdown).await else { return };
            (stream, kept) = reused.consume();
            self.heads.rest();
            let mut first = [0; 1];
            let spoken = stream.try_peek(&mut first);
            // Whoever has spoken already is heard.
            let spoken = if self.heads.is_last() { spoken.now_or_never() } else { Some(spoken.await) };
            let Some(Ok(is_seen)) = spoken else { return };
            // Within TLS nothing can be looked at: the whole head has as long as its first byte would have.
            if is_seen {
                self.heads.wait();
            }
        }
    }
}

#[async_trait]
impl<A: HttpServerApp + Send + Sync + 'static> HttpServerApp for Connection<A> {
    /// Not `async`: a future around this one would cost a box, and copy the session into it.
    fn process_new_http<'this, 'watch, 'answer>(
        self: &'this Arc<Self>,
        session: ServerSession,
        shutdown: &'watch ShutdownWatch,
    ) -> Pin<Box<dyn Future<Output = Option<ReusedHttpStream>> + Send + 'answer>>
    where
        'this: 'answer,
        'watch: 'answer,
        Self: 'answer,
    {
        if session.is_http2() {
            self.heads.come();
        }
        self.inner.process_new_http(session, shutdown)
    }

    fn h2_options(&self) -> Option<H2Options> {
        // Its own count adds 32 to every field. What is more than twice the limit by it gets a bare 431; what is
        // less, and too much by ours, one with a problem document.
        let most = self.header_bytes.saturating_mul(2).max(HTTP2_HEADERS);
        let mut options = default_h2_options();
        options.max_header_list_size(most);
        Some(options)
    }

    fn server_options(&self) -> Option<&HttpServerOptions> {
        Some(&self.options)
    }

    async fn http_cleanup(&self) {
        self.inner.http_cleanup().await;
    }
}
