//! What happens to every request before and after its decision, at the gate and for forward-auth.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::Session;
use pingora::{Error, ErrorType};
use tokio::sync::watch;

use super::access_log::AccessLog;
use super::access_record::{AccessRecord, path_of};
use super::auth_request::ClientOrigin;
use super::context::{Context, InFlight};
use super::forwarded_headers::is_trusted;
use super::limits;
use super::response_framing;
use crate::auth::{Rejection, Scheme};
use crate::proxy::connection::body_end::Framing;
use crate::proxy::connection::connection_limiter::Connections;
use crate::proxy::connection::head_inspector::UnparsedHead;
use crate::proxy::connection::state;
use crate::proxy::connection::{http2, peer};
use crate::proxy::decide::Decider;
use crate::proxy::lingering_close::Drains;
use crate::proxy::request::trace::Tracer;
use crate::proxy::request_memory::RequestMemory;
use crate::proxy::respond;
use crate::proxy::upstream::websocket;
use crate::telemetry::{CLIENT_CLOSED, method_index};

/// Longest time to read the rest of a refused request whose connection is kept.
const KEPT_DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The hooks around a request. Clones share their state.
#[derive(Clone)]
pub struct RequestLifecycle {
    pub decider: Decider,
    pub access_log: Option<Arc<AccessLog>>,
    pub tracer: Option<Tracer>,
    /// As at the start of the process, like the deadlines of a connection.
    pub keep_alive: Duration,
    /// Set once the process drains: every response then closes its connection.
    pub is_stopping: Arc<AtomicBool>,
    /// True once WebSockets have to end.
    pub tunnels_end: watch::Receiver<bool>,
    pub drains: Drains,
    pub memory: RequestMemory,
    pub connections: Arc<Connections>,
}

/// What the log line names a request by.
#[derive(Clone, Copy)]
pub(in crate::proxy) struct RequestSummary<'a> {
    pub(in crate::proxy) method: &'a str,
    pub(in crate::proxy) target: &'a [u8],
    /// The status that the front proxy returns to its client (forward-auth over gRPC only).
    pub(in crate::proxy) client_status: Option<u16>,
}

impl RequestLifecycle {
    pub(in crate::proxy) fn new_context(&self) -> Context {
        Context::new(self.decider.clock.now(), self.decider.policy.load_full())
    }

    /// Starts the timeouts, the span and the count of a request whose head was read.
    pub(in crate::proxy) fn on_head(&self, session: &mut Session, context: &mut Context) {
        let illegal = state::current(|connection| {
            connection.on_head(Framing::of(&session.req_header().headers));
            connection.has_illegal_target()
        });
        context.has_illegal_target = illegal.unwrap_or_default();
        context.in_flight = Some(InFlight::new(&self.decider.metrics.in_flight));
        context.peer = peer(session);
        let policy = &context.policy;
        if let Some(tracer) = &self.tracer {
            let is_trusted = context.peer.is_some_and(|peer| is_trusted(peer, &policy.trusted_proxies));
            context.trace = tracer.begin(&session.req_header().headers, is_trusted);
        }
        let (timeouts, limits) = (&policy.timeouts, &policy.limits);
        let request = session.req_header();
        context.head = if request.version == Version::HTTP_2 {
            http2::take_head()
        } else {
            self.memory.try_head(None, limits::head_bytes(request.raw_path(), &request.headers), limits)
        };
        if session.get_keepalive().is_some() {
            session.set_keepalive(Some(self.keep_alive.as_secs().max(1)));
        }
        self.close_if_draining(session);
        context.keep_alive = session.get_keepalive();
        if session.req_header().version == Version::HTTP_10 {
            // HTTP/1.0 has no interim responses.
            session.set_ignore_info_resp(true);
            session.downstream_modules_ctx = response_framing::http10_modules();
        }
        context.is_websocket = websocket::is_websocket(session.req_header());
        let read_timeout = if context.is_websocket {
            timeouts.upgraded.duration()
        } else {
            limits::read_timeout(None, timeouts, limits)
        };
        session.set_read_timeout(Some(read_timeout));
        session.set_write_timeout(Some(timeouts.client.duration()));
        session.set_total_drain_timeout(Some(KEPT_DRAIN_TIMEOUT));
    }

    /// Asks the client to reconnect, to another process, before this one ends.
    pub(in crate::proxy) fn close_if_draining(&self, session: &mut Session) {
        if self.is_stopping.load(Ordering::Relaxed) {
            session.set_keepalive(None);
        }
    }

    /// Records metrics, access log and span of a finished request.
    pub(in crate::proxy) fn finish(&self, session: &Session, context: &mut Context, summary: RequestSummary) {
        let written = session.response_written().map(|head| head.status.as_u16());
        context.status = summary.client_status.or(written).unwrap_or(context.status);
        let metrics = &self.decider.metrics;
        metrics.answered(method_index(summary.method), context.status);
        let duration = context.started.elapsed();
        metrics.request_duration.observe(duration.as_secs_f64());
        if self.access_log.is_some() || context.trace.is_some() {
            self.log(context, summary, session.body_bytes_sent(), duration);
        }
        // Last: a draining process ends once nothing is in flight.
        context.in_flight = None;
    }

