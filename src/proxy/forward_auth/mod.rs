//! Forward-auth: a proxy that stays in front of the API asks here before it forwards, and gets the verdict of the
//! gate. nginx (`auth_request`), Traefik, Caddy and Envoy ask over HTTP, Envoy over gRPC as well.

mod envoy;
mod grpc;
mod messages;
mod original_request;
mod response;

use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use http::{Method, StatusCode, Version};
use ipnet::IpNet;
use pingora::modules::http::HttpModules;
use pingora::proxy::{ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};

use self::envoy::Checked;
use self::grpc::Failure;
use self::original_request::{Asking, Statuses};
use super::request::auth_request::{AuthRequest, ClientOrigin};
use super::request::context::Context;
use super::request::gateway::peer;
use super::request::headers::is_trusted;
use super::request::lifecycle::About;
use super::respond::Refusal;
use super::{ListenerApp, Policy, RequestLifecycle};
use crate::auth::Rejection;

/// Beside the headers, which have a limit of their own: what Envoy says about itself and the connection.
const CHECK_BYTES: usize = 64 * 1024;
const IMITATED: Rejection = Rejection::RequestAmbiguous(
    "A header of the request is named like one that the proxy or this gate sets, but for _ or . in it, or begins like \
     those that say who is calling.",
);

/// Answers proxies that ask.
pub struct ForwardAuth {
    /// Receives, decides and sees off.
    pub reception: RequestLifecycle,
}

/// One question, until its log line.
pub struct Asked {
    context: Context,
    /// What it is about; until that is known, the question itself.
    method: Method,
    target: Vec<u8>,
    /// The status that Envoy is told to answer with.
    told: Option<u16>,
}

impl ListenerApp for ForwardAuth {
    fn policy(&self) -> Arc<ArcSwap<Policy>> {
        self.reception.judge.policy.clone()
    }

    fn speak_for_many(policy: &Policy) -> &[IpNet] {
        &policy.askers
    }
}

#[async_trait]
impl ProxyHttp for ForwardAuth {
    type CTX = Asked;

    fn new_ctx(&self) -> Asked {
        Asked { context: self.reception.greet(), method: Method::GET, target: Vec::new(), told: None }
    }

    fn init_downstream_modules(&self, _: &mut HttpModules) {
        // As at the gate.
    }

    async fn early_request_filter(&self, session: &mut Session, asked: &mut Asked) -> pingora::Result<()> {
        self.reception.receive(session, &mut asked.context);
        asked.method = session.req_header().method.clone();
        asked.target = session.req_header().raw_path().to_vec();
        Ok(())
    }

    /// Answers always.
    async fn request_filter(&self, session: &mut Session, asked: &mut Asked) -> pingora::Result<bool> {
        let Some(policy) = asked.context.policy.clone() else { return Err(undecided()) };
        match peer(session).filter(|peer| is_trusted(*peer, &policy.askers)) {
            None => self.turn_away(session, &policy, asked).await?,
            Some(_) if grpc::is_check(session.req_header()) => self.check(session, &policy, asked).await?,
            Some(_) => self.ask(session, &policy, asked).await?,
        }
        Ok(true)
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut Asked) -> pingora::Result<Box<HttpPeer>> {
        // Nothing is ever forwarded from here.
        Err(Error::new(ErrorType::InternalError))
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, asked: &mut Asked) {
        let about = About { method: asked.method.as_str(), target: &asked.target, told: asked.told };
        self.reception.see_off(session, &mut asked.context, about);
    }

    fn request_summary(&self, _: &Session, asked: &Asked) -> String {
        format!("{} {}", asked.method, asked.context.request_id)
    }
}

impl ForwardAuth {
    /// Whoever may not ask is told so, and the operator who it was.
    async fn turn_away(&self, session: &mut Session, policy: &Policy, asked: &mut Asked) -> pingora::Result<()> {
        asked.context.client = peer(session);
        let rejection = self.reception.judge.refuse(Rejection::ProxyNotTrusted, &mut asked.context);
        if grpc::is_check(session.req_header()) {
            return grpc::fail(session, Failure::PermissionDenied).await;
        }
        response::deny(session, policy, Refusal::new(rejection, &asked.context), Statuses::All).await
    }

    /// Over HTTP: the headers are the caller's, but for what the proxy has set.
    async fn ask(&self, session: &mut Session, policy: &Arc<Policy>, asked: &mut Asked) -> pingora::Result<()> {
        let judge = &self.reception.judge;
        let request = session.req_header();
        let Some(asking) = Asking::of(request) else { return response::elsewhere(session).await };
        let statuses = asking.statuses;
        // What this process cannot take out of a request, the proxy will forward.
        let original = if policy.names.are_imitated(&request.headers) { Err(IMITATED) } else { asking.original() };
        match original {
            Ok(original) => {
                asked.target = original.target.to_vec();
                asked.method = original.method;
                let question = AuthRequest {
                    method: &asked.method,
                    target: &asked.target,
                    headers: &request.headers,
                    protocol: request.version,
                    whence: ClientOrigin::told(&request.headers, &policy.trusted_proxies),
                    is_tunnel: false,
                };
                // What came of it is in the context.
                let _verdict = judge.judge(policy, &question, &mut asked.context).await;
            }
            Err(rejection) => drop(judge.refuse(rejection, &mut asked.context)),
        }
        let (policy, verdict) = asked.context.outcome().ok_or_else(undecided)?;
        match verdict {
            Ok(admission) => response::allow(session, policy, admission, &asked.context).await,
            Err(rejection) => response::deny(session, policy, Refusal::new(rejection, &asked.context), statuses).await,
        }
    }

    /// Over gRPC: Envoy says what it knows, apart from what its caller says.
    async fn check(&self, session: &mut Session, policy: &Arc<Policy>, asked: &mut Asked) -> pingora::Result<()> {
        let most = policy.limits.header_bytes as usize + CHECK_BYTES;
        let read = grpc::read(session, most).await?;
        let Checked { method, target, headers, source } =
            match read.and_then(|check| Checked::read(check).ok_or(Failure::InvalidArgument)) {
                Ok(checked) => checked,
                Err(failure) => return grpc::fail(session, failure).await,
            };
        (asked.method, asked.target) = (method, target);
        let question = AuthRequest {
            method: &asked.method,
            target: &asked.target,
            headers: &headers,
            protocol: Version::HTTP_2,
            whence: ClientOrigin::of(&headers, source, &policy.trusted_proxies),
            is_tunnel: false,
        };
        // As above.
        let _verdict = self.reception.judge.judge(policy, &question, &mut asked.context).await;
        let (policy, verdict) = asked.context.outcome().ok_or_else(undecided)?;
        let (response, status) = match verdict {
            Ok(admission) => (envoy::allow(policy, &headers, admission, &asked.context)?, StatusCode::OK),
            Err(rejection) => {
                let (head, body) = policy.refusals.build(&Refusal::new(rejection, &asked.context))?;
                (envoy::deny(&head, &body), head.status)
            }
        };
        asked.told = Some(status.as_u16());
        grpc::answer(session, &response).await
    }
}

fn undecided() -> Box<Error> {
    Error::new(ErrorType::InternalError)
}
