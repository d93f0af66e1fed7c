use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AuditState, RoleName};
use crate::credential::Label;
use crate::store::UserRecord;

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// Unique, and never used again.
    pub id: String,
    /// The account they belong to; null for staff.
    pub account: Option<String>,
    /// Address they sign in with.
    pub email: String,
    /// Display name.
    pub name: Option<String>,
    pub role: RoleName,
    pub enabled: bool,
    /// They have chosen a password.
    pub has_password: bool,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Number of changes; the ETag.
    pub revision: i64,
}

impl AuditState for UserView {}

impl From<&UserRecord> for UserView {
    fn from(record: &UserRecord) -> Self {
        Self {
            id: record.id.to_string(),
            account: record.account.as_ref().map(Label::to_string),
            email: record.email.clone(),
            name: record.name.clone(),
            role: record.role.into(),
            enabled: record.enabled,
            has_password: record.password_hash.is_some(),
            created_at: record.created_at.to_string(),
            revision: record.revision,
        }
    }
}
