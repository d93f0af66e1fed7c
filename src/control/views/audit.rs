use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::store::AuditRecord;

/// An entry of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuditLine)]
pub struct AuditView {
    /// Sorts by time.
    pub id: String,
    #[schema(format = "date-time")]
    pub at: String,
    /// Kind of the caller: system, shell, user, token or link.
    pub actor_kind: String,
    /// Id of the caller.
    pub actor: String,
    /// Name of the operation.
    pub verb: String,
    /// The account that the target belongs to, if any.
    pub account: Option<String>,
    /// Kind of entity that was changed or read.
    pub target_kind: String,
    /// Id of that entity.
    pub target: String,
    /// The entity before the operation.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The entity after the operation.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// Id of the request that called the operation.
    pub request_id: Option<String>,
    /// Client address of that request.
    pub address: Option<String>,
}

impl From<&AuditRecord> for AuditView {
    fn from(record: &AuditRecord) -> Self {
        let state = |text: &Option<String>| {
            let text = text.as_deref()?;
            Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
        };
        Self {
            id: record.id.clone(),
            at: record.at.to_string(),
            actor_kind: record.actor_kind.clone(),
            actor: record.actor.clone(),
            verb: record.verb.clone(),
            account: record.account.clone(),
            target_kind: record.target_kind.clone(),
            target: record.target.clone(),
            before: state(&record.before),
            after: state(&record.after),
            request_id: record.request_id.clone(),
            address: record.address.clone(),
        }
    }
}
