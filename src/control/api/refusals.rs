//! What operations refuse, as problems.

use std::convert::Infallible;

use super::field_problem::FieldProblem;
use super::problem::{Code, Problem};
use crate::control::operations::{
    AccessRequestConflict, AccountConflict, CredentialConflict, FieldFault, Invalid, NoSecret, NotFound,
    OperationError, Refusal, SetupLinkError, SignInError, UserConflict,
};
use crate::store::StoreError;

/// A database that is gone is looked for again after this.
const AGAIN: u32 = 5;

impl From<NotFound> for Problem {
    fn from(error: NotFound) -> Self {
        Self::new(Code::NotFound, error.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Forbidden => Code::Forbidden,
            Refusal::Revoked => Code::Unauthenticated,
            Refusal::AccessNotGranted => Code::AccessNotGranted,
            Refusal::MembersNotAllowed => Code::MembersNotAllowed,
            Refusal::NotFound(_) => Code::NotFound,
            Refusal::Stale(_) => Code::Stale,
            Refusal::KeyReused => Code::IdempotencyKeyReused,
            Refusal::KeyBusy => return Self::new(Code::IdempotencyKeyBusy, refusal.to_string()).retry_after(1),
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let detail = invalid.to_string();
        let field = |fault: FieldFault| FieldProblem::new(fault.field, fault.problem);
        Self { fields: invalid.0.into_iter().map(field).collect(), ..Self::new(Code::Invalid, detail) }
    }
}

/// What a database says of itself is for operators: it goes to the log.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Taken(_) => return Self::new(Code::Taken, error.to_string()),
            StoreError::MissingReference => {
                return Self::new(Code::Conflict, "something that it belongs to does not exist any more");
            }
            _ => tracing::error!("{error}"),
        }
        match error {
            StoreError::Unavailable(_) => {
                Self::new(Code::DatabaseUnavailable, "nothing has happened; try again").retry_after(AGAIN)
            }
            StoreError::Unusable { .. } => {
                Self::new(Code::DatabaseUnusable, "nothing has happened; the log says what to mend").retry_after(60)
            }
            StoreError::Full => {
                Self::new(Code::DatabaseFull, "nothing has happened; reading goes on meanwhile").retry_after(60)
            }
            StoreError::ReadOnly => {
                Self::new(Code::DatabaseReadOnly, "nothing has happened; reading goes on meanwhile").retry_after(60)
            }
            StoreError::Inconsistent { .. } | StoreError::Taken(_) | StoreError::MissingReference => {
                Self::new(Code::Internal, "a row of the database cannot be read; the log says which")
            }
        }
    }
}

impl From<NoSecret> for Problem {
    fn from(error: NoSecret) -> Self {
        match error {
            NoSecret::Machine => Self::new(Code::Internal, error.to_string()),
            NoSecret::Busy(_) => Self::new(Code::Busy, error.to_string()).retry_after(1),
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
            CredentialConflict::Changed
            | CredentialConflict::OwnKeyReset
            | CredentialConflict::OwnKeyDuplicate
            | CredentialConflict::OwnKeyEnabled => Code::Conflict,
        };
        Self::new(code, conflict.to_string())
    }
}

impl From<AccountConflict> for Problem {
    fn from(conflict: AccountConflict) -> Self {
        let code = match conflict {
            AccountConflict::IdTaken => Code::IdTaken,
            AccountConflict::NotGranted => Code::NotGranted,
        };
        Self::new(code, conflict.to_string())
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
        Self::new(code, conflict.to_string())
    }
}

impl From<UserConflict> for Problem {
    fn from(conflict: UserConflict) -> Self {
        let code = match conflict {
            UserConflict::EmailTaken => Code::Taken,
            UserConflict::Oneself | UserConflict::LastOwner => Code::Conflict,
            UserConflict::LastStaff => Code::LastStaff,
        };
        Self::new(code, conflict.to_string())
    }
}

impl From<SetupLinkError> for Problem {
    fn from(error: SetupLinkError) -> Self {
        let code = match error {
            SetupLinkError::AlreadySetUp => Code::Conflict,
            SetupLinkError::NotValid => Code::LinkWorthless,
            SetupLinkError::EmailTaken => Code::Taken,
        };
        Self::new(code, error.to_string())
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::new(Code::SignInFailed, error.to_string()),
            SignInError::TooMany { retry_after } => {
                let seconds = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX).max(1);
                Self::new(Code::TooManyRequests, error.to_string()).retry_after(seconds)
            }
        }
    }
}

/// A file that cannot be written or sent.
impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "a file cannot be written");
        Self::new(Code::Internal, "the file cannot be written; the log says why")
    }
}
