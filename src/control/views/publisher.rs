use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AuditState;
use crate::credential::Label;
use crate::store::PublisherRecord;

/// A token with which the API behind posts its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Publisher)]
pub struct PublisherView {
    /// Unique, and never used again.
    pub id: String,
    /// Display name.
    pub name: String,
    /// The one account whose events it may post; null for all.
    pub account: Option<String>,
    pub enabled: bool,
    /// Refused from this moment on; null for never.
    #[schema(format = "date-time")]
    pub expires_at: Option<String>,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// Id of the caller that created it.
    pub created_by: String,
    /// Last use, exact to a minute.
    #[schema(format = "date-time")]
    pub last_used_at: Option<String>,
    /// Number of changes; the ETag.
    pub revision: i64,
}

impl AuditState for PublisherView {
    const USAGE_FIELDS: &'static [&'static str] = &["last_used_at"];
}

impl From<&PublisherRecord> for PublisherView {
    fn from(record: &PublisherRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name.clone(),
            account: record.account.as_ref().map(Label::to_string),
            enabled: record.enabled,
            expires_at: record.expires_at.map(|end| end.to_string()),
            created_at: record.created_at.to_string(),
            created_by: record.created_by.clone(),
            last_used_at: record.last_used_at.map(|at| at.to_string()),
            revision: record.revision,
        }
    }
}
