//! The callbacks of pingora, a few lines each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::Bytes;
use http::header::{EXPECT, HOST};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType};

use super::access_log::{AccessLog, Answered};
use super::context::{Context, InFlight};
use super::headers::{self, Caller};
use super::respond::{self, Refusal};
use super::{Policy, faults, heads, limits, query, upgrade};
use crate::auth::{Authenticator, Rejection, Scheme, Throttle};
use crate::clock::Clock;
use crate::telemetry::{Metrics, method_index};

/// Reading the rest of a refused request is given up after this.
const DRAIN: Duration = Duration::from_secs(2);

/// The gate.
pub struct Gateway {
    /// What is in force; swapped by a reload.
    pub policy: Arc<ArcSwap<Policy>>,
    /// Proves credentials.
    pub authenticator: Arc<Authenticator>,
    /// Counts wrong guesses.
    pub throttle: Arc<Throttle>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Writes a line a request, where set.
    pub access_log: Option<AccessLog>,
    /// Tells the time of decisions.
    pub clock: Clock,
    /// How long an idle connection is kept; as at the start, like the deadlines around it.
    pub keep_alive: Duration,
    /// Set once the process has been told to stop: callers are sent away, connection by connection.
    pub is_stopping: Arc<AtomicBool>,
    /// The second of the last complaint about the API behind.
    pub complained: AtomicI64,
}

impl Gateway {
    /// A caller who keeps its connection would be cut off when the process ends; this one comes back
    /// somewhere else.
    fn send_away_if_stopping(&self, session: &mut Session) {
        if self.is_stopping.load(Ordering::Relaxed) {
            session.set_keepalive(None);
        }
    }

    /// Once a second at most: an API that is down would fill the disk with what the access log has anyway.
    fn complain(&self, rejection: Rejection, error: &Error, context: &Context) {
        let second = self.clock.now().as_second();
        if self.complained.swap(second, Ordering::Relaxed) != second {
            tracing::warn!(request_id = %context.request_id, reason = error.etype().as_str(), "{}", rejection.code());
        }
    }
}

