//! The gate: pingora's callbacks, a few lines each.

use std::borrow::Cow;
use std::os::fd::RawFd;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{EXPECT, HOST};
use http::{HeaderMap, StatusCode, Version};
use ipnet::IpNet;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::protocols::Digest;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType};

use super::auth_request::{AuthRequest, ClientOrigin};
use super::context::Context;
use super::exchange_state::{may_be_repeated, waits_for_body};
use super::forwarded_headers::{self, Caller};
use super::headers;
use super::lifecycle::RequestSummary;
use super::response_framing::{has_no_body, set_connection};
use super::upstream_head::UpstreamHead;
use super::upstream_warnings::Warnings;
use super::{limits, trace, upstream_head};
use crate::auth::Scheme;
use crate::config::raw;
use crate::proxy::connection::state;
use crate::proxy::respond::{self, Refusal};
use crate::proxy::upstream::failure::{Failure, Phase};
use crate::proxy::upstream::pingora_errors;
use crate::proxy::{ListenerApp, Policy, RequestLifecycle, version_headers};

/// Names the error that ends the forwarding of a body after its response.
const EARLY_RESPONSE: &str = "early response";

/// Decides about requests and forwards those it admits.
pub struct Gateway {
    pub lifecycle: RequestLifecycle,
    pub warnings: Warnings,
}

impl ListenerApp for Gateway {
    fn lifecycle(&self) -> &RequestLifecycle {
        &self.lifecycle
    }

    fn exempt(policy: &Policy) -> &[IpNet] {
        &policy.trusted_proxies
    }
}

