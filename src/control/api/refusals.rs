//! What operations refuse, as problems.

use super::field_problem::FieldProblem;
use super::problem::{Code, Problem};
use crate::control::operations::{Busy, FieldFault, Invalid, NoRandomness, NoSecret, NotFound, Refusal};
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

impl From<NoRandomness> for Problem {
    fn from(error: NoRandomness) -> Self {
        Self::new(Code::Internal, error.to_string())
    }
}

impl From<Busy> for Problem {
    fn from(error: Busy) -> Self {
        Self::new(Code::Busy, error.to_string()).retry_after(1)
    }
}

impl From<NoSecret> for Problem {
    fn from(error: NoSecret) -> Self {
        match error {
            NoSecret::Machine => Self::new(Code::Internal, error.to_string()),
            NoSecret::Busy(busy) => busy.into(),
        }
    }
}
