//! Refusals as pages. They read nothing from the database.

use askama::Template;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::page::{Answer, Page, Surroundings};
use super::posted::Fields;
use super::view::View;
use crate::control::web::problem::{Code, Problem};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'p> {
    v: &'p View,
    heading: String,
    lead: String,
    /// Of the occurrence.
    detail: Option<&'p str>,
    code: &'p str,
    retry_after: Option<u32>,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'p> {
    v: &'p View,
    fields: Vec<(String, String)>,
    /// Names of the passwords, which are typed again: without them, some pages would generate one.
    secrets: Vec<&'p str>,
}

#[derive(Template)]
#[template(path = "done_already.html")]
struct DoneAlready<'p> {
    v: &'p View,
    at: Timestamp,
    /// With the base path.
    link: Option<&'p str>,
}

/// Any refusal.
pub(super) fn page(problem: &Problem, v: &View) -> Response {
    let status = problem.code.status();
    let (heading, lead) = match problem.code {
        Code::NotFound => ("error-not-found", "error-not-found-lead"),
        Code::Forbidden | Code::AccessNotGranted | Code::MembersNotAllowed => {
            ("error-forbidden", "error-forbidden-lead")
        }
        Code::TooManyRequests => ("error-too-many", "error-too-many-lead"),
        Code::MethodNotAllowed => ("error-method", "error-method-lead"),
        Code::TooLarge => ("error-too-large", "error-too-large-lead"),
        Code::IdempotencyKeyReused => ("error-reused", "error-reused-lead"),
        _ => match status.as_u16() {
            409 | 412 => ("error-conflict", "error-conflict-lead"),
            503 => ("error-unavailable", "error-unavailable-lead"),
            500.. => ("error-internal", "error-internal-lead"),
            _ => ("error-malformed", "error-malformed-lead"),
        },
    };
    // A detail of "not found" would tell what is missing.
    let is_silent = problem.code == Code::NotFound || status.is_server_error();
    let body = ErrorPage {
        v,
        heading: v.t(heading),
        lead: v.t(lead),
        detail: (!is_silent).then_some(problem.detail.as_ref()),
        code: problem.code.as_str(),
        retry_after: problem.retry_after,
    };
    let answer = Page::new(v.t(heading), &body).and_then(|page| show(page.status(status), v));
    let mut response = answer.unwrap_or_else(|_| plain(status, "This page cannot be rendered."));
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A POST of another site: nothing of it is echoed.
pub(super) fn cross_site() -> Response {
    plain(StatusCode::FORBIDDEN, "Refused: this request comes from another site.")
}

/// A POST without a valid session: what was typed is carried on, passwords excepted.
pub(super) fn signed_out(v: &View, fields: &Fields) -> Response {
    let body = SignedOut { v, fields: fields.without_secrets(), secrets: fields.filled_secrets() };
    let answer =
        Page::new(v.t("error-signed-out"), &body).and_then(|page| show(page.status(StatusCode::UNAUTHORIZED), v));
    let mut response = answer.unwrap_or_else(|_| plain(StatusCode::UNAUTHORIZED, "You are signed out."));
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"claviger\""));
    response
}

/// A form that was posted again.
pub(super) fn done_already(v: &View, at: Timestamp, link: Option<&str>) -> Answer {
    show(Page::new(v.t("error-done-already"), &DoneAlready { v, at, link })?, v)
}

fn show(page: Page, v: &View) -> Answer {
    page.respond(v, &Surroundings::default())
}

fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = (status, format!("{text}\n")).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