    /// Discards the unread body of an answered request if the client must finish sending before it can read the
    /// response. Over HTTP/1 this happens once pingora has released the connection.
    pub(in crate::proxy) async fn drain(&self, session: &mut Session, context: &Context) {
        let must_drain = context.is_answered && !session.is_body_done() && !session.was_upgraded();
        if session.as_downstream().as_http1().is_none() {
            if must_drain {
                // Boxed, so that the many requests without a drain stay small.
                Box::pin(self.drains.http2(session.as_downstream_mut(), &context.policy.limits)).await;
            }
            return;
        }
        state::current(|connection| {
            // Bytes of a next request would reset a connection that closes, too.
            if must_drain || connection.has_next() {
                connection.set_must_drain();
            }
        });
    }

    /// Answers the preflight of an allowed origin.
    pub(in crate::proxy) async fn answer_preflight(
        &self,
        session: &mut Session,
        context: &mut Context,
        from: ClientOrigin,
        origin: &HeaderValue,
    ) -> pingora::Result<bool> {
        let cors = context.policy.cors.as_ref().ok_or_else(|| Error::new(ErrorType::InternalError))?;
        let head = cors.preflight(origin)?;
        context.client = from.client;
        context.decision_time = context.started.elapsed();
        context.is_preflight = true;
        limits::release_head(session.req_header_mut());
        context.head = None;
        respond::send(session, head, Bytes::new(), false).await?;
        context.is_answered = true;
        Ok(true)
    }

    /// Refuses what pingora cannot parse: counts and logs it, and returns the response as it goes over the wire.
    pub(in crate::proxy) fn refuse_unparsed(&self, head: UnparsedHead) -> Bytes {
        let rejection = head.rejection();
        let mut context = self.new_context();
        let policy = context.policy.clone();
        let decision = self.decider.refuse(policy, head.peer, rejection);
        let _rejected = context.record(decision);
        context.find_origin(&head.headers());
        let (method, target) = head.method_and_target();
        self.decider.metrics.answered(method_index(method), context.status);
        if self.access_log.is_some() {
            self.log(&context, RequestSummary { method, target, client_status: None }, 0, context.started.elapsed());
        }
        context.policy.refusals.wire(&context.refusal(rejection), context.received_at, method == "HEAD")
    }

    /// Refuses an HTTP/2 stream before it becomes a request of pingora's: counts and logs it.
    pub(in crate::proxy) fn refuse_head(
        &self,
        request: &RequestHeader,
        peer: Option<IpAddr>,
        rejection: Rejection,
    ) -> pingora::Result<(ResponseHeader, Bytes)> {
        let mut context = self.new_context();
        let policy = context.policy.clone();
        let client = ClientOrigin::of_peer(&request.headers, peer, &policy.trusted_proxies).client;
        let decision = self.decider.refuse(policy, client, rejection);
        let _rejected = context.record(decision);
        context.find_origin(&request.headers);
        self.decider.metrics.answered(method_index(request.method.as_str()), context.status);
        if self.access_log.is_some() {
            let (method, target) = (request.method.as_str(), request.raw_path());
            self.log(&context, RequestSummary { method, target, client_status: None }, 0, context.started.elapsed());
        }
        let (mut head, body) = context.policy.refusals.build(&context.refusal(rejection))?;
        respond::set_grpc_status(&mut head, request, rejection)?;
        Ok((head, body))
    }

    fn log(&self, context: &Context, summary: RequestSummary, bytes: usize, duration: Duration) {
        let RequestSummary { method, target, .. } = summary;
        let path = String::from_utf8_lossy(path_of(target));
        let admission = context.admitted().ok().map(crate::proxy::decide::admitted::Admitted::admission);
        let credential = context.recognised.as_deref();
        let served = admission.and_then(|admission| admission.served(&context.policy.rules.versions));
        let record = AccessRecord {
            time: self.decider.clock.now(),
            request_id: context.request_id,
            client: context.client,
            method,
            path: &path,
            status: context.status,
            decision: match admission {
                Some(admission) if admission.credential.is_none() => "public",
                Some(_) => "admitted",
                None if context.is_preflight => "preflight",
                None => "refused",
            },
            code: context.rejection.map(Rejection::code).or(context.is_client_closed.then_some(CLIENT_CLOSED)),
            cause: context.cause.as_deref(),
            scheme: if context.scheme == Scheme::None { "none" } else { context.scheme.as_str() },
            credential: credential.map(|credential| credential.id.as_str()),
            account: credential.map(|credential| credential.account.id.as_str()),
            version: served.map(|version| version.name.as_str()),
            duration,
            decision_time: context.decision_time,
            upstream: context.upstream_answered,
            bytes,
        };
        if let Some(log) = &self.access_log {
            log.write(&record);
        }
        if let (Some(tracer), Some(trace)) = (&self.tracer, context.trace) {
            tracer.end(trace, &record);
        }
    }
}
