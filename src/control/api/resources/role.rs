//! Roles, as the API names them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::raw::Roles;
use crate::store::Role;

/// What somebody may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub(in crate::control::api) enum RoleName {
    /// Of the provider; belongs to no account.
    Staff,
    /// Answers for an account.
    Owner,
    /// Looks after an account's credentials.
    Implementer,
    /// Has a key of their own.
    Member,
}

impl RoleName {
    /// As people see it.
    pub(in crate::control::api) fn label(self, labels: &Roles) -> String {
        match self {
            Self::Staff => &labels.staff,
            Self::Owner => &labels.owner,
            Self::Implementer => &labels.implementer,
            Self::Member => &labels.member,
        }
        .clone()
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Staff => Self::Staff,
            Role::Owner => Self::Owner,
            Role::Implementer => Self::Implementer,
            Role::Member => Self::Member,
        }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Staff => Self::Staff,
            RoleName::Owner => Self::Owner,
            RoleName::Implementer => Self::Implementer,
            RoleName::Member => Self::Member,
        }
    }
}
