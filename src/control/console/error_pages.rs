//! Refusals as pages. They read nothing from the database: what stands around them is known already.

use askama::Template;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::page::{Answer, Page, Surroundings};
use super::posted_form::Fields;
use super::view::View;
use super::wording::Wording;
use crate::control::web::problem::{Code, FieldProblem, Problem};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'p> {
    v: &'p View,
    heading: String,
    lead: String,
    /// Of the occurrence.
    detail: Option<Detail>,
    code: &'p str,
    retry_after: Option<u32>,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'p> {
    v: &'p View,
    /// `None` where the request was no form that can be sent again.
    fields: Option<Vec<(String, String)>>,
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

/// What a page adds about the occurrence.
enum Detail {
    /// The roles that may.
    Roles(String),
    Sentence(Wording),
    /// Of fields that the page of the error does not have.
    Faults(Vec<Wording>),
}

/// Any refusal. `around` is what surrounds the pages of the person, as far as they are known.
pub(super) fn page(problem: &Problem, v: &View, around: &Surroundings) -> Response {
    let status = problem.code.status();
    let (heading, lead) = match problem.code {
        Code::NotFound => ("error-not-found", "error-not-found-lead"),
        Code::Forbidden | Code::AccessNotGranted | Code::MembersNotAllowed => {
            ("error-forbidden", "error-forbidden-lead")
        }
        Code::Unauthenticated => ("error-signed-out", "error-signed-out-lead-again"),
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
    let body = ErrorPage {
        v,
        heading: v.t(heading),
        lead: v.t(lead),
        detail: detail(problem, v),
        code: problem.code.as_str(),
        retry_after: problem.retry_after,
    };
    let answer = Page::new(v.t(heading), &body).and_then(|page| page.status(status).respond(v, around));
    let mut response = answer.unwrap_or_else(|_| plain(status, "This page cannot be rendered."));
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What the occurrence adds to the lead, as a sentence.
fn detail(problem: &Problem, v: &View) -> Option<Detail> {
    match problem.code {
        // It would tell what is missing.
        Code::NotFound => None,
        Code::Forbidden => {
            let roles: Vec<_> = problem.roles.iter().map(|role| v.role(role)).collect();
            (!roles.is_empty()).then(|| Detail::Roles(v.t1("error-forbidden-roles", "roles", &roles.join(", "))))
        }
        // Their details are about headers of the management API.
        Code::Unauthenticated
        | Code::TooManyRequests
        | Code::MethodNotAllowed
        | Code::Stale
        | Code::IdempotencyKeyReused
        | Code::IdempotencyKeyBusy => None,
        code if code.status().is_server_error() => None,
        _ if problem.fields.is_empty() => Some(Detail::Sentence(Wording::full(v, &problem.detail))),
        _ => {
            let fault = |fault: &FieldProblem| Wording::of_field(v, &fault.field, &fault.problem);
            Some(Detail::Faults(problem.fields.iter().map(fault).collect()))
        }
    }
}

/// A POST of another site: nothing of it is echoed.
pub(super) fn cross_site() -> Response {
    plain(StatusCode::FORBIDDEN, "Refused: this request comes from another site.")
}

/// A write without a valid session: what was typed is carried on, passwords excepted. Of other bodies than forms, such
/// as one with a file, nothing is.
pub(super) fn signed_out(v: &View, fields: Option<&Fields>) -> Response {
    let body = SignedOut {
        v,
        fields: fields.map(Fields::without_secrets),
        secrets: fields.map(Fields::filled_secrets).unwrap_or_default(),
    };
    let respond = |page: Page| page.status(StatusCode::UNAUTHORIZED).respond(v, &Surroundings::default());
    let answer = Page::new(v.t("error-signed-out"), &body).and_then(respond);
    let mut response = answer.unwrap_or_else(|_| plain(StatusCode::UNAUTHORIZED, "You are signed out."));
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"claviger\""));
    response
}

/// A form that was posted again.
pub(super) fn done_already(v: &View, around: &Surroundings, at: Timestamp, link: Option<&str>) -> Answer {
    Page::new(v.t("error-done-already"), &DoneAlready { v, at, link })?.respond(v, around)
}

fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = (status, format!("{text}\n")).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
