//! What is told of a user.

use serde_json::{Value, json};

use super::without_nothing;
use crate::credential::Label;
use crate::store::UserRecord;

/// Everything that may be known of a user.
pub fn user_facts(record: &UserRecord) -> Value {
    json!({
        "id": record.id.as_str(),
        "account": record.account.as_ref().map(Label::as_str),
        "email": record.email,
        "name": record.name,
        "role": record.role.as_str(),
        "enabled": record.enabled,
        "has_password": record.password_hash.is_some(),
        "created_at": record.created_at.to_string(),
        "revision": record.revision,
    })
}

/// For the audit.
pub(in crate::control) fn user_for_audit(record: &UserRecord) -> String {
    without_nothing(user_facts(record))
}
