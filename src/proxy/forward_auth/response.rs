//! What a proxy that asked is told: who is calling, or why nobody is let through.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH};
use http::{HeaderValue, StatusCode};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

use super::super::Policy;
use super::super::respond::{Refusal, send, tell_grpc, tell_rate, tell_version};
use super::original_request::Statuses;
use crate::auth::{Admission, Rejection};
use crate::proxy::request::context::Context;

/// Names the headers that Envoy takes out before it forwards.
const TO_REMOVE: &str = "x-envoy-auth-headers-to-remove";

/// Lets a request through: 200 and no body, which is what all of them understand. Every header of ours is there, if
/// need be with nothing in it: what a proxy copies replaces what the caller has written under the same name.
pub(super) async fn allow(
    session: &mut Session,
    policy: &Policy,
    admission: &Admission,
    context: &Context,
) -> pingora::Result<()> {
    let mut head = ResponseHeader::build_no_case(StatusCode::OK, Some(16))?;
    head.insert_header(CONTENT_LENGTH, HeaderValue::from(0))?;
    head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))?;
    let versions = &policy.rules.versions;
    for (name, value) in policy.names.identity(admission, versions, context.request_id)? {
        head.insert_header(name.clone(), value.unwrap_or(HeaderValue::from_static("")))?;
    }
    if let Some(header) = &versions.header {
        head.insert_header(header, admission.served(versions).map_or("", |version| version.name.as_str()))?;
    }
    if !policy.forward_credential {
        let names: Vec<&str> = policy.names.credential_headers().map(http::HeaderName::as_str).collect();
        head.insert_header(TO_REMOVE, names.join(","))?;
    }
    if let Some(standing) = &context.standing {
        tell_rate(&mut head, standing)?;
    }
    if let Some(notice) = admission.version.and_then(|rank| policy.notices.get(rank)) {
        tell_version(&mut head, notice)?;
    }
    send(session, head, Bytes::new(), false).await
}

/// Refuses, in the words of the gate. A proxy that has no use for the body finds the code and the id in headers.
pub(super) async fn deny(
    session: &mut Session,
    policy: &Policy,
    refusal: Refusal,
    statuses: Statuses,
) -> pingora::Result<()> {
    let (rejection, id) = (refusal.rejection, refusal.id);
    let (mut head, body) = policy.refusals.build(&refusal)?;
    tell_grpc(&mut head, session.req_header(), rejection)?;
    head.insert_header(policy.names.code(), rejection.code())?;
    head.insert_header(policy.names.request_id(), id.to_string())?;
    if statuses == Statuses::Strict {
        head.set_status(folded(rejection))?;
    }
    send(session, head, body, rejection.ends_connection()).await
}

/// nginx takes everything but 401 and 403 for a fault of the one it has asked, and so does this where it is one.
fn folded(rejection: Rejection) -> StatusCode {
    match rejection.status() {
        StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
        status if status.is_server_error() => status,
        _ => StatusCode::FORBIDDEN,
    }
}

/// Says where to ask instead.
pub(super) async fn elsewhere(session: &mut Session) -> pingora::Result<()> {
    let body = "Proxies ask at /auth.\n";
    let mut head = ResponseHeader::build_no_case(StatusCode::NOT_FOUND, Some(2))?;
    head.insert_header(CONTENT_LENGTH, HeaderValue::from(body.len()))?;
    head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))?;
    send(session, head, body.into(), false).await
}
