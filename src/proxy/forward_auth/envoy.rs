//! Envoy's check over gRPC: from its message to a request, and from a decision to its response.

use std::net::IpAddr;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName};
use pingora::http::ResponseHeader;

use super::super::Policy;
use super::super::respond::set_rate_headers;
use super::envoy_messages::{
    APPEND, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpRequest, HttpStatus,
    OVERWRITE, OkHttpResponse, Status, Verdict,
};
use crate::proxy::decide::admitted::Admitted;
use crate::proxy::request::context::Context;
use crate::proxy::version_headers;

/// `google.rpc.Code`.
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;

/// The request that Envoy asks about.
pub(super) struct EnvoyRequest {
    pub(super) method: Method,
    pub(super) target: Vec<u8>,
    pub(super) headers: HeaderMap,
    /// The peer of Envoy's connection.
    pub(super) source: Option<IpAddr>,
}

impl EnvoyRequest {
    /// `None` where the message is incomplete or not a valid request.
    pub(super) fn read(check: CheckRequest) -> Option<Self> {
        let attributes = check.attributes?;
        let source = attributes.source.and_then(|source| source.address?.socket_address?.address.parse().ok());
        let http = attributes.request?.http?;
        Some(Self {
            method: http.method.parse().ok()?,
            headers: headers(&http)?,
            target: http.path.into_bytes(),
            source,
        })
    }
}

/// Without HTTP/2's pseudo-headers. `None` for a field that is not a valid header.
fn headers(http: &HttpRequest) -> Option<HeaderMap> {
    let raw = http.header_map.iter().flat_map(|map| &map.headers).map(|header| {
        let value = if header.raw_value.is_empty() { header.value.as_bytes() } else { &header.raw_value };
        (header.key.as_str(), value)
    });
    let joined = http.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let mut headers = HeaderMap::new();
    for (name, value) in raw.chain(joined).filter(|(name, _)| !name.starts_with(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, http::HeaderValue::from_bytes(value).ok()?);
    }
    Some(headers)
}

/// Admits the request; our headers replace the caller's in every spelling.
///
/// # Errors
/// When a value is not valid in a header.
pub(super) fn allow(
    policy: &Policy,
    headers: &HeaderMap,
    admitted: &Admitted,
    context: &Context,
) -> pingora::Result<CheckResponse> {
    let admission = admitted.admission();
    let versions = &policy.rules.versions;
    let mut for_upstream = Vec::new();
    let mut to_remove = policy.identity_headers.to_remove(headers, true, policy.forward_credential);
    for (name, value) in policy.identity_headers.identity(admitted, versions, context.request_id)? {
        if let Some(value) = value {
            to_remove.retain(|removed| removed != name.name());
            for_upstream.push(option(name.name().as_str(), value.as_bytes(), OVERWRITE));
        } else if !to_remove.contains(name.name()) {
            // Envoy may be set up to report some headers only.
            to_remove.push(name.name().clone());
        }
    }
    if let (Some(header), Some(served)) = (&versions.header, admission.served(versions)) {
        for_upstream.push(option(header.as_str(), served.name.as_str().as_bytes(), OVERWRITE));
    }
    let mut for_client = ResponseHeader::build_no_case(200, None)?;
    if let Some(status) = &context.rate_status {
        set_rate_headers(&mut for_client, status)?;
    }
    if let Some(headers) = admission.version.and_then(|rank| policy.version_headers.get(rank)) {
        version_headers::set(&mut for_client, headers)?;
    }
    let allowed = OkHttpResponse {
        headers: for_upstream,
        headers_to_remove: to_remove.iter().map(|name| name.as_str().to_owned()).collect(),
        response_headers_to_add: options(&for_client.headers),
    };
    Ok(CheckResponse { status: Some(Status { code: OK }), verdict: Some(Verdict::Ok(allowed)) })
}

/// Refuses the request with this response.
pub(super) fn deny(head: &ResponseHeader, body: &Bytes) -> CheckResponse {
    let mut headers = head.headers.clone();
    // Envoy sets its own.
    headers.remove(CONTENT_LENGTH);
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: head.status.as_u16().into() }),
        headers: options(&headers),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    CheckResponse { status: Some(Status { code: PERMISSION_DENIED }), verdict: Some(Verdict::Denied(denied)) }
}

/// Fields are appended, except those that occur once, as at the gate.
fn options(headers: &HeaderMap) -> Vec<HeaderValueOption> {
    let action = |name: &str| if matches!(name, "deprecation" | "sunset") { OVERWRITE } else { APPEND };
    let all = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    all.map(|(name, value)| option(name, value, action(name))).collect()
}

fn option(name: &str, value: &[u8], append_action: i32) -> HeaderValueOption {
    let header =
        HeaderValue { key: name.to_owned(), value: String::from_utf8_lossy(value).into_owned(), raw_value: Vec::new() };
    HeaderValueOption { header: Some(header), append_action }
}
