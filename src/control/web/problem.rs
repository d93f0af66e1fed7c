//! The only refusals of the management API: problem documents (RFC 9457) with a stable code.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io::ErrorKind;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

pub use super::problem_code::Code;
use crate::control::Sentence;
use crate::control::operations::{
    AccessRequestConflict, AccountConflict, CredentialConflict, FieldFault, Invalid, NoSecret, NotFound,
    OperationError, OperationRefusal, SetupLinkError, SignInError, UserConflict, WebhookConflict,
};
use crate::store::{Role, StoreError};

const DATABASE_DOWN_RETRY_SECONDS: u32 = 5;
/// An operator has to act first.
const DATABASE_FAULT_RETRY_SECONDS: u32 = 60;

/// A refused request. The middleware writes the document, since it knows the id of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    /// The occurrence in words.
    pub detail: Box<Sentence>,
    pub fields: Vec<FieldProblem>,
    /// In seconds.
    pub retry_after: Option<u32>,
    /// Who may do it, where the caller's role may not.
    pub roles: Vec<Role>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The name of the field, as in the request.
    #[schema(example = "contact_mobile")]
    pub field: Cow<'static, str>,
    /// The predicate of a sentence whose subject is the field.
    #[schema(value_type = String, example = "must begin with +")]
    pub problem: Sentence,
    /// The position in an imported file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub at: Option<Position>,
}

/// A position in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Position {
    /// Counted from 1.
    #[schema(minimum = 1)]
    pub line: u32,
    /// Counted from 1.
    #[schema(minimum = 1)]
    pub column: u32,
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'p> {
    /// The page that explains the code.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// The code in words, the same for every occurrence.
    title: &'p str,
    /// The status of the response.
    status: u16,
    /// This occurrence in words.
    detail: &'p str,
    /// The stable code of the problem.
    #[schema(example = "not_found")]
    code: &'p str,
    /// The same as in the header X-Request-Id.
    request_id: &'p str,
    /// The invalid fields of the request.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    fields: &'p [FieldProblem],
}

impl Problem {
    pub fn new(code: Code, detail: Sentence) -> Self {
        Self { code, detail: Box::new(detail), fields: Vec::new(), retry_after: None, roles: Vec::new() }
    }

    /// With a detail for callers of the management API and the log only: pages would show it in English.
    pub(crate) fn english(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, Sentence::english(detail))
    }

    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// `problem` is the predicate of a sentence: `must be a number`.
    pub fn of_field(field: &'static str, problem: Sentence) -> Self {
        Invalid::one(field, problem).into()
    }

    pub(crate) fn write(&self, kind: String, request_id: &str) -> Response {
        let detail = self.detail.to_string();
        let document = Document {
            kind,
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &detail,
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
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"claviger\""));
        }
        response
    }
}

impl FieldProblem {
    pub(crate) fn new(field: impl Into<Cow<'static, str>>, problem: Sentence) -> Self {
        Self { field: field.into(), problem, at: None }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The problem of a handler, or one for an error of the framework; `None` for a response that is no error.
pub(crate) fn problem_of(response: &Response) -> Option<Problem> {
    let status = response.status();
    let of_framework = || {
        let is_error = status.is_client_error() || status.is_server_error();
        let code = Code::of_status(status);
        is_error.then(|| Problem::new(code, detail_of_framework(code)))
    };
    response.extensions().get::<Problem>().cloned().or_else(of_framework)
}

/// What the caller can do about an error of the framework, which has no words of its own.
fn detail_of_framework(code: Code) -> Sentence {
    match code {
        Code::NotFound => Sentence::english("no resource has this path"),
        Code::MethodNotAllowed => {
            Sentence::english("the resource does not have this method; the header Allow lists its methods")
        }
        Code::TooLarge => Sentence::BodyTooLarge,
        Code::UnsupportedMediaType => Sentence::MediaType,
        Code::Malformed => Sentence::Unreadable,
        _ => Sentence::english("the request failed; the log says why, by the request id"),
    }
}

impl From<NotFound> for Problem {
    fn from(error: NotFound) -> Self {
        Self::english(Code::NotFound, error.to_string())
    }
}

impl From<OperationRefusal> for Problem {
    fn from(refusal: OperationRefusal) -> Self {
        let code = match &refusal {
            OperationRefusal::Forbidden(roles) => {
                let roles = roles.clone();
                return Self { roles, ..Self::english(Code::Forbidden, refusal.to_string()) };
            }
            OperationRefusal::Revoked => Code::Unauthenticated,
            OperationRefusal::AccessNotGranted => return Self::new(Code::AccessNotGranted, Sentence::AccessNotGranted),
            OperationRefusal::MembersNotAllowed => {
                return Self::new(Code::MembersNotAllowed, Sentence::MembersNotAllowed);
            }
            OperationRefusal::NotFound(_) => Code::NotFound,
            OperationRefusal::Stale(_) => Code::Stale,
            OperationRefusal::KeyReused => Code::IdempotencyKeyReused,
            OperationRefusal::KeyBusy => {
                return Self::english(Code::IdempotencyKeyBusy, refusal.to_string()).retry_after(1);
            }
        };
        Self::english(code, refusal.to_string())
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let detail = invalid.to_string();
        let field = |fault: FieldFault| FieldProblem::new(fault.field, fault.problem);
        Self { fields: invalid.0.into_iter().map(field).collect(), ..Self::english(Code::Invalid, detail) }
    }
}

/// The words of the database are for operators: they go to the log.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Taken(_) => return Self::english(Code::Taken, error.to_string()),
            StoreError::MissingReference => {
                return Self::new(Code::Conflict, Sentence::ParentDeleted);
            }
            _ => tracing::error!("{error}"),
        }
        match error {
            StoreError::Unavailable(_) | StoreError::NoConnection | StoreError::NotPrimary(_) => {
                Self::english(Code::DatabaseUnavailable, "nothing was changed; try again")
                    .retry_after(DATABASE_DOWN_RETRY_SECONDS)
            }
            StoreError::Unusable { .. } => {
                Self::english(Code::DatabaseUnusable, "nothing was changed; the log says what to repair")
                    .retry_after(DATABASE_FAULT_RETRY_SECONDS)
            }
            StoreError::Full => Self::english(Code::DatabaseFull, "nothing was changed; reads still work")
                .retry_after(DATABASE_FAULT_RETRY_SECONDS),
            StoreError::ReadOnly => Self::english(Code::DatabaseReadOnly, "nothing was changed; reads still work")
                .retry_after(DATABASE_FAULT_RETRY_SECONDS),
            StoreError::Inconsistent { .. } | StoreError::Taken(_) | StoreError::MissingReference => {
                Self::english(Code::Internal, "a row of the database cannot be read; the log names it")
            }
        }
    }
}

