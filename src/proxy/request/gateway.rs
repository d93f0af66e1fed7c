//! The callbacks of pingora, a few lines each.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::Bytes;
use http::header::{EXPECT, HOST};
use ipnet::IpNet;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType};

use super::auth_request::{AuthRequest, ClientOrigin};
use super::context::Context;
use super::headers::{self, Caller};
use super::lifecycle::About;
use super::{limits, query, trace};
use crate::auth::{Rejection, Scheme};
use crate::proxy::respond::{self, Refusal};
use crate::proxy::upstream::errors;
use crate::proxy::{ListenerApp, Policy, RequestLifecycle};

/// The gate.
pub struct Gateway {
    /// Receives, decides and sees off.
    pub reception: RequestLifecycle,
    /// The second of the last complaint about the API behind.
    pub complained: AtomicI64,
}

impl Gateway {
    /// Once a second at most: an API that is down would fill the disk with what the access log has anyway.
    fn complain(&self, rejection: Rejection, error: &Error, context: &Context) {
        let second = self.reception.judge.clock.now().as_second();
        if self.complained.swap(second, Ordering::Relaxed) != second {
            tracing::warn!(request_id = %context.request_id, reason = error.etype().as_str(), "{}", rejection.code());
        }
    }
}

impl ListenerApp for Gateway {
    fn policy(&self) -> Arc<ArcSwap<Policy>> {
        self.reception.judge.policy.clone()
    }

    fn speak_for_many(policy: &Policy) -> &[IpNet] {
        &policy.trusted_proxies
    }
}

#[async_trait]
impl ProxyHttp for Gateway {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        self.reception.greet()
    }

    fn init_downstream_modules(&self, _: &mut HttpModules) {
        // pingora's default compression module would cost every request a box, and is never switched on.
    }

    async fn early_request_filter(&self, session: &mut Session, context: &mut Context) -> pingora::Result<()> {
        self.reception.receive(session, context);
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, context: &mut Context) -> pingora::Result<bool> {
        let judge = &self.reception.judge;
        let Some(policy) = context.policy.clone() else { return Err(Error::new(ErrorType::InternalError)) };
        let request = session.req_header();
        let question = AuthRequest {
            method: &request.method,
            target: request.raw_path(),
            headers: &request.headers,
            protocol: request.version,
            whence: ClientOrigin::of(&request.headers, peer(session), &policy.trusted_proxies),
            is_tunnel: context.is_websocket,
        };
        let Err(rejection) = judge.judge(&policy, &question, context).await else { return Ok(false) };
        let Some(policy) = context.policy.clone() else { return Err(Error::new(ErrorType::InternalError)) };
        policy.refusals.refuse(session, Refusal::new(rejection, context)).await?;
        Ok(true)
    }

    async fn upstream_peer(&self, _: &mut Session, context: &mut Context) -> pingora::Result<Box<HttpPeer>> {
        let policy = context.policy.as_ref();
        let turn = &mut context.turn;
        let peer =
            policy.and_then(|policy| policy.upstream.as_ref()?.peer(context.is_websocket, &policy.timeouts, turn));
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
            session.set_read_timeout(Some(limits::patience(Some(context.started), &policy.timeouts, limits)));
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
        let Some(peer) = peer(session) else { return Err(Error::new(ErrorType::InternalError)) };
        context.body.begin();
        let caller = Caller {
            peer,
            is_trusted: headers::is_trusted(peer, &policy.trusted_proxies),
            is_tls: session.digest().is_some_and(|digest| digest.ssl_digest.is_some()),
        };
        policy.names.strip(request, caller, policy.forward_credential);
        if request.uri.authority().is_none() && !request.headers.contains_key(HOST) {
            let upstream = policy.upstream.as_ref().ok_or_else(|| Error::new(ErrorType::InternalError))?;
            request.insert_header(HOST, upstream.host())?;
        }
        if let Some(name) = &policy.rules.accept.api_key_query {
            query::strip_key(request, name)?;
        }
        if request.version == http::Version::HTTP_2 && request.remove_header(&EXPECT).is_some() {
            go_ahead(session).await?;
        }
        headers::join_cookies(request)?;
        trace::hand_on(request, context.trace)?;
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
        let taken = answered.saturating_sub(context.decided_in);
        self.reception.judge.metrics.upstream_answered(response.status.as_u16(), taken);
        self.reception.send_away_if_stopping(session);
        if let Some(standing) = &context.standing {
            respond::tell_rate(response, standing)?;
        }
        let version = context.admission.as_ref().and_then(|admission| admission.version);
        let Some(notice) = version.and_then(|rank| context.policy.as_ref()?.notices.get(rank)) else {
            return Ok(());
        };
        respond::tell_version(response, notice)
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
        let rejection = errors::rejection(error, context);
        context.rejection = context.rejection.or(rejection);
        let Some(rejection) = rejection else {
            return FailToProxy { error_code: 0, can_reuse_downstream: false };
        };
        if error.esource() != &ErrorSource::Downstream {
            self.reception.judge.metrics.upstream_failed(rejection.code());
            self.complain(rejection, error, context);
        }
        let is_answered = session.response_written().is_some_and(|head| !head.status.is_informational());
        if let (false, Some(policy)) = (is_answered, &context.policy) {
            context.status = rejection.status().as_u16();
            // The caller may have left meanwhile; the log line tells.
            let refusal = Refusal { presented: Scheme::None, ..Refusal::new(rejection, context) };
            let _left = policy.refusals.stand_in(session, refusal).await;
        }
        FailToProxy { error_code: rejection.status().as_u16(), can_reuse_downstream: false }
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, context: &mut Context) {
        let request = session.req_header();
        let about = About { method: request.method.as_str(), target: request.raw_path(), told: None };
        self.reception.see_off(session, context, about);
    }

    /// Goes into messages of pingora; the query stays out of them.
    fn request_summary(&self, session: &Session, context: &Context) -> String {
        format!("{} {}", session.req_header().method, context.request_id)
    }
}

/// The address at the other end of the connection.
pub(in crate::proxy) fn peer(session: &Session) -> Option<IpAddr> {
    session.client_addr().and_then(|address| address.as_inet()).map(std::net::SocketAddr::ip)
}

/// Says what an API of HTTP/2 would say to `Expect: 100-continue`: pingora does not listen to it.
async fn go_ahead(session: &mut Session) -> pingora::Result<()> {
    // A caller of HTTP/2 need not wait: its body is held back by flow control alone.
    if session.req_header().version != http::Version::HTTP_11 {
        return Ok(());
    }
    session.as_downstream_mut().write_continue_response().await
}
