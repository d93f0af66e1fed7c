//! What is told of an operator token.

use serde_json::{Value, json};

use super::without_nothing;
use crate::credential::Label;
use crate::store::OperatorTokenRecord;

/// Everything that may be known of an operator token.
pub fn operator_token_facts(record: &OperatorTokenRecord) -> Value {
    let mut facts = lasting(record);
    facts["last_used_at"] = json!(record.last_used_at.map(|at| at.to_string()));
    facts
}

/// For the audit: without what changes by being used.
pub(in crate::control) fn operator_token_for_audit(record: &OperatorTokenRecord) -> String {
    without_nothing(lasting(record))
}

fn lasting(record: &OperatorTokenRecord) -> Value {
    json!({
        "id": record.id.as_str(),
        "account": record.account.as_ref().map(Label::as_str),
        "name": record.name,
        "role": record.role.as_str(),
        "enabled": record.enabled,
        "expires_at": record.expires_at.map(|end| end.to_string()),
        "created_at": record.created_at.to_string(),
        "created_by": record.created_by,
        "revision": record.revision,
    })
}
