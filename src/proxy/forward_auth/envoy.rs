//! What Envoy asks over gRPC, as a question; and the verdict, as an answer that Envoy carries out.

use std::net::IpAddr;

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName};
use pingora::http::ResponseHeader;

use super::super::Policy;
use super::super::respond::{tell_rate, tell_version};
use super::messages::{
    APPEND, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValue, HeaderValueOption, HttpRequest, HttpStatus,
    OVERWRITE, OkHttpResponse, Status, Verdict,
};
use crate::auth::Admission;
use crate::proxy::request::context::Context;

/// `google.rpc.Code`.
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;

/// The request that is asked about.
pub(super) struct Checked {
    pub(super) method: Method,
    pub(super) target: Vec<u8>,
    pub(super) headers: HeaderMap,
    /// The caller, as Envoy knows it.
    pub(super) source: Option<IpAddr>,
}

impl Checked {
    /// `None` where it is no request.
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

/// The fields of the head without those of HTTP/2 itself. Envoy has read them as headers already; what is none is
/// no request.
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

/// Lets it through, with our headers in the place of whatever the caller has written under any spelling of theirs.
///
/// # Errors
/// When a header cannot be made.
pub(super) fn allow(
    policy: &Policy,
    headers: &HeaderMap,
    admission: &Admission,
    context: &Context,
) -> pingora::Result<CheckResponse> {
    let versions = &policy.rules.versions;
    let mut for_api = Vec::new();
    let mut doomed = policy.names.doomed(headers, true, policy.forward_credential);
    for (name, value) in policy.names.identity(admission, versions, context.request_id)? {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if let Some(value) = value {
            doomed.retain(|doomed| doomed.as_str() != name);
            for_api.push(option(&name, value.as_bytes(), OVERWRITE));
        }
    }
    if let (Some(header), Some(served)) = (&versions.header, admission.served(versions)) {
        for_api.push(option(header.as_str(), served.name.as_str().as_bytes(), OVERWRITE));
    }
    let mut for_caller = ResponseHeader::build_no_case(200, None)?;
    if let Some(standing) = &context.standing {
        tell_rate(&mut for_caller, standing)?;
    }
    if let Some(notice) = admission.version.and_then(|rank| policy.notices.get(rank)) {
        tell_version(&mut for_caller, notice)?;
    }
    let allowed = OkHttpResponse {
        headers: for_api,
        headers_to_remove: doomed.iter().map(|name| name.as_str().to_owned()).collect(),
        response_headers_to_add: options(&for_caller.headers),
    };
    Ok(CheckResponse { status: Some(Status { code: OK }), verdict: Some(Verdict::Ok(allowed)) })
}

/// Refuses it with this answer.
pub(super) fn deny(head: &ResponseHeader, body: &Bytes) -> CheckResponse {
    let mut headers = head.headers.clone();
    // Envoy counts by itself.
    headers.remove(CONTENT_LENGTH);
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: head.status.as_u16().into() }),
        headers: options(&headers),
        body: String::from_utf8_lossy(body).into_owned(),
    };
    CheckResponse { status: Some(Status { code: PERMISSION_DENIED }), verdict: Some(Verdict::Denied(denied)) }
}

/// Several of one name stay several; but a version ends once only, as at the gate.
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
