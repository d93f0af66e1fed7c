//! What is around every request: its id, where it may come from, and the one form of all refusals.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, SET_COOKIE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::csrf;
use super::state::ControlState;
use crate::control::api::extract::LARGEST_BODY;
use crate::control::api::problem::{Code, Problem};

/// Told in every answer, written in the audit.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Makes a call that comes twice one call.
pub(in crate::control) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The id of a request.
#[derive(Clone)]
pub(in crate::control) struct RequestId(pub(in crate::control) String);

/// SHA-256 of what a call with an Idempotency-Key asks for, and of that key.
#[derive(Clone, Copy)]
pub(in crate::control) struct RequestDigest(pub(in crate::control) [u8; 32]);

/// Around everything, so that whatever answers does so in our words.
pub(in crate::control) async fn surround(
    State(state): State<ControlState>,
    mut request: Request,
    next: Next,
) -> Response {
    let live = state.0.live.load_full();
    let id = request_id(state.0.clock.now());
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = match prepare(request, live.public_url.as_deref()).await {
        Ok(request) => next.run(request).await,
        Err(problem) => axum::response::IntoResponse::into_response(problem),
    };
    if let Some(problem) = problem_of(&response) {
        let mut written = problem.write(&live.error_docs, &id);
        for name in [ALLOW, SET_COOKIE] {
            for value in response.headers().get_all(&name) {
                written.headers_mut().append(&name, value.clone());
            }
        }
        response = written;
    }
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// What was refused, by us or by the framework.
fn problem_of(response: &Response) -> Option<Problem> {
    let status = response.status();
    let of_framework = || {
        let is_error = status.is_client_error() || status.is_server_error();
        is_error.then(|| Problem::new(Code::of_status(status), "the request cannot be served"))
    };
    response.extensions().get::<Problem>().cloned().or_else(of_framework)
}

async fn prepare(request: Request, public_url: Option<&str>) -> Result<Request, Problem> {
    csrf::check(request.method(), request.headers(), public_url)?;
    if request.method().is_safe() || !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    // Nobody is known yet: no more is held than any call may have.
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return Err(Problem::new(
            Code::TooLarge,
            format!("a body with an Idempotency-Key may have {LARGEST_BODY} bytes"),
        ));
    };
    let mut request = Request::from_parts(parts, Body::from(body.clone()));
    let digest = digest(&request, &body);
    request.extensions_mut().insert(digest);
    Ok(request)
}

/// With the key as it came, which is kept nowhere: what was asked for may hold a chosen password, and is not to be
/// guessed at by whoever reads the database.
fn digest(request: &Request, body: &[u8]) -> RequestDigest {
    let mut hasher = Sha256::new();
    let key = request.headers().get(IDEMPOTENCY_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    for part in [key, request.method().as_str().as_bytes(), target.as_bytes(), body] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    RequestDigest(hasher.finalize().into())
}

/// Sorts by arrival, as at the gate (UUIDv7).
fn request_id(now: Timestamp) -> String {
    let mut random = [0; 10];
    fastrand::fill(&mut random);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}
