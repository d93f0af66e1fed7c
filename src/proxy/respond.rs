//! The only writer of refusals over HTTP: problem documents (RFC 9457) and challenges. Those over gRPC are in
//! `forward_auth`.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, RETRY_AFTER, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::Session;
use serde::Serialize;
use uuid::Uuid;

use super::cors::CorsHeaders;
use super::request::headers::has_one_length;
use crate::auth::{Accept, RateStatus, Rejection, Scheme};

/// Largest body, in bytes, that is read after a refusal to keep the connection.
const MAX_DRAINED_BYTES: u64 = 16 * 1024;
pub(super) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Builds refusals under one policy.
pub(super) struct Refusals {
    error_docs: String,
    challenges: Vec<Challenge>,
    cors: Option<Arc<CorsHeaders>>,
}

/// The refusal of one request.
pub(super) struct Refusal {
    pub(super) rejection: Rejection,
    pub(super) presented: Scheme,
    /// `None` where the credential has no limit.
    pub(super) rate_status: Option<RateStatus>,
    pub(super) id: Uuid,
    /// That of the page that may read it.
    pub(super) origin: Option<HeaderValue>,
}

/// The WWW-Authenticate value of one accepted scheme, by reason.
struct Challenge {
    scheme: Scheme,
    bare: HeaderValue,
    invalid_request: HeaderValue,
    invalid_token: HeaderValue,
    insufficient_scope: HeaderValue,
}

/// RFC 9457, 3.1, with two extension members.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    request_id: Uuid,
}

impl Refusals {
    /// `error_docs` is what `type` begins with.
    pub(super) fn new(accept: &Accept, error_docs: &str, cors: Option<Arc<CorsHeaders>>) -> Self {
        let basic = HeaderValue::from_static("Basic realm=\"api\", charset=\"UTF-8\"");
        let bearer = Challenge {
            scheme: Scheme::Bearer,
            bare: HeaderValue::from_static("Bearer realm=\"api\""),
            invalid_request: HeaderValue::from_static("Bearer realm=\"api\", error=\"invalid_request\""),
            invalid_token: HeaderValue::from_static("Bearer realm=\"api\", error=\"invalid_token\""),
            insufficient_scope: HeaderValue::from_static("Bearer realm=\"api\", error=\"insufficient_scope\""),
        };
        let same = |scheme, value: HeaderValue| Challenge {
            scheme,
            bare: value.clone(),
            invalid_request: value.clone(),
            invalid_token: value.clone(),
            insufficient_scope: value,
        };
        // Schemes that Authorization is read with, so that every challenge can be met.
        let further = accept.schemes.iter().filter_map(|scheme| {
            let value = HeaderValue::from_str(&format!("{scheme} realm=\"api\"")).ok()?;
            Some(same(Scheme::Custom, value))
        });
        let bearer = accept.bearer.then_some(bearer);
        let basic = accept.reads_basic().then(|| same(Scheme::Basic, basic));
        let mut challenges: Vec<_> = bearer.into_iter().chain(further).chain(basic).collect();
        if challenges.is_empty() {
            // A 401 needs a challenge (RFC 9110, 15.5.2): this one names where the API key belongs.
            let place = match (&accept.api_key_header, &accept.api_key_query, &accept.websocket_protocol) {
                (Some(header), ..) => format!("ApiKey realm=\"api\", in=\"header\", name=\"{header}\""),
                // The token alone is the value.
                _ if accept.bare_token => "ApiKey realm=\"api\", in=\"header\", name=\"Authorization\"".to_owned(),
                (None, Some(query), _) => format!("ApiKey realm=\"api\", in=\"query\", name=\"{query}\""),
                (None, None, Some(protocol)) => format!(
                    "ApiKey realm=\"api\", in=\"header\", name=\"Sec-WebSocket-Protocol\", protocol=\"{protocol}\""
                ),
                (None, None, None) => "ApiKey realm=\"api\"".to_owned(),
            };
            challenges.extend(HeaderValue::from_str(&place).ok().map(|value| same(Scheme::ApiKey, value)));
        }
        Self { error_docs: error_docs.to_owned(), challenges, cors }
    }

    pub(super) fn build(&self, refusal: &Refusal) -> pingora::Result<(ResponseHeader, Bytes)> {
        let Refusal { rejection, presented, id, .. } = *refusal;
        let problem = Problem {
            kind: &format!("{}{}", self.error_docs, rejection.code()),
            title: rejection.title(),
            status: rejection.status().as_u16(),
            detail: rejection.detail(),
            code: rejection.code(),
            request_id: id,
        };
        let mut body = serde_json::to_vec(&problem).unwrap_or_default();
        // For reading in a terminal.
        body.push(b'\n');
        let body = Bytes::from(body);
        let mut head = ResponseHeader::build_no_case(rejection.status(), Some(8))?;
        head.insert_header(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))?;
        head.insert_header(CONTENT_LENGTH, HeaderValue::from(body.len()))?;
        head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))?;
        if let Some(delay) = rejection.retry_after() {
            head.insert_header(RETRY_AFTER, HeaderValue::from(delay.as_secs()))?;
        }
        if let Some(status) = &refusal.rate_status {
            set_rate_headers(&mut head, status)?;
        }
        for challenge in &self.challenges {
            if let Some(value) = challenge.value(rejection, presented) {
                head.append_header(WWW_AUTHENTICATE, value)?;
            }
        }
        if let Some(cors) = &self.cors {
            cors.set_on_refusal(&mut head, refusal.origin.as_ref(), id)?;
        }
        Ok((head, body))
    }

    /// A refusal of HTTP/1.1 that closes its connection, as it goes over the wire. `now` is its Date.
    pub(super) fn wire(&self, refusal: &Refusal, now: Timestamp, is_head: bool) -> Bytes {
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let status = refusal.rejection.status();
        let reason = status.canonical_reason().unwrap_or_default();
        let mut wire =
            format!("HTTP/1.1 {} {reason}\r\nDate: {date}\r\nConnection: close\r\n", status.as_u16()).into_bytes();
        if let Ok((head, body)) = self.build(refusal) {
            for (name, value) in &head.headers {
                wire.extend_from_slice(name.as_str().as_bytes());
                wire.extend_from_slice(b": ");
                wire.extend_from_slice(value.as_bytes());
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"\r\n");
            if !is_head {
                wire.extend_from_slice(&body);
            }
        } else {
            wire.extend_from_slice(b"Content-Length: 0\r\n\r\n");
        }
        wire.into()
    }

    /// Keeps the connection where the request body is small or absent.
    pub(super) async fn refuse(&self, session: &mut Session, refusal: Refusal) -> pingora::Result<()> {
        let (mut head, body) = self.build(&refusal)?;
        set_grpc_status(&mut head, session.req_header(), refusal.rejection)?;
        send(session, head, body, refusal.rejection.ends_connection()).await
    }

    /// Answers a request that the upstream did not answer; the connection closes.
    pub(super) async fn respond_for_upstream(&self, session: &mut Session, refusal: Refusal) -> pingora::Result<()> {
        let (mut head, body) = self.build(&refusal)?;
        set_grpc_status(&mut head, session.req_header(), refusal.rejection)?;
        session.as_downstream_mut().write_error_response(head, body).await
    }
}

