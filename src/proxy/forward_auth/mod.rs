//! Forward-auth: a front proxy asks here before it forwards, and gets the decision of the gate. nginx (`auth_request`),
//! Traefik, Caddy and Envoy ask over HTTP, Envoy over gRPC as well.

mod envoy;
mod envoy_messages;
mod grpc;
mod original_request;
pub(super) mod replay;
mod response;

use std::sync::Arc;

use async_trait::async_trait;
use http::{Method, StatusCode, Version};
use ipnet::IpNet;
use pingora::modules::http::HttpModules;
use pingora::proxy::{ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};

use self::envoy::EnvoyRequest;
use self::grpc::Failure;
use self::original_request::{AuthQuery, StatusCodes};
use super::request::auth_request::{AuthRequest, ClientOrigin};
use super::request::context::Context;
use super::request::forwarded_headers::is_trusted;
use super::request::lifecycle::RequestSummary;
use super::{ListenerApp, Policy, RequestLifecycle};
use crate::auth::Rejection;

/// Allowance for what Envoy reports beside the headers, which have their own limit.
const CHECK_BYTES: usize = 64 * 1024;
const SPOOFED: Rejection = Rejection::RequestAmbiguous(
    "A header of the request has the prefix of the identity headers, or is another spelling of a header that the proxy or \
     this gate sets.",
);

/// Answers front proxies.
pub struct ForwardAuthService {
    pub lifecycle: RequestLifecycle,
}

/// The state of one query.
pub struct QueryContext {
    context: Context,
    /// Of the original request; of the query itself until that is read.
    method: Method,
    target: Vec<u8>,
    /// The status that Envoy answers its client with.
    client_status: Option<u16>,
}

impl ListenerApp for ForwardAuthService {
    fn lifecycle(&self) -> &RequestLifecycle {
        &self.lifecycle
    }

    fn exempt(policy: &Policy) -> &[IpNet] {
        &policy.forward_auth_clients
    }
}

#[async_trait]
impl ProxyHttp for ForwardAuthService {
    type CTX = QueryContext;

    fn new_ctx(&self) -> QueryContext {
        let context = self.lifecycle.new_context();
        QueryContext { context, method: Method::GET, target: Vec::new(), client_status: None }
    }

    fn init_downstream_modules(&self, _: &mut HttpModules) {
        // As at the gate.
    }

    async fn early_request_filter(&self, session: &mut Session, query: &mut QueryContext) -> pingora::Result<()> {
        self.lifecycle.on_head(session, &mut query.context);
        query.method = session.req_header().method.clone();
        query.target = session.req_header().raw_path().to_vec();
        Ok(())
    }

    /// Always answers.
    async fn request_filter(&self, session: &mut Session, query: &mut QueryContext) -> pingora::Result<bool> {
        let policy = query.context.policy.clone();
        match query.context.peer.filter(|peer| is_trusted(*peer, &policy.forward_auth_clients)) {
            None => self.refuse_client(session, policy, query).await?,
            Some(_) if grpc::is_check(session.req_header()) => self.answer_grpc(session, policy, query).await?,
            Some(_) => self.answer_http(session, policy, query).await?,
        }
        query.context.is_answered = true;
        Ok(true)
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut QueryContext) -> pingora::Result<Box<HttpPeer>> {
        // Nothing is forwarded from here.
        Err(Error::new(ErrorType::InternalError))
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, query: &mut QueryContext) {
        let QueryContext { context, method, target, client_status } = query;
        let summary = RequestSummary { method: method.as_str(), target, client_status: *client_status };
        self.lifecycle.finish(session, context, summary);
        self.lifecycle.drain(session, context).await;
    }

    fn request_summary(&self, _: &Session, query: &QueryContext) -> String {
        format!("{} {}", query.method, query.context.request_id)
    }
}

