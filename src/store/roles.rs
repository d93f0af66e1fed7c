//! What somebody may be.

use std::fmt;
use std::str::FromStr;

/// A role of a user or of an operator token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Of the provider; belongs to no account.
    Staff,
    /// Answers for an account.
    Owner,
    /// Looks after an account's credentials.
    Implementer,
    /// Has a key of their own, where the account lets members have one.
    Member,
}

/// A word that is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be staff, owner, implementer or member")]
pub struct NoRole;

impl Role {
    /// Every one there is.
    pub const ALL: [Self; 4] = [Self::Staff, Self::Owner, Self::Implementer, Self::Member];

    /// As it is stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Owner => "owner",
            Self::Implementer => "implementer",
            Self::Member => "member",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NoRole)
    }
}
