//! Of an account.

use serde_json::{Value, json};

use super::without_nothing;
use crate::store::AccountRecord;

/// Everything that may be known of an account.
pub fn account_facts(record: &AccountRecord) -> Value {
    json!({
        "id": record.id.as_str(),
        "name": record.name,
        "granted": record.granted,
        "switched_on": record.switched_on,
        "members_allowed": record.members_allowed,
        "created_at": record.created_at.to_string(),
        "revision": record.revision,
    })
}

/// For the audit.
pub(in crate::control) fn account_for_audit(record: &AccountRecord) -> String {
    without_nothing(account_facts(record))
}