impl From<NoSecret> for Problem {
    fn from(error: NoSecret) -> Self {
        match error {
            NoSecret::Machine => Self::english(Code::Internal, error.to_string()),
            NoSecret::Busy(_) => Self::english(Code::Busy, error.to_string()).retry_after(1),
        }
    }
}

impl<E: Into<Problem>> From<OperationError<E>> for Problem {
    fn from(error: OperationError<E>) -> Self {
        match error {
            OperationError::Refused(refusal) => refusal.into(),
            OperationError::Invalid(invalid) => invalid.into(),
            OperationError::Secret(error) => error.into(),
            OperationError::Store(error) => error.into(),
            OperationError::Other(reason) => reason.into(),
        }
    }
}

impl From<Infallible> for Problem {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<CredentialConflict> for Problem {
    fn from(conflict: CredentialConflict) -> Self {
        let code = match conflict {
            CredentialConflict::IdTaken | CredentialConflict::OwnKeyIdTaken(_) => Code::IdTaken,
            CredentialConflict::UsernameTaken => Code::UsernameTaken,
            CredentialConflict::TextsUsedUp { wait, .. } => {
                return Self::new(Code::TooManyRequests, Sentence::from(&conflict)).retry_after(wait);
            }
            CredentialConflict::Changed
            | CredentialConflict::OwnKeyReset
            | CredentialConflict::OwnKeyNotShown
            | CredentialConflict::OwnKeyUnusable(_)
            | CredentialConflict::OwnKeyExpired(_)
            | CredentialConflict::OwnKeyDuplicate
            | CredentialConflict::OwnKeyEnabled
            | CredentialConflict::OwnKeyDisabled(_)
            | CredentialConflict::NoDelivery
            | CredentialConflict::NothingToSend
            | CredentialConflict::SecretOff(_)
            | CredentialConflict::TextsEnded => Code::Conflict,
        };
        Self::new(code, Sentence::from(&conflict))
    }
}

impl From<AccountConflict> for Problem {
    fn from(conflict: AccountConflict) -> Self {
        let code = match conflict {
            AccountConflict::IdTaken => Code::IdTaken,
            AccountConflict::NotGranted => Code::NotGranted,
        };
        Self::new(code, Sentence::from(&conflict))
    }
}

impl From<AccessRequestConflict> for Problem {
    fn from(conflict: AccessRequestConflict) -> Self {
        let code = match &conflict {
            AccessRequestConflict::AlreadyGranted | AccessRequestConflict::AlreadyPending => Code::NotAskable,
            AccessRequestConflict::NotDecidable(requests) if requests.iter().any(|request| request.state.is_none()) => {
                Code::NotFound
            }
            AccessRequestConflict::NotPending(_) | AccessRequestConflict::NotDecidable(_) => Code::NotPending,
        };
        Self::new(code, Sentence::from(&conflict))
    }
}

impl From<UserConflict> for Problem {
    fn from(conflict: UserConflict) -> Self {
        let code = match conflict {
            UserConflict::EmailTaken => Code::Taken,
            UserConflict::Oneself | UserConflict::LastOwner => Code::Conflict,
            UserConflict::LastStaff => Code::LastStaff,
        };
        Self::new(code, Sentence::from(&conflict))
    }
}

impl From<WebhookConflict> for Problem {
    fn from(conflict: WebhookConflict) -> Self {
        Self::new(Code::Conflict, Sentence::from(&conflict))
    }
}

impl From<SetupLinkError> for Problem {
    fn from(error: SetupLinkError) -> Self {
        let code = match error {
            SetupLinkError::AlreadySetUp => Code::Conflict,
            SetupLinkError::NotValid => Code::LinkWorthless,
            SetupLinkError::EmailTaken => Code::Taken,
        };
        Self::new(code, Sentence::from(&error))
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::new(Code::SignInFailed, Sentence::from(&error)),
            SignInError::TooMany { retry_after } => {
                let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX).max(1);
                Self::new(Code::TooManyRequests, Sentence::from(&error)).retry_after(seconds)
            }
        }
    }
}

/// A file that cannot be written or sent.
impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "a temporary file cannot be written");
        let detail = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "the temporary folder of the server has no room for this file; an operator has to enlarge it"
            }
            _ => "the file cannot be written; the log says why",
        };
        Self::english(Code::Internal, detail)
    }
}
