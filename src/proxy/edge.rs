//! What happens before there is a request: who may connect, which protocol is spoken, and that nobody
//! is waited for.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::{HttpServerApp, HttpServerOptions, ReusedHttpStream, ServerApp};
use pingora::protocols::Stream;
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::{H2Options, default_h2_options};
use pingora::server::ShutdownWatch;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Certificates;
use super::door::{Connections, Door};

/// More requests than this on one connection end it; serves to tell the first one from the others.
const MOST_REQUESTS: u32 = u32::MAX;
/// How a connection begins that speaks HTTP/2 without TLS (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What pingora takes of the headers of a stream by default.
const HTTP2_HEADERS: u32 = 64 * 1024;
/// No method is shorter, and no other begins like the preface.
const METHOD: usize = 3;

tokio::task_local! {
    static HEAD_ARRIVED: Cell<bool>;
}

/// Tells the [`Connection`] around this request that its head has arrived.
pub(super) fn head_arrived() {
    // HTTP/2 streams have no deadline of this kind.
    let _no_deadline = HEAD_ARRIVED.try_with(|arrived| arrived.set(true));
}

/// How long to wait for what a caller has to say.
#[derive(Debug, Clone, Copy)]
pub struct HeadDeadlines {
    /// From the connection to the end of the first head.
    pub first: Duration,
    /// From one answer to the end of the next head; of HTTP/2, from the connection to the first stream.
    pub next: Duration,
}

/// New connections: finds out, without waiting longer than for a head, whether they speak HTTP/1 or
/// HTTP/2. pingora's own way waits without end for 24 bytes, more than a whole HTTP/1.0 request has.
pub struct Edge<A> {
    inner: Arc<A>,
    deadlines: HeadDeadlines,
    http2_idle: Duration,
    certificates: Option<Arc<Certificates>>,
    door: Door,
    handed_over: watch::Receiver<bool>,
}

impl<A: HttpServerApp> Edge<A> {
    /// In front of `inner`.
    pub(super) fn new(
        inner: Arc<A>,
        deadlines: HeadDeadlines,
        http2_idle: Duration,
        certificates: Option<Arc<Certificates>>,
        door: Door,
        handed_over: watch::Receiver<bool>,
    ) -> Self {
        Self { inner, deadlines, http2_idle, certificates, door, handed_over }
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

    fn connection(&self, h2c: bool, is_tls: bool, first_head: Instant) -> Arc<Connection<A>> {
        let mut options = HttpServerOptions::default();
        options.h2c = h2c;
        options.keepalive_request_limit = Some(MOST_REQUESTS);
        options.h2_idle_timeout = Some(self.http2_idle);
        Arc::new(Connection {
            inner: self.inner.clone(),
            options,
            first_head,
            next_head: self.deadlines.next,
            counts_first: !is_tls,
            connections: self.door.connections.clone(),
            header_bytes: self.door.policy.load().limits.header_bytes,
            has_stream: AtomicBool::new(false),
        })
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
        let first_head = Instant::now() + self.deadlines.first;
        let h2c = match stream.get_ssl_digest() {
            None => self.speaks_http2(&mut stream, first_head).await?,
            Some(digest) => {
                let certificates = self.certificates.as_ref()?;
                if !certificates.let_in(&digest) {
                    return None;
                }
                false
            }
        };
        let connection = self.connection(h2c, stream.get_ssl_digest().is_some(), first_head);
        let processed = connection.process_new(stream, shutdown);
        tokio::pin!(processed);
        tokio::select! {
            biased;
            _ = &mut processed => {}
            () = tokio::time::sleep(self.deadlines.next) => {
                if connection.has_stream.load(Ordering::Relaxed) {
                    return processed.await;
                }
            }
        }
        // Of HTTP/1, heads have deadlines of their own; of HTTP/2, nothing else bounds the time to the first stream.
        if connection.counts_first && !connection.has_stream.load(Ordering::Relaxed) {
            self.door.connections.unparsed();
        }
        None
    }

    /// Cuts idle connections. After a hand-over nobody waits for this process to end, so that callers may
    /// leave when they are told to, with the answer to their next request.
    async fn cleanup(&self) {
        if !*self.handed_over.borrow() {
            self.inner.http_cleanup().await;
        }
    }
}

/// Looks at what has come and leaves it where it is; `None` for too little, or too late.
async fn peek(stream: &mut Stream, bytes: &mut [u8], deadline: Instant) -> Option<()> {
    tokio::time::timeout_at(deadline, stream.try_peek(bytes)).await.ok()?.ok().map(drop)
}

/// The requests of a connection. Bounds the time until the whole head of an HTTP/1 request has
/// arrived; pingora itself bounds single reads only.
struct Connection<A> {
    inner: Arc<A>,
    options: HttpServerOptions,
    first_head: Instant,
    next_head: Duration,
    /// Something has come for certain before the first request.
    counts_first: bool,
    connections: Arc<Connections>,
    header_bytes: u32,
    has_stream: AtomicBool,
}

#[async_trait]
impl<A: HttpServerApp + Send + Sync + 'static> HttpServerApp for Connection<A> {
    async fn process_new_http(
        self: &Arc<Self>,
        session: ServerSession,
        shutdown: &ShutdownWatch,
    ) -> Option<ReusedHttpStream> {
        self.has_stream.store(true, Ordering::Relaxed);
        if session.is_http2() {
            return self.inner.process_new_http(session, shutdown).await;
        }
        let is_first = session.get_keepalive_reuses_remaining() == Some(MOST_REQUESTS);
        let deadline = if is_first { self.first_head } else { Instant::now() + self.next_head };
        let request = async {
            let request = self.inner.process_new_http(session, shutdown);
            tokio::pin!(request);
            tokio::select! {
                biased;
                outcome = &mut request => return outcome,
                () = tokio::time::sleep_until(deadline) => {}
            }
            if HEAD_ARRIVED.with(Cell::get) { request.await } else { None }
        };
        let counted = async {
            let outcome = request.await;
            if is_first && self.counts_first && !HEAD_ARRIVED.with(Cell::get) {
                self.connections.unparsed();
            }
            outcome
        };
        HEAD_ARRIVED.scope(Cell::new(false), counted).await
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
