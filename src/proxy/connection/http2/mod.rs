//! The streams of an HTTP/2 connection: pingora's accept loop with bounds of ours on streams, heads and time.

mod fields;
pub(super) mod frames;
mod stream;

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::{ArcSwap, Guard};
use bytes::Bytes;
use h2::Reason;
use http::Method;
use pingora::apps::HttpServerApp;
use pingora::http::ResponseHeader;
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::{self, H2Accept, H2Options, HttpSession, default_h2_options};
use pingora::protocols::{Digest, Stream};
use pingora::server::ShutdownWatch;
use tokio::sync::Notify;

use self::stream::Http2Stream;
use super::head_timeout::HeadTimer;
use super::state::ConnectionState;
use crate::auth::{Network, Rejection};
use crate::clock::Clock;
use crate::config::raw::Limits;
use crate::proxy::request::auth_request::CONNECT;
use crate::proxy::request::forwarded_headers::is_trusted;
use crate::proxy::request::limits;
use crate::proxy::request::upstream_warnings::LogInterval;
use crate::proxy::request_memory::{ConnectionHeads, HeadPermit, NetworkSlot, RequestMemory, StreamPermit};
use crate::proxy::{Policy, RequestLifecycle};
use crate::telemetry::{Http2Refusal, Metrics};

/// pingora's default bound on the headers of a stream.
const MIN_HEADER_LIST_BYTES: u32 = 64 * 1024;
/// As pingora has it: streams that it refuses itself before it closes their connection.
const MAX_MALFORMED_STREAMS: u32 = 32;
/// A stream that h2 or pingora refuses has no line in the access log: neither tells what it was.
static MALFORMED: LogInterval = LogInterval::new();

tokio::task_local! {
    /// The memory of the head of this task's stream, until its request takes it over.
    static HEAD: Cell<Option<HeadPermit>>;
}

/// What the accept loop, its stream and its requests share.
struct Shared {
    connection: Arc<ConnectionState>,
    /// Loaded anew for each stream: a connection may outlive many reloads.
    policy: Arc<ArcSwap<Policy>>,
    memory: RequestMemory,
    metrics: Arc<Metrics>,
    /// Streams in progress.
    active: AtomicUsize,
    /// The head that was read last has been handed over by h2.
    is_handed_over: AtomicBool,
    is_closing: AtomicBool,
    close: Notify,
    peer: Option<IpAddr>,
    clock: Clock,
}

/// The accept loop of one connection.
pub(super) struct Http2Connection<A> {
    app: Arc<A>,
    lifecycle: Arc<RequestLifecycle>,
    shared: Arc<Shared>,
    heads: ConnectionHeads,
    /// That of the peer.
    network: Option<NetworkSlot>,
    /// The limit on streams that h2 was opened with, and holds from then on.
    h2_max_streams: u32,
    malformed: u32,
}

/// Counts a stream as in progress until it is dropped.
struct ActiveStream {
    shared: Arc<Shared>,
    _permit: StreamPermit,
}

/// Takes the memory of the head over from the stream of this task. `None` for HTTP/1.
pub(in crate::proxy) fn take_head() -> Option<HeadPermit> {
    HEAD.try_with(Cell::take).ok().flatten()
}

fn options(limits: &Limits) -> H2Options {
    // h2 adds 32 to every field. Over twice the limit by its count, the answer is a bare 431; below that and over the
    // limit by ours, one with a problem document.
    let max = limits.header_bytes.saturating_mul(2).max(MIN_HEADER_LIST_BYTES);
    let mut options = default_h2_options();
    options.max_header_list_size(max);
    options.max_concurrent_streams(limits.streams_per_connection.get());
    options
}

