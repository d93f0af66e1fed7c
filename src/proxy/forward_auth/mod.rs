//! Forward-auth: a proxy that stays in front of the API asks here before it forwards, and gets the verdict of the
//! gate. nginx (`auth_request`), Traefik, Caddy and Envoy ask over HTTP, Envoy over gRPC as well.

mod answer;
mod check;
mod grpc;
mod messages;
mod original;

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use http::{HeaderMap, Method, Version};
use pingora::modules::http::HttpModules;
use pingora::proxy::{ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorType};

use self::check::Checked;
use self::grpc::Failure;
use self::original::Original;
use super::context::Context;
use super::gateway::peer;
use super::headers::{FORWARDED_FOR, is_trusted};
use super::question::{Question, Whence};
use super::respond::Refusal;
use super::{Policy, Reception};
use crate::auth::{Admission, Rejection};

/// Beside the headers, which have a limit of their own: what Envoy says about itself and the connection.
const CHECK_BYTES: usize = 64 * 1024;
const IMITATED: Rejection = Rejection::RequestAmbiguous(
    "A header of the request is named like one that says who is calling, with _ or . for a hyphen.",
);

/// Answers proxies that ask.
pub struct ForwardAuth {
    /// Receives, decides and sees off.
    pub reception: Reception,
}

/// One question, until its log line.
pub struct Asked {
    context: Context,
    /// What it is about; until that is known, the question itself.
    method: Method,
    target: Vec<u8>,
}

#[async_trait]
impl ProxyHttp for ForwardAuth {
    type CTX = Asked;

    fn new_ctx(&self) -> Asked {
        Asked { context: self.reception.greet(), method: Method::GET, target: Vec::new() }
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
        let policy = self.reception.judge.begin(&mut asked.context);
        let is_listed = peer(session).is_some_and(|peer| is_trusted(peer, &policy.askers));
        let is_check = grpc::is_check(session.req_header());
        if !is_listed {
            self.reception.judge.refuse(Rejection::ProxyNotTrusted, &mut asked.context);
        }
        match (is_listed, is_check) {
            (true, true) => self.check(session, &policy, asked).await?,
            (true, false) => self.ask(session, &policy, asked).await?,
            (false, true) => grpc::fail(session, Failure::PermissionDenied).await?,
            (false, false) => {
                let refusal = Refusal::new(Rejection::ProxyNotTrusted, &asked.context);
                answer::deny(session, &policy, refusal, false).await?;
            }
        }
        Ok(true)
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut Asked) -> pingora::Result<Box<HttpPeer>> {
        // Nothing is ever forwarded from here.
        Err(Error::new(ErrorType::InternalError))
    }

    async fn logging(&self, session: &mut Session, _: Option<&Error>, asked: &mut Asked) {
        self.reception.see_off(session, &mut asked.context, asked.method.as_str(), &asked.target);
    }

    fn request_summary(&self, _: &Session, asked: &Asked) -> String {
        format!("{} {}", asked.method, asked.context.request_id)
    }
}

impl ForwardAuth {
    /// Over HTTP: the headers are the caller's, but for what the proxy has set.
    async fn ask(&self, session: &mut Session, policy: &Arc<Policy>, asked: &mut Asked) -> pingora::Result<()> {
        let judge = &self.reception.judge;
        let request = session.req_header();
        let Some(told) = Original::read(request) else { return answer::elsewhere(session).await };
        // What this process cannot take out of a request, the proxy will forward.
        let told =
            told.and_then(|told| if policy.names.are_imitated(&request.headers) { Err(IMITATED) } else { Ok(told) });
        let original = match told {
            Ok(original) => original,
            Err(rejection) => {
                let refusal = Refusal::new(judge.refuse(rejection, &mut asked.context), &asked.context);
                return answer::deny(session, policy, refusal, false).await;
            }
        };
        asked.target = original.target.to_vec();
        asked.method = original.method;
        let only_401_and_403 = original.only_401_and_403;
        let question = Question {
            method: &asked.method,
            target: &asked.target,
            headers: &request.headers,
            protocol: request.version,
            whence: whence(&request.headers, peer(session), policy),
            is_tunnel: false,
        };
        let verdict = judge.judge(policy, &question, &mut asked.context).await;
        let context = &asked.context;
        match (verdict, in_force(context)?) {
            (Ok(()), (policy, Some(admission))) => answer::allow(session, policy, admission, context).await,
            (Ok(()), (_, None)) => Err(Error::new(ErrorType::InternalError)),
            (Err(rejection), (policy, _)) => {
                answer::deny(session, policy, Refusal::new(rejection, context), only_401_and_403).await
            }
        }
    }

    /// Over gRPC: Envoy says what it knows, apart from what its caller says.
    async fn check(&self, session: &mut Session, policy: &Arc<Policy>, asked: &mut Asked) -> pingora::Result<()> {
        let most = policy.limits.header_bytes as usize + CHECK_BYTES;
        let read =
            grpc::read(session, most).await?.and_then(|check| Checked::read(check).ok_or(Failure::InvalidArgument));
        let checked = match read {
            Ok(checked) => checked,
            Err(failure) => return grpc::fail(session, failure).await,
        };
        asked.method = checked.method.clone();
        asked.target = checked.target.clone();
        let question = Question {
            method: &checked.method,
            target: &checked.target,
            headers: &checked.headers,
            protocol: Version::HTTP_2,
            whence: Whence::of(&checked.headers, checked.source, &policy.trusted_proxies),
            is_tunnel: false,
        };
        let verdict = self.reception.judge.judge(policy, &question, &mut asked.context).await;
        let context = &asked.context;
        let response = match (verdict, in_force(context)?) {
            (Ok(()), (policy, Some(admission))) => check::allow(policy, &checked, admission, context)?,
            (Ok(()), (_, None)) => return Err(Error::new(ErrorType::InternalError)),
            (Err(rejection), (policy, _)) => {
                let (head, body) = policy.refusals.build(&Refusal::new(rejection, context))?;
                check::deny(&head, &body)
            }
        };
        grpc::answer(session, &response).await
    }
}

/// What was decided, and by which policy: a reload may have come in between.
fn in_force(context: &Context) -> pingora::Result<(&Policy, Option<&Admission>)> {
    let policy = context.policy.as_ref().ok_or_else(|| Error::new(ErrorType::InternalError))?;
    Ok((policy, context.admission.as_ref()))
}

/// The caller, as the proxy tells it. One that tells nothing is not taken for its caller.
fn whence(headers: &HeaderMap, asker: Option<IpAddr>, policy: &Policy) -> Whence {
    if !headers.contains_key(&FORWARDED_FOR.0) {
        return Whence::default();
    }
    Whence::of(headers, asker, &policy.relays)
}
