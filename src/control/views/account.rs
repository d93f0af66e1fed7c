use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AuditState;
use crate::store::AccountRecord;

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    /// Unique, and never used again.
    pub id: String,
    /// Display name.
    pub name: Option<String>,
    /// The provider has granted API access.
    pub granted: bool,
    /// The account has switched its API access on.
    pub switched_on: bool,
    /// Members may have keys of their own.
    pub members_allowed: bool,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Number of changes; the ETag.
    pub revision: i64,
}

impl AuditState for AccountView {}

impl From<&AccountRecord> for AccountView {
    fn from(record: &AccountRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name.clone(),
            granted: record.granted,
            switched_on: record.switched_on,
            members_allowed: record.members_allowed,
            created_at: record.created_at.to_string(),
            revision: record.revision,
        }
    }
}