#[async_trait]
impl ProxyHttp for Gateway {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        self.lifecycle.new_context()
    }

    fn init_downstream_modules(&self, _: &mut HttpModules) {
        // pingora's default compression module would cost every request a box, and is never switched on.
    }

    async fn early_request_filter(&self, session: &mut Session, context: &mut Context) -> pingora::Result<()> {
        self.lifecycle.on_head(session, context);
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, context: &mut Context) -> pingora::Result<bool> {
        let policy = context.policy.clone();
        let request = session.req_header();
        let request = AuthRequest {
            method: &request.method,
            target: request.raw_path(),
            headers: &request.headers,
            protocol: request.version,
            has_illegal_target: context.has_illegal_target,
            is_overload: context.head.is_none(),
            origin: ClientOrigin::of_peer(&request.headers, context.peer, &policy.trusted_proxies),
            is_tunnel: context.is_websocket,
            received_at: context.received_at,
            started: context.started,
        };
        let decider = &self.lifecycle.decider;
        let decision = match decider.preflight(&policy, &request) {
            None => decider.decide(policy, &request).await,
            Some(Ok(origin)) => {
                return self.lifecycle.answer_preflight(session, context, request.origin, &origin).await;
            }
            Some(Err(rejection)) => decider.refuse(policy, request.origin.client, rejection),
        };
        let verdict = context.record(decision);
        context.find_origin(&session.req_header().headers);
        let Err(rejection) = verdict else {
            let request = session.req_header_mut();
            if context.policy.header_names == raw::HeaderNames::Lowercase && request.has_case() {
                upstream_head::forget_spelling(request)?;
            }
            return Ok(false);
        };
        limits::release_head(session.req_header_mut());
        context.head = None;
        context.policy.refusals.refuse(session, context.refusal(rejection)).await?;
        context.is_answered = true;
        Ok(true)
    }

    async fn upstream_peer(&self, _: &mut Session, context: &mut Context) -> pingora::Result<Box<HttpPeer>> {
        if self.lifecycle.connections.descriptors().is_used_up() {
            return Err(pingora_errors::no_descriptor());
        }
        let policy = &context.policy;
        let upstream = policy.upstream.as_ref().ok_or_else(|| Error::new_up(ErrorType::ConnectNoRoute))?;
        let admitted = context.admitted()?;
        let mut attempts = context.attempts;
        let peer = upstream.peer(admitted, context.is_websocket, &policy.timeouts, &mut attempts);
        context.attempts = attempts;
        if peer.is_none() {
            context.failure = Some(upstream.unresolved());
        }
        peer.ok_or_else(|| Error::new_up(ErrorType::ConnectNoRoute))
    }

    async fn connected_to_upstream(
        &self,
        _: &mut Session,
        is_kept: bool,
        peer: &HttpPeer,
        descriptor: RawFd,
        _: Option<&Digest>,
        context: &mut Context,
    ) -> pingora::Result<()> {
        if is_kept {
            return Ok(());
        }
        if !self.lifecycle.connections.descriptors().allows(descriptor) {
            return Err(pingora_errors::no_descriptor());
        }
        if let Some(upstream) = &context.policy.upstream {
            upstream.connected(peer);
        }
        Ok(())
    }

    async fn request_body_filter(
        &self,
        session: &mut Session,
        piece: &mut Option<Bytes>,
        is_last: bool,
        context: &mut Context,
    ) -> pingora::Result<()> {
        // The content of a tunnel is not a body.
        if session.was_upgraded() {
            return Ok(());
        }
        // After an early response, the rest of the body is of no use to the upstream. The connection to it closes.
        if context.is_answered {
            return Err(Error::new_down(ErrorType::Custom(EARLY_RESPONSE)));
        }
        // HTTP/2 may end a body with an empty frame. pingora 0.9.1 would write it as a last chunk followed by another
        // one, which an HTTP/1.1 upstream takes for the beginning of the next request.
        if is_last && piece.as_ref().is_some_and(Bytes::is_empty) {
            *piece = None;
        }
        let limits = &context.policy.limits;
        context.body.take(piece.as_ref().map_or(0, Bytes::len), context.started, limits)?;
        context.body.is_complete |= is_last;
        if limits.body_time.is_some() && !context.is_websocket {
            let timeout = limits::read_timeout(Some(context.started), &context.policy.timeouts, limits);
            session.set_read_timeout(Some(timeout));
        }
        Ok(())
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        context: &mut Context,
    ) -> pingora::Result<()> {
        context.body.begin();
        let policy = &context.policy;
        let caller = Caller {
            peer: context.peer,
            is_trusted: context.peer.is_some_and(|peer| forwarded_headers::is_trusted(peer, &policy.trusted_proxies)),
            is_tls: session.digest().is_some_and(|digest| digest.ssl_digest.is_some()),
        };
        policy.identity_headers.strip(request, caller, policy.forward_credential);
        let names_host = request.uri.authority().is_some() || request.headers.contains_key(HOST);
        if let (false, Some(upstream)) = (names_host, &policy.upstream) {
            request.insert_header(HOST, upstream.host())?;
        }
        if let Some(name) = &policy.rules.accept.api_key_query {
            headers::strip_query_key(request, name)?;
        }
        if let (false, Some(name)) = (policy.forward_credential, &policy.rules.accept.websocket_protocol) {
            headers::strip_websocket_token(request, name)?;
        }
        if request.version == Version::HTTP_2 && request.remove_header(&EXPECT).is_some() {
            send_continue(session).await?;
        }
        headers::join_cookies(request)?;
        trace::forward(request, context.trace)?;
        if request.has_case() {
            set_own(request, caller, context)
        } else {
            upstream_head::change_with_room(request, |parts| set_own(parts, caller, context))
        }
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        context: &mut Context,
    ) -> pingora::Result<()> {
        let answered = *context.upstream_answered.get_or_insert_with(|| context.started.elapsed());
        let taken = answered.saturating_sub(context.decision_time);
        self.lifecycle.decider.metrics.upstream_answered(response.status.as_u16(), taken);
        if !response.status.is_informational() {
            set_connection(session, response, context);
            context.is_answered = has_no_body(session.req_header(), response);
        }
        if response.status == StatusCode::SWITCHING_PROTOCOLS && context.is_websocket {
            state::current(state::ConnectionState::open_tunnel);
        }
        self.lifecycle.close_if_draining(session);
        if let Some(status) = &context.rate_status {
            respond::set_rate_headers(response, status)?;
        }
        if let Some(name) = &context.policy.rules.accept.websocket_protocol {
            headers::choose_websocket_protocol(response, &session.req_header().headers, name)?;
        }
        let is_final = !response.status.is_informational();
        if let (true, Some(cors)) = (is_final, &context.policy.cors) {
            cors.set_on_answer(response, context.origin.as_ref())?;
        }
        let version = context.admitted()?.admission().version;
        if let Some(headers) = version.and_then(|rank| context.policy.version_headers.get(rank)) {
            version_headers::set(response, headers)?;
        }
        if !response.status.is_informational() {
            limits::release_head(session.req_header_mut());
            context.is_head_freed = true;
        }
        Ok(())
    }

    fn response_body_filter(
        &self,
        _: &mut Session,
        _: &mut Option<Bytes>,
        is_last: bool,
        context: &mut Context,
    ) -> pingora::Result<Option<Duration>> {
        context.is_answered |= is_last;
        Ok(None)
    }

    async fn response_trailer_filter(
        &self,
        _: &mut Session,
        _: &mut HeaderMap,
        context: &mut Context,
    ) -> pingora::Result<Option<Bytes>> {
        context.is_answered = true;
        Ok(None)
    }

    fn error_while_proxy(
        &self,
        peer: &HttpPeer,
        session: &mut Session,
        mut error: Box<Error>,
        context: &mut Context,
        is_kept: bool,
    ) -> Box<Error> {
        // pingora 0.9.1 has no timeout for the body of an HTTP/2 client.
        if error.etype() == &ErrorType::ReadTimedout && waits_for_body(session, context) {
            return context.body.time_out();
        }
        if error.esource() != &ErrorSource::Downstream {
            let phase = if context.upstream_answered.is_some() { Phase::Reading } else { Phase::Waiting };
            context.failure = Some(Failure::new(&error, peer, phase, &context.policy.timeouts));
        }
        let may_repeat = pingora_errors::is_lost_connection(&error, is_kept) && may_be_repeated(session, context);
        if may_repeat {
            context.attempts.needs_new_connection = true;
            context.attempts.needs_http1 |= matches!(error.etype(), ErrorType::H2Downgrade | ErrorType::InvalidH2);
        }
        error.set_retry(may_repeat);
        error
    }

    /// Nothing was sent yet, so another address may be tried whatever the method.
    fn fail_to_connect(
        &self,
        _: &mut Session,
        peer: &HttpPeer,
        context: &mut Context,
        mut error: Box<Error>,
    ) -> Box<Error> {
        let policy = &context.policy;
        let Some(upstream) = &policy.upstream else { return error };
        let (failure, has_further) = upstream.fail_to_connect(&error, peer, &policy.timeouts, &mut context.attempts);
        context.failure = Some(failure);
        let spent = context.started.elapsed().saturating_sub(context.decision_time);
        error.set_retry(has_further && spent < 2 * policy.timeouts.upstream_connect.duration());
        error
    }

    async fn fail_to_proxy(&self, session: &mut Session, error: &Error, context: &mut Context) -> FailToProxy {
        let rejection = pingora_errors::rejection(error, context);
        context.rejection = context.rejection.or(rejection);
        let Some(rejection) = rejection else {
            let is_over = context.is_answered || session.was_upgraded() || is_early_response(error);
            if !is_over {
                context.is_client_closed = true;
                context.cause = Some(Cow::Borrowed(pingora_errors::client_cause(error)));
            }
            return FailToProxy { error_code: 0, can_reuse_downstream: false };
        };
        if error.esource() != &ErrorSource::Downstream {
            let decider = &self.lifecycle.decider;
            decider.metrics.upstream_failed(rejection.code());
            let failure = context.failure.take().unwrap_or_else(|| Failure::internal(error));
            self.warnings.warn(decider.clock.now(), context.request_id, rejection.code(), &failure);
            context.cause = Some(Cow::Owned(failure.text));
        }
        let is_answered = session.response_written().is_some_and(|head| !head.status.is_informational());
        if !is_answered {
            context.status = rejection.status().as_u16();
            let refusal = Refusal { presented: Scheme::None, ..context.refusal(rejection) };
            // A client that has left does not matter here; the log line has the rejection.
            let sent = context.policy.refusals.respond_for_upstream(session, refusal).await;
            context.is_answered = sent.is_ok();
        }
        FailToProxy { error_code: rejection.status().as_u16(), can_reuse_downstream: false }
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, context: &mut Context) {
        let request = session.req_header();
        let summary =
            RequestSummary { method: request.method.as_str(), target: request.raw_path(), client_status: None };
        self.lifecycle.finish(session, context, summary);
        self.lifecycle.drain(session, context).await;
    }

    /// An early response is no failure.
    fn suppress_error_log(&self, _: &Session, _: &Context, error: &Error) -> bool {
        is_early_response(error)
    }

    /// Part of pingora's messages; the query stays out of them.
    fn request_summary(&self, session: &Session, context: &Context) -> String {
        format!("{} {}", session.req_header().method, context.request_id)
    }
}

/// Sets the headers by which the gate tells the API about the caller.
fn set_own(head: &mut impl UpstreamHead, caller: Caller, context: &Context) -> pingora::Result<()> {
    let policy = &context.policy;
    forwarded_headers::set_forwarded(head, caller, &policy.forwarded)?;
    policy.identity_headers.identify(head, context.admitted()?, &policy.rules.versions, context.request_id)
}

fn is_early_response(error: &Error) -> bool {
    error.etype() == &ErrorType::Custom(EARLY_RESPONSE)
}

/// Answers `Expect: 100-continue` in place of an HTTP/2 upstream, whose 100 pingora drops.
async fn send_continue(session: &mut Session) -> pingora::Result<()> {
    // An HTTP/2 client is held back by flow control alone.
    if session.req_header().version != Version::HTTP_11 {
        return Ok(());
    }
    session.as_downstream_mut().write_continue_response().await
}