#[async_trait]
impl ProxyHttp for Gateway {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context::new(self.clock.now())
    }

    fn init_downstream_modules(&self, _: &mut HttpModules) {
        // pingora's default compression module would cost every request a box, and is never switched on.
    }

    async fn early_request_filter(&self, session: &mut Session, context: &mut Context) -> pingora::Result<()> {
        heads::head_arrived();
        context.in_flight = Some(InFlight::new(&self.metrics.in_flight));
        let policy = self.policy.load();
        let (timeouts, limits) = (&policy.timeouts, &policy.limits);
        if session.get_keepalive().is_some() {
            session.set_keepalive(Some(self.keep_alive.as_secs().max(1)));
        }
        self.send_away_if_stopping(session);
        context.is_websocket = upgrade::is_websocket(session.req_header());
        let silence = if context.is_websocket {
            timeouts.upgraded.duration()
        } else {
            limits::patience(context.started, timeouts, limits)
        };
        session.set_read_timeout(Some(silence));
        session.set_write_timeout(Some(timeouts.client.duration()));
        session.set_total_drain_timeout(Some(DRAIN));
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, context: &mut Context) -> pingora::Result<bool> {
        let verdict = self.verdict(session, context).await;
        context.decided_in = context.started.elapsed();
        self.metrics.auth_duration.observe(context.decided_in.as_secs_f64());
        let scheme = context.scheme as usize;
        let rejection = match verdict {
            Ok(admission) => {
                self.metrics.admitted(scheme, admission.credential.is_none());
                context.admission = Some(admission);
                return Ok(false);
            }
            Err(rejection) => rejection,
        };
        self.metrics.refused(scheme, rejection.index());
        if matches!(rejection, Rejection::GuessesThrottled(_)) {
            self.metrics.guesses_throttled.inc();
        }
        context.rejection = Some(rejection);
        context.status = rejection.status().as_u16();
        let Some(policy) = context.policy.clone() else { return Err(Error::new(ErrorType::InternalError)) };
        let refusal =
            Refusal { rejection, presented: context.scheme, standing: context.standing, id: context.request_id };
        policy.refusals.refuse(session, refusal).await?;
        Ok(true)
    }

    async fn upstream_peer(&self, _: &mut Session, context: &mut Context) -> pingora::Result<Box<HttpPeer>> {
        let policy = context.policy.as_ref();
        let turn = &mut context.turn;
        let peer = policy.and_then(|policy| policy.upstream.peer(context.is_websocket, &policy.timeouts, turn));
        peer.ok_or_else(|| Error::new_up(ErrorType::ConnectNoRoute))
    }

    async fn request_body_filter(
        &self,
        session: &mut Session,
        piece: &mut Option<Bytes>,
        is_last: bool,
        context: &mut Context,
    ) -> pingora::Result<()> {
        // What a tunnel carries is no body.
        if session.was_upgraded() {
            return Ok(());
        }
        // HTTP/2 may end a body with an empty frame. pingora 0.9.1 would write it as a last chunk and another one
        // behind it, which an API of HTTP/1.1 takes for the beginning of the next request.
        if is_last && piece.as_ref().is_some_and(Bytes::is_empty) {
            *piece = None;
        }
        let Some(policy) = &context.policy else { return Err(Error::new(ErrorType::InternalError)) };
        let limits = &policy.limits;
        context.body.take(piece.as_ref().map_or(0, Bytes::len), context.started, limits)?;
        if limits.body_time.is_some() && !context.is_websocket {
            session.set_read_timeout(Some(limits::patience(context.started, &policy.timeouts, limits)));
        }
        Ok(())
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        context: &mut Context,
    ) -> pingora::Result<()> {
        // Nothing reaches the API behind that was not let through.
        let (Some(policy), Some(admission)) = (&context.policy, &context.admission) else {
            return Err(Error::new(ErrorType::InternalError));
        };
        let peer = session.client_addr().and_then(|address| address.as_inet()).map(std::net::SocketAddr::ip);
        let Some(peer) = peer else { return Err(Error::new(ErrorType::InternalError)) };
        context.body.begin();
        let caller = Caller {
            peer,
            is_trusted: headers::is_trusted(peer, &policy.trusted_proxies),
            is_tls: session.digest().is_some_and(|digest| digest.ssl_digest.is_some()),
        };
        policy.names.strip(request, caller, policy.forward_credential);
        if request.uri.authority().is_none() && !request.headers.contains_key(HOST) {
            request.insert_header(HOST, policy.upstream.host())?;
        }
        if let Some(name) = &policy.rules.accept.api_key_query {
            query::strip_key(request, name)?;
        }
        if request.version == http::Version::HTTP_2 && request.remove_header(&EXPECT).is_some() {
            go_ahead(session).await?;
        }
        headers::join_cookies(request)?;
        headers::mend_trace(request)?;
        headers::set_forwarded(request, caller)?;
        policy.names.identify(request, admission, &policy.rules.versions, context.request_id)
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        context: &mut Context,
    ) -> pingora::Result<()> {
        let answered = *context.upstream_answered.get_or_insert_with(|| context.started.elapsed());
        self.metrics.upstream_answered(response.status.as_u16(), answered.saturating_sub(context.decided_in));
        self.send_away_if_stopping(session);
        if let Some(standing) = &context.standing {
            respond::tell_rate(response, standing)?;
        }
        let version = context.admission.as_ref().and_then(|admission| admission.version);
        let Some(notice) = version.and_then(|rank| context.policy.as_ref()?.notices.get(rank)) else {
            return Ok(());
        };
        if let Some(value) = &notice.deprecation {
            response.insert_header("Deprecation", value.clone())?;
        }
        if let Some(value) = &notice.sunset {
            response.insert_header("Sunset", value.clone())?;
        }
        if let Some(value) = &notice.link {
            response.append_header("Link", value.clone())?;
        }
        Ok(())
    }

    fn error_while_proxy(
        &self,
        _: &HttpPeer,
        session: &mut Session,
        mut error: Box<Error>,
        context: &mut Context,
        is_kept: bool,
    ) -> Box<Error> {
        // pingora would repeat a PUT with the body it has kept.
        if session.req_header().method.is_idempotent() && !context.body.has_begun() {
            error.retry.decide_reuse(is_kept);
        } else {
            error.set_retry(false);
        }
        error
    }

    /// Nothing was sent yet, so another address may be tried whatever the method.
    fn fail_to_connect(&self, _: &mut Session, _: &HttpPeer, _: &mut Context, mut error: Box<Error>) -> Box<Error> {
        error.set_retry(true);
        error
    }

    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, context: &mut Context) -> FailToProxy {
        let rejection = faults::rejection(error, context);
        context.rejection = context.rejection.or(rejection);
        let Some(rejection) = rejection else {
            return FailToProxy { error_code: 0, can_reuse_downstream: false };
        };
        if error.esource() != &ErrorSource::Downstream {
            self.metrics.upstream_failed(rejection.code());
            self.complain(rejection, error, context);
        }
        let is_answered = session.response_written().is_some_and(|head| !head.status.is_informational());
        if let (false, Some(policy)) = (is_answered, &context.policy) {
            context.status = rejection.status().as_u16();
            // The caller may have left meanwhile; the log line tells.
            let refusal =
                Refusal { rejection, presented: Scheme::None, standing: context.standing, id: context.request_id };
            let _left = policy.refusals.stand_in(session, refusal).await;
        }
        FailToProxy { error_code: rejection.status().as_u16(), can_reuse_downstream: false }
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, context: &mut Context) {
        if let Some(written) = session.response_written() {
            context.status = written.status.as_u16();
        }
        let request = session.req_header();
        self.metrics.answered(method_index(request.method.as_str()), context.status);
        self.metrics.request_duration.observe(context.started.elapsed().as_secs_f64());
        if let Some(log) = &self.access_log {
            let raw = request.raw_path();
            let end = raw.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(raw.len());
            let path = String::from_utf8_lossy(&raw[..end]);
            let answered = Answered {
                now: self.clock.now(),
                method: request.method.as_str(),
                path: &path,
                bytes: session.body_bytes_sent(),
            };
            log.write(context, &answered);
        }
        // Last, because a process that is told to stop leaves once nothing is in flight.
        context.in_flight = None;
    }

    /// Goes into messages of pingora; the query stays out of them.
    fn request_summary(&self, session: &Session, context: &Context) -> String {
        format!("{} {}", session.req_header().method, context.request_id)
    }
}

/// Says what an API of HTTP/2 would say to `Expect: 100-continue`: pingora does not listen to it.
async fn go_ahead(session: &mut Session) -> pingora::Result<()> {
    // A caller of HTTP/2 need not wait: its body is held back by flow control alone.
    if session.req_header().version != http::Version::HTTP_11 {
        return Ok(());
    }
    session.as_downstream_mut().write_continue_response().await
}
