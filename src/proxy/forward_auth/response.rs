//! Responses to front proxies over HTTP.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH};
use http::{HeaderName, HeaderValue, StatusCode};
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

use super::super::Policy;
use super::super::respond::{Refusal, send, set_grpc_status, set_rate_headers};
use super::original_request::StatusCodes;
use crate::auth::Rejection;
use crate::proxy::decide::admitted::Admitted;
use crate::proxy::request::context::Context;
use crate::proxy::version_headers;

/// Lists the headers that Envoy removes before it forwards.
const TO_REMOVE: &str = "x-envoy-auth-headers-to-remove";

/// Admits a request: 200 without a body, which all proxies understand. Every identity header is present, empty where it
/// has no value or is not sent, so that what the proxy copies replaces what the caller sent under that name.
pub(super) async fn allow(
    session: &mut Session,
    policy: &Policy,
    admitted: &Admitted,
    context: &Context,
) -> pingora::Result<()> {
    let admission = admitted.admission();
    let mut head = ResponseHeader::build_no_case(StatusCode::OK, Some(16))?;
    head.insert_header(CONTENT_LENGTH, HeaderValue::from(0))?;
    head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))?;
    let versions = &policy.rules.versions;
    for (name, value) in policy.identity_headers.identity(admitted, versions, context.request_id)? {
        head.insert_header(name.spelling().clone(), value.unwrap_or(HeaderValue::from_static("")))?;
    }
    if let Some(header) = &versions.header {
        head.insert_header(header, admission.served(versions).map_or("", |version| version.name.as_str()))?;
    }
    let ours = &policy.identity_headers;
    let credential = ours.credential_headers().filter(|_| !policy.forward_credential);
    let to_remove: Vec<&str> = credential.chain(ours.unsent()).map(HeaderName::as_str).collect();
    if !to_remove.is_empty() {
        head.insert_header(TO_REMOVE, to_remove.join(","))?;
    }
    if let Some(status) = &context.rate_status {
        set_rate_headers(&mut head, status)?;
    }
    if let Some(headers) = admission.version.and_then(|rank| policy.version_headers.get(rank)) {
        version_headers::set(&mut head, headers)?;
    }
    send(session, head, Bytes::new(), false).await
}

/// Refuses a request as the gate does. Headers carry code and id for a proxy that drops the body.
pub(super) async fn deny(
    session: &mut Session,
    policy: &Policy,
    refusal: Refusal,
    statuses: StatusCodes,
) -> pingora::Result<()> {
    let (rejection, id) = (refusal.rejection, refusal.id);
    let (mut head, body) = policy.refusals.build(&refusal)?;
    set_grpc_status(&mut head, session.req_header(), rejection)?;
    head.insert_header(policy.identity_headers.code(), rejection.code())?;
    head.insert_header(policy.identity_headers.request_id(), id.to_string())?;
    if statuses == StatusCodes::Strict {
        head.set_status(strict_status(rejection))?;
    }
    send(session, head, body, rejection.ends_connection()).await
}

/// nginx turns every status except 401 and 403 into a 500; a 5xx stays one.
fn strict_status(rejection: Rejection) -> StatusCode {
    match rejection.status() {
        StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
        status if status.is_server_error() => status,
        _ => StatusCode::FORBIDDEN,
    }
}

pub(super) async fn not_found(session: &mut Session) -> pingora::Result<()> {
    let body = "Forward-auth is at /auth.\n";
    let mut head = ResponseHeader::build_no_case(StatusCode::NOT_FOUND, Some(2))?;
    head.insert_header(CONTENT_LENGTH, HeaderValue::from(body.len()))?;
    head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))?;
    send(session, head, body.into(), false).await
}
