//! The only refusals of the API: problem documents (RFC 9457) with a stable code.

use std::borrow::Cow;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::field_problem::FieldProblem;

/// Why a request is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Not JSON, an unknown field, a query or header that cannot be read.
    Malformed,
    /// Nobody, or nobody that is known.
    Unauthenticated,
    /// E-mail address or password is wrong.
    SignInFailed,
    /// Known, and not allowed.
    Forbidden,
    /// Nothing of the account before the provider has let it in.
    AccessNotGranted,
    /// No keys of members while the account does not want them.
    MembersNotAllowed,
    /// A page of somebody else's makes a browser ask.
    CrossSite,
    /// No such thing, or none that may be seen.
    NotFound,
    /// The thing is there, and knows no such method.
    MethodNotAllowed,
    /// Somebody has this id.
    IdTaken,
    /// Somebody has this user name.
    UsernameTaken,
    /// Somebody has another name that can be had once.
    Taken,
    /// The provider has not let the account use the API.
    NotGranted,
    /// The account has what it asks for, or is waiting for it.
    NotAskable,
    /// The request is decided, or withdrawn.
    NotPending,
    /// Nobody could do it any more.
    LastStaff,
    /// It is another kind of thing by now, or in another state.
    Conflict,
    /// A call with this key is being answered.
    IdempotencyKeyBusy,
    /// It has been changed meanwhile.
    Stale,
    /// More than is read.
    TooLarge,
    /// Not JSON by its own word.
    UnsupportedMediaType,
    /// Well written, and not possible.
    Invalid,
    /// This key came with another call before.
    IdempotencyKeyReused,
    /// A change has to say of what.
    PreconditionRequired,
    /// Too often.
    TooManyRequests,
    /// A set-up link that is used, over, or was never made.
    LinkWorthless,
    /// Our own fault.
    Internal,
    /// Too much to do.
    Busy,
    /// Does not answer now.
    DatabaseUnavailable,
    /// Answers, and has to be mended first.
    DatabaseUnusable,
    /// Has no space.
    DatabaseFull,
    /// Cannot be written.
    DatabaseReadOnly,
}

