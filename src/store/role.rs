//! Roles of users and operator tokens.

use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Of the provider; belongs to no account.
    Staff,
    /// Responsible for an account.
    Owner,
    /// Handles an account's credentials.
    Implementer,
    /// May have a key of their own where the account allows it.
    Member,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be staff, owner, implementer or member")]
pub struct NoRole;

impl Role {
    pub const ALL: [Self; 4] = [Self::Staff, Self::Owner, Self::Implementer, Self::Member];

    /// The word in the database and in the API.
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