impl ForwardAuthService {
    /// Answers a peer that is no listed proxy; the log line has its address.
    async fn refuse_client(
        &self,
        session: &mut Session,
        policy: Arc<Policy>,
        query: &mut QueryContext,
    ) -> pingora::Result<()> {
        let context = &mut query.context;
        let decision = self.lifecycle.decider.refuse(policy, context.peer, Rejection::ProxyNotTrusted);
        let Err(rejection) = context.record(decision) else { return Err(Error::new(ErrorType::InternalError)) };
        if grpc::is_check(session.req_header()) {
            return grpc::fail(session, Failure::PermissionDenied).await;
        }
        context.find_origin(&session.req_header().headers);
        response::deny(session, &context.policy, context.refusal(rejection), StatusCodes::All).await
    }

    /// Over HTTP: the headers are the caller's, except those that the proxy sets.
    async fn answer_http(
        &self,
        session: &mut Session,
        policy: Arc<Policy>,
        query: &mut QueryContext,
    ) -> pingora::Result<()> {
        let decider = &self.lifecycle.decider;
        let QueryContext { context, method, target, .. } = query;
        let request = session.req_header();
        let Some(auth_query) = AuthQuery::new(request) else { return response::not_found(session).await };
        let statuses = auth_query.statuses;
        // This process cannot remove headers from a request that the proxy forwards.
        let has_spoofed = policy.identity_headers.has_spoofed(&request.headers);
        let original = if has_spoofed { Err(SPOOFED) } else { auth_query.original() };
        let decision = match original {
            Ok(original) => {
                *target = original.target.to_vec();
                *method = original.method;
                let request = AuthRequest {
                    method,
                    target,
                    headers: &request.headers,
                    protocol: request.version,
                    has_illegal_target: false,
                    is_overload: context.head.is_none(),
                    origin: ClientOrigin::of_forwarded(&request.headers, &policy.trusted_proxies),
                    is_tunnel: false,
                    received_at: context.received_at,
                    started: context.started,
                };
                decider.decide(policy, &request).await
            }
            Err(rejection) => decider.refuse(policy, None, rejection),
        };
        match context.record(decision) {
            Ok(()) => response::allow(session, &context.policy, context.admitted()?, context).await,
            Err(rejection) => {
                context.find_origin(&session.req_header().headers);
                response::deny(session, &context.policy, context.refusal(rejection), statuses).await
            }
        }
    }

    /// Over gRPC: Envoy reports the client's address apart from the client's headers.
    async fn answer_grpc(
        &self,
        session: &mut Session,
        policy: Arc<Policy>,
        query: &mut QueryContext,
    ) -> pingora::Result<()> {
        let QueryContext { context, method, target, client_status } = query;
        let max_bytes = policy.limits.header_bytes as usize + CHECK_BYTES;
        let read = grpc::read(session, max_bytes).await?;
        let request = match read.and_then(|check| EnvoyRequest::read(check).ok_or(Failure::InvalidArgument)) {
            Ok(request) => request,
            Err(failure) => return grpc::fail(session, failure).await,
        };
        (*method, *target) = (request.method, request.target);
        let headers = &request.headers;
        let request = AuthRequest {
            method,
            target,
            headers,
            protocol: Version::HTTP_2,
            has_illegal_target: false,
            is_overload: context.head.is_none(),
            origin: ClientOrigin::of_peer(headers, request.source, &policy.trusted_proxies),
            is_tunnel: false,
            // Reading the message may have taken a while.
            received_at: self.lifecycle.decider.clock.now(),
            started: context.started,
        };
        let decision = self.lifecycle.decider.decide(policy, &request).await;
        let (response, status) = match context.record(decision) {
            Ok(()) => (envoy::allow(&context.policy, headers, context.admitted()?, context)?, StatusCode::OK),
            Err(rejection) => {
                context.find_origin(headers);
                let (head, body) = context.policy.refusals.build(&context.refusal(rejection))?;
                (envoy::deny(&head, &body), head.status)
            }
        };
        *client_status = Some(status.as_u16());
        grpc::answer(session, &response).await
    }
}