/// Answers a request that is not forwarded; keeps the connection where the request body is small or absent.
pub(super) async fn send(
    session: &mut Session,
    head: ResponseHeader,
    body: Bytes,
    ends_connection: bool,
) -> pingora::Result<()> {
    if !ends_connection && is_drainable(session.req_header()) {
        session.set_close_on_response_before_downstream_finish(false);
    } else {
        session.set_keepalive(None);
    }
    if body.is_empty() || session.req_header().method == Method::HEAD {
        return session.write_response_header(Box::new(head), true).await;
    }
    session.write_response_header(Box::new(head), false).await?;
    session.write_response_body(Some(body), true).await
}

impl Challenge {
    fn value(&self, rejection: Rejection, presented: Scheme) -> Option<HeaderValue> {
        let is_unauthorized = rejection.status() == StatusCode::UNAUTHORIZED;
        match rejection {
            // No error code where nothing was presented (RFC 6750, 3.1).
            Rejection::CredentialMissing => Some(self.bare.clone()),
            Rejection::CredentialMalformed(_) if self.scheme == Scheme::Bearer => Some(self.invalid_request.clone()),
            Rejection::ScopeInsufficient if presented == self.scheme && presented == Scheme::Bearer => {
                Some(self.insufficient_scope.clone())
            }
            _ if is_unauthorized && presented == self.scheme => Some(self.invalid_token.clone()),
            _ if is_unauthorized => Some(self.bare.clone()),
            _ => None,
        }
    }
}

/// Sets the RateLimit fields (draft-ietf-httpapi-ratelimit-headers). The upstream's own stay: both fields are lists.
pub(super) fn set_rate_headers(head: &mut ResponseHeader, status: &RateStatus) -> pingora::Result<()> {
    let RateStatus { limit, remaining, reset_after, .. } = status;
    head.append_header("RateLimit-Policy", format!("\"default\";q={};w={}", limit.requests, limit.seconds))?;
    head.append_header("RateLimit", format!("\"default\";r={remaining};t={}", reset_after.as_secs()))?;
    Ok(())
}

pub(super) fn is_grpc(request: &RequestHeader) -> bool {
    request.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Sets gRPC's own status: without it, some clients would read the problem document as a message.
pub(super) fn set_grpc_status(
    head: &mut ResponseHeader,
    request: &RequestHeader,
    rejection: Rejection,
) -> pingora::Result<()> {
    if !is_grpc(request) {
        return Ok(());
    }
    head.insert_header(GRPC_STATUS, HeaderValue::from(grpc_status(rejection.status())))?;
    head.insert_header(GRPC_MESSAGE, HeaderValue::from_static(rejection.code()))
}

/// As gRPC maps the HTTP statuses of intermediaries, except 400 and 410.
fn grpc_status(status: StatusCode) -> u16 {
    const INVALID_ARGUMENT: u16 = 3;
    const PERMISSION_DENIED: u16 = 7;
    const RESOURCE_EXHAUSTED: u16 = 8;
    const UNIMPLEMENTED: u16 = 12;
    const UNAVAILABLE: u16 = 14;
    const UNAUTHENTICATED: u16 = 16;
    match status {
        StatusCode::UNAUTHORIZED => UNAUTHENTICATED,
        StatusCode::FORBIDDEN => PERMISSION_DENIED,
        StatusCode::BAD_REQUEST => INVALID_ARGUMENT,
        StatusCode::GONE => UNIMPLEMENTED,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE | StatusCode::PAYLOAD_TOO_LARGE => RESOURCE_EXHAUSTED,
        _ => UNAVAILABLE,
    }
}

/// True where the unread body has a small Content-Length and the client does not wait for a 100.
fn is_drainable(request: &RequestHeader) -> bool {
    let headers = &request.headers;
    let awaits_continue = headers.contains_key(EXPECT);
    if awaits_continue || headers.contains_key(TRANSFER_ENCODING) || !has_one_length(headers) {
        return false;
    }
    match headers.get(CONTENT_LENGTH) {
        None => true,
        Some(length) => length
            .to_str()
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
            .is_some_and(|length| length <= MAX_DRAINED_BYTES),
    }
}