/// Code, its word, its status, its title; in the order of the codes.
const TABLE: [(Code, &str, StatusCode, &str); 32] = [
    (Code::Malformed, "malformed", StatusCode::BAD_REQUEST, "The request cannot be read"),
    (Code::Unauthenticated, "unauthenticated", StatusCode::UNAUTHORIZED, "Nobody has signed in"),
    (Code::SignInFailed, "sign_in_failed", StatusCode::UNAUTHORIZED, "Not signed in"),
    (Code::Forbidden, "forbidden", StatusCode::FORBIDDEN, "Not allowed"),
    (Code::AccessNotGranted, "access_not_granted", StatusCode::FORBIDDEN, "API access is not granted"),
    (Code::MembersNotAllowed, "members_not_allowed", StatusCode::FORBIDDEN, "Members have no keys here"),
    (Code::CrossSite, "cross_site", StatusCode::FORBIDDEN, "The request comes from another site"),
    (Code::NotFound, "not_found", StatusCode::NOT_FOUND, "Not found"),
    (Code::MethodNotAllowed, "method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "No such method here"),
    (Code::IdTaken, "id_taken", StatusCode::CONFLICT, "The id is taken"),
    (Code::UsernameTaken, "username_taken", StatusCode::CONFLICT, "The user name is taken"),
    (Code::Taken, "taken", StatusCode::CONFLICT, "Taken already"),
    (Code::NotGranted, "not_granted", StatusCode::CONFLICT, "API access is not granted"),
    (Code::NotAskable, "not_askable", StatusCode::CONFLICT, "There is nothing to ask for"),
    (Code::NotPending, "not_pending", StatusCode::CONFLICT, "It does not wait for a decision"),
    (Code::LastStaff, "last_staff", StatusCode::CONFLICT, "Somebody has to stay"),
    (Code::Conflict, "conflict", StatusCode::CONFLICT, "It has changed meanwhile"),
    (Code::IdempotencyKeyBusy, "idempotency_key_busy", StatusCode::CONFLICT, "The same call is being answered"),
    (Code::Stale, "stale", StatusCode::PRECONDITION_FAILED, "It has another revision"),
    (Code::TooLarge, "too_large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
    (
        Code::UnsupportedMediaType,
        "unsupported_media_type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body is of another kind",
    ),
    (Code::Invalid, "invalid", StatusCode::UNPROCESSABLE_ENTITY, "Fields are not valid"),
    (
        Code::IdempotencyKeyReused,
        "idempotency_key_reused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The Idempotency-Key is of another call",
    ),
    (Code::PreconditionRequired, "precondition_required", StatusCode::PRECONDITION_REQUIRED, "A change needs If-Match"),
    (Code::TooManyRequests, "too_many_requests", StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
    (Code::LinkWorthless, "link_worthless", StatusCode::GONE, "The link is not valid"),
    (Code::Internal, "internal", StatusCode::INTERNAL_SERVER_ERROR, "Something has failed"),
    (Code::Busy, "busy", StatusCode::SERVICE_UNAVAILABLE, "Too much to do"),
    (
        Code::DatabaseUnavailable,
        "database_unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "The database does not answer",
    ),
    (Code::DatabaseUnusable, "database_unusable", StatusCode::SERVICE_UNAVAILABLE, "The database cannot be used"),
    (Code::DatabaseFull, "database_full", StatusCode::SERVICE_UNAVAILABLE, "The database has no space left"),
    (Code::DatabaseReadOnly, "database_read_only", StatusCode::SERVICE_UNAVAILABLE, "The database is read-only"),
];

impl Code {
    /// Every one there is.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(code, ..)| *code)
    }

    /// The word that scripts look at.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// What HTTP calls it.
    pub fn status(self) -> StatusCode {
        self.row().2
    }

    /// The same for every occurrence.
    pub fn title(self) -> &'static str {
        self.row().3
    }

    fn row(self) -> &'static (Self, &'static str, StatusCode, &'static str) {
        &TABLE[self as usize]
    }

    /// For what answers with a status of its own; none of it comes from here.
    pub(in crate::control) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            status if status.is_client_error() => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

/// One request that is not done. What surrounds the router writes it, with the id of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub code: Code,
    /// What it is about this time.
    pub detail: Cow<'static, str>,
    /// What is wrong with which field.
    pub fields: Vec<FieldProblem>,
    /// Seconds after which it may be tried again.
    pub retry_after: Option<u32>,
}

/// Why a request is not done (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'p> {
    /// Names the code, for people.
    #[serde(rename = "type")]
    #[schema(format = "uri")]
    kind: String,
    /// The same for every occurrence of the code.
    title: &'p str,
    /// As of the answer.
    status: u16,
    /// What it is about this time.
    detail: &'p str,
    /// The word to look at.
    #[schema(example = "not_found")]
    code: &'p str,
    /// As in the header X-Request-Id.
    request_id: &'p str,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    fields: &'p [FieldProblem],
}

impl Problem {
    /// With nothing but a code.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), fields: Vec::new(), retry_after: None }
    }

    /// To be tried again after so many seconds.
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// About one field.
    pub fn of_field(field: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        let fields = vec![FieldProblem::new(field, problem.clone())];
        Self { fields, ..Self::new(Code::Invalid, format!("{field} {problem}")) }
    }

    /// Head and body; `documentation` is where the codes are explained.
    pub(in crate::control) fn write(&self, documentation: &str, request_id: &str) -> Response {
        let document = Document {
            kind: format!("{documentation}#{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            request_id,
            fields: &self.fields,
        };
        let mut body = serde_json::to_vec(&document).unwrap_or_default();
        body.push(b'\n');
        let mut response = (self.code.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"desk\""));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_row_and_a_word_of_its_own() {
        let words: std::collections::HashSet<_> = Code::all().map(Code::as_str).collect();
        assert_eq!(words.len(), TABLE.len());
        for (code, word, status, title) in TABLE {
            assert_eq!((code.as_str(), code.status(), code.title()), (word, status, title));
        }
    }
}
