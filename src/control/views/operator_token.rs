use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AuditState, RoleName};
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

/// A token that lets a script use the management API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OperatorToken)]
pub struct OperatorTokenView {
    /// Unique, and never used again.
    pub id: String,
    /// The account it belongs to; null for staff.
    pub account: Option<String>,
    /// Display name.
    pub name: String,
    pub role: RoleName,
    pub enabled: bool,
    /// Refused from this moment on; null for never.
    #[schema(format = "date-time")]
    pub expires_at: Option<String>,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Id of the caller that created it.
    pub created_by: String,
    /// Number of changes; the ETag.
    pub revision: i64,
    /// Last use, exact to a minute.
    #[schema(format = "date-time")]
    pub last_used_at: Option<String>,
}

impl AuditState for OperatorTokenView {
    const USAGE_FIELDS: &'static [&'static str] = &["last_used_at"];
}

impl From<&OperatorTokenRecord> for OperatorTokenView {
    fn from(record: &OperatorTokenRecord) -> Self {
        Self {
            id: record.id.to_string(),
            account: record.account.as_ref().map(Label::to_string),
            name: record.name.clone(),
            role: record.role.into(),
            enabled: record.enabled,
            expires_at: record.expires_at.map(|end| end.to_string()),
            created_at: record.created_at.to_string(),
            created_by: record.created_by.clone(),
            revision: record.revision,
            last_used_at: record.last_used_at.map(|at| at.to_string()),
        }
    }
}
