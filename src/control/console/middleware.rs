//! Around every request for a page: its id, the check of its origin, its form, what was done before, security headers,
//! and pages for all refusals.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::base_path::RevealSite;
use super::form_idempotency::{Earlier, OnceGuard, OnceKeys};
use super::page::{DoneLink, Rendered, Surroundings};
use super::page_callers::{KnownPerson, Menu};
use super::posted_form::{Fields, ONCE, OnceKey};
use super::view::View;
use super::{error_pages, pages};
use crate::control::Sentence;
use crate::control::operations::IdempotencyKey;
use crate::control::web::caller::session_cookie;
use crate::control::web::csrf;
use crate::control::web::middleware::{MAX_BODY_BYTES, REQUEST_ID, RequestId, digest_of, new_request_id};
use crate::control::web::problem::{Code, Problem, problem_of};
use crate::control::web::state::ControlState;
use crate::credential::TokenDigest;

/// Small, because a form is read before its sender is known.
const MAX_FORM_BYTES: usize = MAX_BODY_BYTES;
const FORM: &str = "application/x-www-form-urlencoded";
const MAX_ONCE_BYTES: usize = 100;

/// `same-origin` and not `no-referrer`: with that, Chromium sends `Origin: null` with every form.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (CACHE_CONTROL, "no-store"),
];

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

#[derive(Clone)]
pub(super) struct MiddlewareState {
    state: ControlState,
    once: Arc<OnceKeys>,
}

impl MiddlewareState {
    pub(super) fn new(state: ControlState) -> Self {
        Self { state, once: Arc::new(OnceKeys::new()) }
    }
}

pub(super) async fn handle(State(state): State<MiddlewareState>, mut request: Request, next: Next) -> Response {
    let id = new_request_id(&state.state);
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(Menu(pages::MENU));
    let is_reveal = request.extensions().get::<RevealSite>().is_some();
    let mut response = answer(&state, request, next).await;
    let headers = response.headers_mut();
    if is_reveal {
        headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
    }
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

async fn answer(state: &MiddlewareState, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let view = View::new(&state.state, &parts);
    let public_url = view.public_url.as_deref();
    if csrf::reject_cross_site(&parts.method, &parts.headers, public_url).is_err() {
        return error_pages::cross_site();
    }
    let person = KnownPerson::default();
    let mut head = parts.clone();
    head.extensions.insert(person.clone());
    let mut around = Around { state: &state.state, person: person.clone(), head };
    let (mut request, fields) = match read_form(parts, body).await {
        Ok(read) => read,
        Err(problem) => {
            let around = around.of(problem.code).await;
            return error_pages::page(&problem, &view, &around);
        }
    };
    request.extensions_mut().insert(person.clone());
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let guard = match request.extensions().get::<OnceKey>() {
        Some(OnceKey(key)) => Some(state.once.claim(key).await),
        None => None,
    };
    match guard.as_ref().map(OnceGuard::earlier) {
        None | Some(Earlier::Nothing) => {}
        Some(Earlier::Same(done)) => {
            let around = around.of_person().await;
            let page = error_pages::done_already(&view, &around, done.at, done.link.as_deref());
            return page.unwrap_or_else(|problem| error_pages::page(&problem, &view, &around));
        }
        Some(Earlier::Other) => {
            let problem = Problem::english(Code::IdempotencyKeyReused, "");
            let around = around.of(problem.code).await;
            return error_pages::page(&problem, &view, &around);
        }
    }
    let response = next.run(request).await;
    let is_page = response.extensions().get::<Rendered>().is_some();
    let Some(problem) = problem_of(&response).filter(|_| !is_page) else {
        if let Some(guard) = guard
            && !response.status().is_client_error()
        {
            guard.record(view.now, link_of(&response, &view));
        }
        return response;
    };
    let mut page = match (problem.code, &fields) {
        (Code::Unauthenticated, _) if is_get => view.redirect(&sign_in_path(&view.target), None),
        (Code::Unauthenticated, fields) => error_pages::signed_out(&view, fields.as_ref()),
        // Without a session, a write cannot be told from one of another site.
        (Code::CrossSite, _) => error_pages::cross_site(),
        (code, _) => {
            let around = around.of(code).await;
            error_pages::page(&problem, &view, &around)
        }
    };
    copy_allow(response.headers(), page.headers_mut());
    page
}

/// What stands around the page of a refusal.
struct Around<'s> {
    state: &'s ControlState,
    person: KnownPerson,
    /// Of the request, which is consumed by then.
    head: Parts,
}

impl Around<'_> {
    async fn of(&mut self, code: Code) -> Arc<Surroundings> {
        match code {
            // No one is known, or the database may not answer.
            Code::Unauthenticated => Arc::default(),
            Code::TooManyRequests => self.person.cached(),
            code if code.status().is_server_error() => Arc::default(),
            _ => self.of_person().await,
        }
    }

    async fn of_person(&mut self) -> Arc<Surroundings> {
        self.person.around(&mut self.head, self.state).await
    }
}

/// The form of a POST, which becomes an extension of the request. Other bodies are left to their handlers.
async fn read_form(mut parts: Parts, body: Body) -> Result<(Request, Option<Fields>), Problem> {
    let content_type = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let content_type = content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
    // A form without fields may have no type.
    let is_form = content_type.is_none_or(|value| value.eq_ignore_ascii_case(FORM));
    if parts.method != Method::POST || !is_form {
        return Ok((Request::from_parts(parts, body), None));
    }
    let too_large = |_| Problem::new(Code::TooLarge, Sentence::FormTooLarge { max: MAX_FORM_BYTES.into() });
    let bytes = to_bytes(body, MAX_FORM_BYTES).await.map_err(too_large)?;
    let not_text = |_| Problem::new(Code::Malformed, Sentence::FormNotText);
    let fields = Fields::parse(std::str::from_utf8(&bytes).map_err(not_text)?)?;
    if let Some(once) = fields.get(ONCE).filter(|once| (1..=MAX_ONCE_BYTES).contains(&once.len())) {
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let request = digest_of([once.as_bytes(), parts.method.as_str().as_bytes(), target.as_bytes(), &bytes]);
        // Of this session: others learn nothing of what was done in it.
        let session = session_cookie(&parts.headers).ok().flatten().unwrap_or_default();
        let key = IdempotencyKey { key: TokenDigest::of(format!("{once} {session}").as_bytes()).to_string(), request };
        parts.extensions.insert(OnceKey(key));
    }
    parts.extensions.insert(fields.clone());
    Ok((Request::from_parts(parts, Body::empty()), Some(fields)))
}

/// Where a repeated form leads.
fn link_of(response: &Response, view: &View) -> Option<String> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    location.or_else(|| response.extensions().get::<DoneLink>().map(|DoneLink(path)| view.url(path)))
}

fn sign_in_path(target: &str) -> String {
    match target {
        "/" => "/sign-in".to_owned(),
        target => format!("/sign-in?next={}", utf8_percent_encode(target, NON_ALPHANUMERIC)),
    }
}

fn copy_allow(from: &HeaderMap, to: &mut HeaderMap) {
    for value in from.get_all(ALLOW) {
        to.append(ALLOW, value.clone());
    }
}
