//! Of a request for access.

use serde_json::{Value, json};

use super::without_nothing;
use crate::store::AccessRequestRecord;

/// Everything that may be known of a request for access.
pub fn access_request_facts(record: &AccessRequestRecord) -> Value {
    json!({
        "id": record.id.as_str(),
        "account": record.account.as_str(),
        "asked_by_kind": record.asked_by_kind.as_str(),
        "asked_by": record.asked_by,
        "start_on": record.start_on.to_string(),
        "use_cases": record.use_cases.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "privacy_policy": record.privacy_policy,
        "state": record.state.as_str(),
        "reason": record.reason,
        "decided_by": record.decided_by,
        "decided_at": record.decided_at.map(|at| at.to_string()),
        "created_at": record.created_at.to_string(),
        "revision": record.revision,
    })
}

/// For the audit.
pub(in crate::control) fn access_request_for_audit(record: &AccessRequestRecord) -> String {
    without_nothing(access_request_facts(record))
}
