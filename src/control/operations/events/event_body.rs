//! What a webhook sends about a change: public facts, without contacts, addresses, scopes or digests.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::store::{AuditEntry, whole_millis};

/// Characters of a reason; a body of ours stays under 4 KiB.
const MAX_REASON_CHARS: usize = 500;

/// Fields of each entity that an event shows.
const FIELDS: [(&str, &[&str]); 3] = [
    ("credential", &["id", "name", "kind", "version", "owner", "enabled", "disabled_reason", "cleared", "expires_at"]),
    ("access_request", &["id", "state", "start_on", "reason"]),
    ("account", &["id", "name", "granted", "switched_on", "members_allowed"]),
];

/// `{"credential": {…}}`, as the change left it; a deleted one as it was.
pub(super) fn data(entity: &str, entry: &AuditEntry) -> Value {
    let state = entry.after.as_deref().or(entry.before.as_deref());
    let state = state.and_then(|state| serde_json::from_str::<Value>(state).ok()).unwrap_or_default();
    json!({ entity: shown(entity, &entry.target, &state) })
}

/// The shown fields of an entity's state; the id also where the state is not known.
pub(super) fn shown(entity: &str, id: &str, state: &Value) -> Value {
    let fields = FIELDS.iter().find(|(name, _)| *name == entity).map_or(&[][..], |(_, fields)| fields);
    let mut shown = Map::new();
    for field in fields {
        match &state[*field] {
            Value::Null => {}
            Value::String(text) if field.ends_with("reason") => {
                shown.insert((*field).into(), cut(text).into());
            }
            value => {
                shown.insert((*field).into(), value.clone());
            }
        }
    }
    if !shown.contains_key("id") {
        shown.insert("id".into(), id.into());
    }
    Value::Object(shown)
}

/// The body of an event, as it is stored and sent.
pub(in crate::control) fn event_body(id: &str, kind: &str, at: Timestamp, account: &str, data: &Value) -> String {
    json!({"id": id, "type": kind, "timestamp": whole_millis(at).to_string(), "account": account, "data": data})
        .to_string()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_REASON_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(before: Option<Value>, after: Option<Value>) -> AuditEntry {
        let text = |state: Option<Value>| state.map(|state| state.to_string());
        AuditEntry {
            verb: "disable",
            account: Some("acme".into()),
            target_kind: "credential",
            target: "acme-billing".into(),
            before: text(before),
            after: text(after),
        }
    }

    #[test]
    fn an_event_shows_no_contact_address_scope_or_digest() {
        let state = json!({
            "id": "acme-billing", "name": "Billing", "kind": "token", "version": "2", "enabled": false,
            "disabled_reason": "leaked", "contact_email": "i@example.org", "contact_mobile": "+447700900123",
            "developer_emails": ["d@example.org"], "username": "acme", "hint": "Wk3Q", "description": "secret plan",
            "addresses": ["192.0.2.0/24"], "scopes": ["read"], "last_used_from": "192.0.2.7", "created_by": "usr_1"
        });
        let shown = data("credential", &entry(None, Some(state)));
        let expected = json!({"credential": {
            "id": "acme-billing", "name": "Billing", "kind": "token", "version": "2", "enabled": false,
            "disabled_reason": "leaked"
        }});
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_deleted_credential_is_shown_as_it_was() {
        let shown = data("credential", &entry(Some(json!({"id": "acme-billing", "name": "Billing"})), None));
        assert_eq!(shown, json!({"credential": {"id": "acme-billing", "name": "Billing"}}));
        assert_eq!(data("credential", &entry(None, None)), json!({"credential": {"id": "acme-billing"}}));
    }

    #[test]
    fn the_longest_texts_stay_under_four_kib() {
        let state = json!({"id": "a".repeat(128), "name": "😀".repeat(200), "disabled_reason": "😀".repeat(2000)});
        let data = data("credential", &entry(None, Some(state)));
        let body = event_body("evt_1", "credential.disabled", Timestamp::UNIX_EPOCH, "acme", &data);
        assert!(body.len() < 4096, "{}", body.len());
        assert!(body.contains("…"));
    }

    #[test]
    fn a_body_has_the_fields_of_every_event() {
        let at: Timestamp = "2026-11-28T12:00:00.123456Z".parse().unwrap();
        let body: Value =
            serde_json::from_str(&event_body("evt_1", "contact.created", at, "acme", &json!({"a": 1}))).unwrap();
        assert_eq!(
            body,
            json!({
                "id": "evt_1", "type": "contact.created", "timestamp": "2026-11-28T12:00:00.123Z", "account": "acme",
                "data": {"a": 1}
            })
        );
    }
}
