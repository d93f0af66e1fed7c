//! The only writer of refusals: problem documents (RFC 9457) and challenges.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, RETRY_AFTER, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::Session;
use serde::Serialize;
use uuid::Uuid;

use super::policy::VersionNotice;
use super::request::context::Context;
use super::request::headers::has_one_length;
use crate::auth::{Accept, RateStatus, Rejection, Scheme};

/// Bodies up to this size are read to their end after a refusal, so that the connection can go on.
const DRAINABLE: u64 = 16 * 1024;
pub(super) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// How refusals look under the settings in force.
pub(super) struct Refusals {
    documentation: String,
    challenges: Vec<Challenge>,
}

/// One request that is not let through, or does not come back.
pub(super) struct Refusal {
    /// Why.
    pub(super) rejection: Rejection,
    /// How it presented its credential.
    pub(super) presented: Scheme,
    /// How often its credential may still call, where that has a limit.
    pub(super) standing: Option<RateStatus>,
    /// Its id.
    pub(super) id: Uuid,
}

impl Refusal {
    /// Of the request that a context is about.
    pub(super) fn new(rejection: Rejection, context: &Context) -> Self {
        Self { rejection, presented: context.scheme, standing: context.standing, id: context.request_id }
    }
}

/// One accepted scheme, with and without a reason.
struct Challenge {
    scheme: Scheme,
    bare: HeaderValue,
    invalid_request: HeaderValue,
    invalid_token: HeaderValue,
    insufficient_scope: HeaderValue,
}

/// RFC 9457, 3.1, and two members of ours.
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
    /// Challenges for what is accepted; `documentation` is where the codes are explained.
    pub(super) fn new(accept: &Accept, documentation: &str) -> Self {
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
        let place = match (&accept.api_key_header, &accept.api_key_query) {
            (Some(header), _) => Some(format!("ApiKey realm=\"api\", in=\"header\", name=\"{header}\"")),
            (None, Some(query)) => Some(format!("ApiKey realm=\"api\", in=\"query\", name=\"{query}\"")),
            (None, None) => None,
        };
        let api_key = place.and_then(|place| HeaderValue::from_str(&place).ok());
        let challenges = [
            accept.bearer.then_some(bearer),
            api_key.map(|value| same(Scheme::ApiKey, value)),
            accept.basic.then(|| same(Scheme::Basic, basic)),
        ];
        Self { documentation: documentation.to_owned(), challenges: challenges.into_iter().flatten().collect() }
    }

    /// Head and body of a refusal.
    pub(super) fn build(&self, refusal: &Refusal) -> pingora::Result<(ResponseHeader, Bytes)> {
        let Refusal { rejection, presented, id, .. } = *refusal;
        let problem = Problem {
            kind: &format!("{}#{}", self.documentation, rejection.code()),
            title: rejection.title(),
            status: rejection.status().as_u16(),
            detail: rejection.detail(),
            code: rejection.code(),
            request_id: id,
        };
        let mut body = serde_json::to_vec(&problem).unwrap_or_default();
        // For people who look at it in a terminal.
        body.push(b'\n');
        let body = Bytes::from(body);
        let mut head = ResponseHeader::build_no_case(rejection.status(), Some(8))?;
        head.insert_header(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))?;
        head.insert_header(CONTENT_LENGTH, HeaderValue::from(body.len()))?;
        head.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))?;
        if let Some(delay) = rejection.retry_after() {
            head.insert_header(RETRY_AFTER, HeaderValue::from(delay.as_secs()))?;
        }
        if let Some(standing) = &refusal.standing {
            tell_rate(&mut head, standing)?;
        }
        for challenge in &self.challenges {
            if let Some(value) = challenge.value(rejection, presented) {
                head.append_header(WWW_AUTHENTICATE, value)?;
            }
        }
        Ok((head, body))
    }

    /// Refuses, and keeps the connection where the request body is small or absent.
    pub(super) async fn refuse(&self, session: &mut Session, refusal: Refusal) -> pingora::Result<()> {
        let (mut head, body) = self.build(&refusal)?;
        tell_grpc(&mut head, session.req_header(), refusal.rejection)?;
        send(session, head, body, refusal.rejection.ends_connection()).await
    }

    /// Answers for the API behind, which did not; the connection ends.
    pub(super) async fn stand_in(&self, session: &mut Session, refusal: Refusal) -> pingora::Result<()> {
        let (mut head, body) = self.build(&refusal)?;
        tell_grpc(&mut head, session.req_header(), refusal.rejection)?;
        session.as_downstream_mut().write_error_response(head, body).await
    }
}

/// Answers a request that goes no further, and keeps the connection where the request body is small or absent.
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
            // RFC 6750, 3.1: no error code where nothing was presented.
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

/// Says what limit the credential has and how it stands (draft-ietf-httpapi-ratelimit-headers). Fields of the
/// API behind stay: both are lists.
pub(super) fn tell_rate(head: &mut ResponseHeader, standing: &RateStatus) -> pingora::Result<()> {
    let RateStatus { limit, remaining, reset_after, .. } = standing;
    head.append_header("RateLimit-Policy", format!("\"default\";q={};w={}", limit.requests, limit.seconds))?;
    head.append_header("RateLimit", format!("\"default\";r={remaining};t={}", reset_after.as_secs()))?;
    Ok(())
}

/// Says that a version of the API will end, and when.
pub(super) fn tell_version(head: &mut ResponseHeader, notice: &VersionNotice) -> pingora::Result<()> {
    if let Some(value) = &notice.deprecation {
        head.insert_header("Deprecation", value.clone())?;
    }
    if let Some(value) = &notice.sunset {
        head.insert_header("Sunset", value.clone())?;
    }
    if let Some(value) = &notice.link {
        head.append_header("Link", value.clone())?;
    }
    Ok(())
}

/// Clients of gRPC look for a status of their own; some would take the problem document for a message.
pub(super) fn tell_grpc(
    head: &mut ResponseHeader,
    request: &RequestHeader,
    rejection: Rejection,
) -> pingora::Result<()> {
    let is_grpc =
        request.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    if !is_grpc {
        return Ok(());
    }
    head.insert_header(GRPC_STATUS, HeaderValue::from(grpc_status(rejection.status())))?;
    head.insert_header(GRPC_MESSAGE, HeaderValue::from_static(rejection.code()))
}

/// The code of gRPC for a status of HTTP, as gRPC itself maps those of intermediaries, but for 400 and 410.
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

/// True when the body that was not read yet is small, stated, and not held back for a go-ahead.
fn is_drainable(request: &RequestHeader) -> bool {
    let headers = &request.headers;
    let is_withheld = headers.contains_key(EXPECT);
    if is_withheld || headers.contains_key(TRANSFER_ENCODING) || !has_one_length(headers) {
        return false;
    }
    match headers.get(CONTENT_LENGTH) {
        None => true,
        Some(length) => {
            length.to_str().ok().and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length <= DRAINABLE)
        }
    }
}
