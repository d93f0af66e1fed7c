//! Why an operation is not done: what all of them have in common.

use std::fmt;

/// There is no such thing, or none that may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no {0} has this id")]
pub struct NotFound(pub &'static str);

/// What may be said to any call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not with this role.
    #[error("your role does not allow this")]
    Forbidden,
    /// Not any more: they are not who they were when they asked.
    #[error("you have been signed out, or this token has been revoked")]
    Revoked,
    /// Not before the provider has let the account in.
    #[error("API access has not been granted to this account")]
    AccessNotGranted,
    /// Not while the account keeps it from its members.
    #[error("this account does not let its members have keys of their own")]
    MembersNotAllowed,
    /// No such thing, or none that may be seen.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// It has another revision than was expected.
    #[error("it has been changed meanwhile, and is at revision {0} now; look at it again")]
    Stale(i64),
    /// This key came with another call before.
    #[error("this Idempotency-Key was used for another call")]
    KeyReused,
    /// A call with this key is running, or was cut off.
    #[error("a call with this Idempotency-Key is being answered; try again")]
    KeyBusy,
}

/// What is wrong with one of the fields that were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// As the API calls it.
    pub field: &'static str,
    /// To follow its name: "must not be empty".
    pub problem: String,
}

/// Everything that is wrong with what was given, at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invalid(pub Vec<FieldFault>);

impl Invalid {
    /// One more.
    pub fn add(&mut self, field: &'static str, problem: impl Into<String>) {
        self.0.push(FieldFault { field, problem: problem.into() });
    }

    /// One alone.
    pub fn one(field: &'static str, problem: impl Into<String>) -> Self {
        Self(vec![FieldFault { field, problem: problem.into() }])
    }

    /// These, and those.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// # Errors
    /// Itself, when there is anything.
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
