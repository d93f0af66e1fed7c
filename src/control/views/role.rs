use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::raw::Roles;
use crate::store::Role;

/// Role of a user or an operator token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Role)]
pub enum RoleName {
    /// Works for the provider and belongs to no account.
    Staff,
    /// Manages an account: its access, credentials and users.
    Owner,
    /// Manages an account's credentials.
    Implementer,
    /// May have a key of their own.
    Member,
}

impl RoleName {
    /// Display name, as the settings have it.
    pub fn label(self, labels: &Roles) -> String {
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
