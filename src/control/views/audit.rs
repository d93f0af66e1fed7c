//! Of a line of the audit.

use serde_json::{Value, json};

use crate::store::AuditRecord;

/// Everything that was put down in a line of the audit.
pub fn audit_facts(record: &AuditRecord) -> Value {
    let state = |text: &Option<String>| {
        let text = text.as_deref()?;
        Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))
    };
    json!({
        "id": record.id,
        "at": record.at.to_string(),
        "actor_kind": record.actor_kind,
        "actor": record.actor,
        "verb": record.verb,
        "account": record.account,
        "target_kind": record.target_kind,
        "target": record.target,
        "before": state(&record.before),
        "after": state(&record.after),
        "request_id": record.request_id,
        "address": record.address,
    })
}
