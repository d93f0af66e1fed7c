//! Around every request: its id, the check of its origin, the digest for its Idempotency-Key, and the one form of all
//! refusals.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, SET_COOKIE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::csrf;
use super::problem::{Code, Problem, problem_of};
use super::state::ControlState;
use crate::control::Sentence;
use crate::credential::time_ordered_id;

/// Of every request but the import of a file.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// In every response, and in the audit log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// SHA-256 of a request with an Idempotency-Key, the key included.
#[derive(Clone, Copy)]
pub(crate) struct RequestDigest(pub(crate) [u8; 32]);

/// Outermost, so that every response, the framework's own included, gets the same form.
pub(crate) async fn handle(State(state): State<ControlState>, mut request: Request, next: Next) -> Response {
    let settings = state.settings.load_full();
    let id = new_request_id(&state);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = match prepare(request, settings.public_url.as_deref()).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = problem_of(&response) {
        let mut written = problem.write(settings.error_page(problem.code), &id);
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

pub(crate) fn new_request_id(state: &ControlState) -> String {
    time_ordered_id(state.clock.now(), None).to_string()
}

async fn prepare(request: Request, public_url: Option<&str>) -> Result<Request, Problem> {
    csrf::reject_cross_site(request.method(), request.headers(), public_url)?;
    if request.method().is_safe() || !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    // The caller is not authenticated yet, so the limit holds for imports too.
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        let detail = Sentence::KeyedBodyTooLarge { max: MAX_BODY_BYTES.into() };
        return Err(Problem::new(Code::TooLarge, detail));
    };
    let mut request = Request::from_parts(parts, Body::from(body.clone()));
    let digest = digest(&request, &body);
    request.extensions_mut().insert(digest);
    Ok(request)
}

/// The key is part of the input and is stored nowhere, so a reader of the database cannot test guesses of a chosen
/// password in the body.
fn digest(request: &Request, body: &[u8]) -> RequestDigest {
    let key = request.headers().get(IDEMPOTENCY_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    RequestDigest(digest_of([key, request.method().as_str().as_bytes(), target.as_bytes(), body]))
}

/// SHA-256 of parts, each with its length.
pub(crate) fn digest_of(parts: [&[u8]; 4]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
