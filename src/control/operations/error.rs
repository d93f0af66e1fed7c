use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use super::Right;
use crate::auth::{HashError, HashQueueFull};
use crate::control::Sentence;
use crate::store::{Role, StoreError};

/// Why an operation failed. An operation is one transaction, so it has changed nothing then; only
/// [`upgrade_unversioned`](super::upgrade_unversioned) commits in batches, and those before the failure stay.
#[derive(Debug, thiserror::Error)]
pub enum OperationError<E = Infallible> {
    #[error(transparent)]
    Refused(#[from] OperationRefusal),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Secret(#[from] NoSecret),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What only this operation, or operations on this entity, can fail for.
    #[error(transparent)]
    Other(E),
}

/// Marks the error types that [`OperationError::Other`] holds. [`Infallible`] is none, so that an error of a step that
/// all operations share converts into the error of each.
pub trait OperationReason {}

impl OperationReason for std::io::Error {}
impl OperationReason for crate::config::Diagnostics {}

impl<E: OperationReason> From<E> for OperationError<E> {
    fn from(reason: E) -> Self {
        Self::Other(reason)
    }
}

impl<E: OperationReason> From<OperationError> for OperationError<E> {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Refused(refusal) => Self::Refused(refusal),
            OperationError::Invalid(invalid) => Self::Invalid(invalid),
            OperationError::Secret(error) => Self::Secret(error),
            OperationError::Store(error) => Self::Store(error),
            OperationError::Other(never) => match never {},
        }
    }
}

/// The caller may not see an entity with this id, or none exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no {0} has this id")]
pub struct NotFound(pub &'static str);

/// Why an operation is refused to this caller, or in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationRefusal {
    /// With the roles that may; none where no role would do.
    #[error("your role does not allow this")]
    Forbidden(Vec<Role>),
    /// Role, account or `enabled` of the caller changed after the request was authenticated.
    #[error("you have been signed out, or this token has been revoked")]
    Revoked,
    #[error("API access has not been granted to this account")]
    AccessNotGranted,
    #[error("this account does not let its members have keys of their own")]
    MembersNotAllowed,
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// `If-Match` named another revision than this current one.
    #[error("it has changed since you read it, and is at revision {0}; read it again")]
    Stale(i64),
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// The first request with this key is running, or was interrupted.
    #[error("a request with this Idempotency-Key is in progress; try again")]
    KeyBusy,
}

impl OperationRefusal {
    /// For a caller who has none of these rights.
    pub fn forbidden(rights: &[Right]) -> Self {
        let may = |role: &Role| rights.iter().any(|right| right.is_of(*role));
        Self::Forbidden(Role::ALL.into_iter().filter(may).collect())
    }

    /// For a caller whom no role would help, such as a script that has no session.
    pub fn for_no_role() -> Self {
        Self::Forbidden(Vec::new())
    }
}

/// A field that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Name in the API; of an entry of a list, with its position: `[2].entity`.
    pub field: Cow<'static, str>,
    /// Continues a sentence that begins with the name: "must not be empty".
    pub problem: Sentence,
}

/// Every field of an input that is not accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalid(pub Vec<FieldFault>);

impl Invalid {
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, problem: Sentence) {
        self.0.push(FieldFault { field: field.into(), problem });
    }

    pub fn one(field: impl Into<Cow<'static, str>>, problem: Sentence) -> Self {
        Self(vec![FieldFault { field: field.into(), problem }])
    }

    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Without faults of fields that have one there.
    #[must_use]
    pub fn beside(self, others: &Self) -> Self {
        let is_new = |fault: &FieldFault| others.0.iter().all(|other| other.field != fault.field);
        Self(self.0.into_iter().filter(is_new).collect())
    }

    /// # Errors
    /// Itself, unless empty.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            write!(f, "{}{} {}", if at == 0 { "" } else { "; " }, fault.field, fault.problem)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

/// Why a secret cannot be created or compared now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    #[error("the system gave no randomness or no memory")]
    Machine,
    #[error(transparent)]
    Busy(#[from] HashQueueFull),
}

impl From<HashError> for NoSecret {
    fn from(error: HashError) -> Self {
        match error {
            HashError::QueueFull(full) => full.into(),
            HashError::Failed(_) => Self::Machine,
        }
    }
}