impl<A: HttpServerApp + Send + Sync + 'static> Http2Connection<A> {
    pub(super) fn new(
        app: Arc<A>,
        lifecycle: Arc<RequestLifecycle>,
        connection: Arc<ConnectionState>,
        stream: &Stream,
    ) -> Self {
        let digest = stream.get_socket_digest();
        let peer = digest.and_then(|digest| Some(digest.peer_addr()?.as_inet()?.ip()));
        let shared = Arc::new(Shared {
            connection,
            policy: lifecycle.decider.policy.clone(),
            memory: lifecycle.memory.clone(),
            metrics: lifecycle.decider.metrics.clone(),
            active: AtomicUsize::new(0),
            is_handed_over: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            close: Notify::new(),
            peer,
            clock: lifecycle.decider.clock.clone(),
        });
        let network = peer.map(|peer| shared.memory.slot_of(Network::of(peer)));
        let heads = ConnectionHeads::default();
        Self { app, lifecycle, shared, heads, network, h2_max_streams: 0, malformed: 0 }
    }

    /// Serves streams until the connection closes.
    pub(super) async fn serve(mut self, stream: Stream, shutdown: &ShutdownWatch) {
        let digest = Arc::new(Digest {
            ssl_digest: stream.get_ssl_digest(),
            timing_digest: stream.get_timing_digest(),
            proxy_digest: stream.get_proxy_digest(),
            socket_digest: stream.get_socket_digest(),
        });
        self.shared.timer().begin_frame();
        let stream: Stream = Box::new(Http2Stream::new(stream, self.shared.clone()));
        let options = {
            let policy = self.shared.policy.load();
            self.h2_max_streams = policy.limits.streams_per_connection.get();
            options(&policy.limits)
        };
        let Ok(mut http2) = server::handshake(stream, Some(options)).await else { return };
        let (mut stopping, mut is_stopping, mut is_closing) = (shutdown.clone(), false, false);
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stopping.changed(), if !is_stopping => {
                    http2.graceful_shutdown();
                    is_stopping = true;
                    continue;
                }
                () = self.shared.close.notified(), if !is_closing => {
                    http2.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                    is_closing = true;
                    continue;
                }
                accepted = HttpSession::from_h2_conn(&mut http2, digest.clone()) => accepted,
            };
            let Ok(Some(accepted)) = accepted else { return };
            self.shared.is_handed_over.store(true, Ordering::Relaxed);
            match accepted {
                H2Accept::Session(session) => self.begin(session, shutdown),
                H2Accept::Rejected => {
                    self.shared.count_malformed();
                    self.malformed += 1;
                    if self.malformed >= MAX_MALFORMED_STREAMS {
                        return;
                    }
                }
            }
        }
    }

    /// Serves a stream in a task of its own, or refuses it here, before its head waits for anything.
    fn begin(&self, mut session: HttpSession, shutdown: &ShutdownWatch) {
        let policy = self.shared.policy.load();
        let active = match self.try_begin(&policy) {
            Ok(active) => active,
            Err(refusal) => {
                self.shared.metrics.http2_refused(refusal);
                return session.shutdown_with_reason(Reason::REFUSED_STREAM);
            }
        };
        match self.admit(&session, &policy.limits) {
            Ok(head) => {
                let (app, shutdown) = (self.app.clone(), shutdown.clone());
                pingora_runtime::current_handle().spawn(HEAD.scope(Cell::new(Some(head)), async move {
                    let _active = active;
                    app.process_new_http(ServerSession::new_http2(session), &shutdown).await;
                }));
            }
            Err(rejection) => {
                let refusal = self.lifecycle.refuse_head(session.req_header(), self.shared.peer, rejection);
                // Fails for a header that is not valid, of which there is none.
                let Ok((head, body)) = refusal else { return };
                limits::release_head(session.req_header_mut());
                let (lifecycle, policy) = (self.lifecycle.clone(), Guard::into_inner(policy));
                pingora_runtime::current_handle().spawn(async move {
                    let _active = active;
                    refuse(session, head, body, &lifecycle, &policy).await;
                });
            }
        }
    }

    fn try_begin(&self, policy: &Policy) -> Result<ActiveStream, Http2Refusal> {
        let max = policy.limits.streams_per_connection.get();
        // h2 does not know a limit that was lowered since.
        if max < self.h2_max_streams && self.shared.active.load(Ordering::SeqCst) >= max as usize {
            return Err(Http2Refusal::Stream);
        }
        // The streams of a trusted proxy are those of many clients.
        let is_client = self.shared.peer.is_some_and(|peer| !is_trusted(peer, &policy.trusted_proxies));
        let network = self.network.filter(|_| is_client);
        let permit = self.shared.memory.try_stream(&policy.limits, network).ok_or(Http2Refusal::Streams)?;
        Ok(ActiveStream::begin(self.shared.clone(), permit))
    }

    fn admit(&self, session: &HttpSession, limits: &Limits) -> Result<HeadPermit, Rejection> {
        let request = session.req_header();
        if request.method == Method::CONNECT {
            return Err(CONNECT);
        }
        limits::check_fields(request.raw_path(), &request.headers, limits)?;
        let authority = request.uri.authority().map_or(0, |authority| authority.as_str().len());
        let bytes = limits::head_bytes(request.raw_path(), &request.headers) + authority;
        self.shared.memory.try_head(Some(&self.heads), bytes, limits).ok_or(Rejection::Overloaded)
    }
}

/// Writes a refusal, and discards what the client still sends.
async fn refuse(
    mut session: HttpSession,
    head: ResponseHeader,
    body: Bytes,
    lifecycle: &RequestLifecycle,
    policy: &Policy,
) {
    // A client that does not read must not hold a stream for long.
    session.set_write_timeout(Some(policy.timeouts.client.duration().min(policy.limits.drain_time.duration())));
    let is_head = session.req_header().method == Method::HEAD;
    if session.write_response_header(Box::new(head), is_head).is_err() {
        return;
    }
    if !is_head && session.write_body(body, true).await.is_err() {
        return;
    }
    lifecycle.drains.http2(&mut ServerSession::new_http2(session), &policy.limits).await;
}

impl Shared {
    fn timer(&self) -> &HeadTimer {
        &self.connection.timer
    }

    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// Ends the connection with a GOAWAY, within the time for a head.
    fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
        self.timer().begin_frame();
        self.close.notify_one();
    }

    /// Counts a head that h2 did not hand over: it has reset the stream, or answered 431.
    fn end_head(&self) {
        if !self.is_handed_over.swap(false, Ordering::Relaxed) {
            self.count_malformed();
        }
    }

    fn count_malformed(&self) {
        self.metrics.http2_refused(Http2Refusal::Stream);
        if let Some(omitted) = MALFORMED.due(self.clock.now()) {
            let client = self.peer.map(tracing::field::display);
            tracing::info!(
                client,
                omitted,
                "a malformed request over HTTP/2 was refused before it could be decided on"
            );
        }
    }
}

impl ActiveStream {
    fn begin(shared: Arc<Shared>, permit: StreamPermit) -> Self {
        shared.active.fetch_add(1, Ordering::SeqCst);
        shared.timer().on_head();
        Self { shared, _permit: permit }
    }
}

impl Drop for ActiveStream {
    fn drop(&mut self) {
        if self.shared.active.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.shared.timer().on_idle();
            // A stream that has begun meanwhile must not be taken for none.
            if self.shared.active.load(Ordering::SeqCst) > 0 {
                self.shared.timer().on_head();
            }
        }
    }
}
