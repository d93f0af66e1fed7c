//! What happens before there is a request: which protocol is spoken, and that nobody is waited for.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::{HttpServerApp, HttpServerOptions, ReusedHttpStream, ServerApp};
use pingora::protocols::Stream;
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::H2Options;
use pingora::server::ShutdownWatch;

/// More requests than this on one connection end it; serves to tell the first one from the others.
const MOST_REQUESTS: u32 = u32::MAX;
/// How a connection begins that speaks HTTP/2 without TLS (RFC 9113, 3.4).
const PREFACE: [u8; 3] = *b"PRI";

tokio::task_local! {
    static HEAD_ARRIVED: Cell<bool>;
}

/// Tells the [`Requests`] around this request that its head has arrived.
pub(super) fn head_arrived() {
    // HTTP/2 streams have no deadline of this kind.
    let _no_deadline = HEAD_ARRIVED.try_with(|arrived| arrived.set(true));
}

/// How long to wait for what a caller has to say.
#[derive(Debug, Clone, Copy)]
pub struct HeadDeadlines {
    /// From the connection to the end of the first head.
    pub first: Duration,
    /// From one answer to the end of the next head.
    pub next: Duration,
}

/// New connections: finds out, without waiting longer than for a head, whether they speak HTTP/1 or
/// HTTP/2. pingora's own way waits without end for 24 bytes, more than a whole HTTP/1.0 request has.
pub struct Edge<A> {
    http1: Arc<Requests<A>>,
    http2: Arc<Requests<A>>,
}

/// The requests of a connection. Bounds the time until the whole head of an HTTP/1 request has
/// arrived; pingora itself bounds single reads only.
struct Requests<A> {
    inner: Arc<A>,
    deadlines: HeadDeadlines,
    options: HttpServerOptions,
}

impl<A: HttpServerApp> Edge<A> {
    /// In front of `inner`.
    pub fn new(inner: A, deadlines: HeadDeadlines, http2_idle: Duration) -> Self {
        let inner = Arc::new(inner);
        let requests = |h2c| {
            let mut options = HttpServerOptions::default();
            options.h2c = h2c;
            options.keepalive_request_limit = Some(MOST_REQUESTS);
            options.h2_idle_timeout = Some(http2_idle);
            Arc::new(Requests { inner: inner.clone(), deadlines, options })
        };
        Self { http1: requests(false), http2: requests(true) }
    }
}

#[async_trait]
impl<A: HttpServerApp + Send + Sync + 'static> ServerApp for Edge<A> {
    async fn process_new(self: &Arc<Self>, mut stream: Stream, shutdown: &ShutdownWatch) -> Option<Stream> {
        let mut start = [0; PREFACE.len()];
        if stream.get_ssl_digest().is_none() {
            let peek = tokio::time::timeout(self.http1.deadlines.first, stream.try_peek(&mut start));
            // Neither a caller who leaves nor one who stays silent gets an answer.
            peek.await.ok()?.ok()?;
        }
        let requests = if start == PREFACE { &self.http2 } else { &self.http1 };
        requests.process_new(stream, shutdown).await
    }

    async fn cleanup(&self) {
        self.http1.inner.http_cleanup().await;
    }
}

#[async_trait]
impl<A: HttpServerApp + Send + Sync + 'static> HttpServerApp for Requests<A> {
    async fn process_new_http(
        self: &Arc<Self>,
        session: ServerSession,
        shutdown: &ShutdownWatch,
    ) -> Option<ReusedHttpStream> {
        if session.is_http2() {
            return self.inner.process_new_http(session, shutdown).await;
        }
        let is_first = session.get_keepalive_reuses_remaining() == Some(MOST_REQUESTS);
        let deadline = if is_first { self.deadlines.first } else { self.deadlines.next };
        let request = async {
            let request = self.inner.process_new_http(session, shutdown);
            tokio::pin!(request);
            tokio::select! {
                biased;
                outcome = &mut request => return outcome,
                () = tokio::time::sleep(deadline) => {}
            }
            if HEAD_ARRIVED.with(Cell::get) { request.await } else { None }
        };
        HEAD_ARRIVED.scope(Cell::new(false), request).await
    }

    fn h2_options(&self) -> Option<H2Options> {
        self.inner.h2_options()
    }

    fn server_options(&self) -> Option<&HttpServerOptions> {
        Some(&self.options)
    }

    async fn http_cleanup(&self) {
        self.inner.http_cleanup().await;
    }
}
