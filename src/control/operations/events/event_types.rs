//! Which changes are events: a table of what the audit records.

use serde_json::Value;

use crate::store::AuditEntry;

/// What happened to what, as webhooks subscribe to it: `credential.disabled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    pub entity: &'static str,
    pub operation: &'static str,
}

/// The entities of this program, and their operations.
pub const OWN_ENTITIES: [(&str, &[&str]); 3] = [
    (
        "credential",
        &[
            "created", "edited", "upgraded", "reset", "revealed", "cleared", "disabled", "enabled", "deleted",
            "expiring", "expired",
        ],
    ),
    ("access_request", &["asked", "approved", "declined", "withdrawn"]),
    ("account", &["granted", "withdrawn", "switched_on", "switched_off"]),
];
/// Of the event that tests one webhook.
pub(in crate::control) const TEST: EventType = EventType { entity: "webhook", operation: "test" };
pub(in crate::control) const EXPIRING: EventType = EventType { entity: "credential", operation: "expiring" };
pub(in crate::control) const EXPIRED: EventType = EventType { entity: "credential", operation: "expired" };

/// Target kind and verb of audit entries, and the operation of their event. An entry with another pair is no event.
const TABLE: [(&str, &str, Operation); 27] = [
    ("credential", "create", Operation::Is("created")),
    ("credential", "duplicate", Operation::Is("created")),
    ("credential", "import", Operation::IfNew("created", "edited")),
    ("credential", "edit", Operation::Is("edited")),
    ("credential", "upgrade_version", Operation::Is("upgraded")),
    ("credential", "reset", Operation::Is("reset")),
    ("credential", "reset_and_enable", Operation::Is("reset")),
    ("credential", "regenerate_own_key", Operation::Is("reset")),
    ("credential", "switch_on_own_key", Operation::IfNew("created", "reset")),
    ("credential", "reveal", Operation::Is("revealed")),
    ("credential", "clear", Operation::Is("cleared")),
    ("credential", "switch_off_own_key", Operation::Is("cleared")),
    ("credential", "disable", Operation::Is("disabled")),
    ("credential", "enable", Operation::Is("enabled")),
    ("credential", "delete", Operation::Is("deleted")),
    ("access_request", "ask_for_access", Operation::Is("asked")),
    ("access_request", "approve_request", Operation::Is("approved")),
    ("access_request", "decline_request", Operation::Is("declined")),
    ("access_request", "withdraw_request", Operation::Is("withdrawn")),
    ("account", "grant_access", Operation::Access),
    ("account", "withdraw_access", Operation::Access),
    ("account", "switch_account_on", Operation::Access),
    ("account", "switch_account_off", Operation::Access),
    ("account", "create_account", Operation::Access),
    ("account", "import", Operation::Access),
    ("account", "rename_account", Operation::Access),
    ("account", "set_member_policy", Operation::Access),
];

#[derive(Clone, Copy)]
enum Operation {
    Is(&'static str),
    /// The first where the entity did not exist before.
    IfNew(&'static str, &'static str),
    /// By what has changed about the API access of an account; none where nothing has.
    Access,
}

impl EventType {
    /// `None` for an entry that is no event.
    pub(super) fn of(entry: &AuditEntry) -> Option<Self> {
        let is_this = |(kind, verb, _): &&(&str, &str, Operation)| *kind == entry.target_kind && *verb == entry.verb;
        let (entity, _, operation) = TABLE.iter().find(is_this)?;
        let operation = match operation {
            Operation::Is(operation) => operation,
            Operation::IfNew(created, _) if entry.before.is_none() => created,
            Operation::IfNew(_, changed) => changed,
            Operation::Access => access_change(entry)?,
        };
        Some(Self { entity, operation })
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.entity, self.operation)
    }
}

fn access_change(entry: &AuditEntry) -> Option<&'static str> {
    let read = |state: &Option<String>| state.as_deref().and_then(|state| serde_json::from_str::<Value>(state).ok());
    let (before, after) = (read(&entry.before).unwrap_or_default(), read(&entry.after)?);
    let changed = |field: &str| {
        let [before, after] = [&before, &after].map(|state| state[field].as_bool().unwrap_or_default());
        (before != after).then_some(after)
    };
    match (changed("granted"), changed("switched_on")) {
        (Some(true), _) => Some("granted"),
        (Some(false), _) => Some("withdrawn"),
        // The switch of an account without a grant opens nothing.
        (None, Some(_)) if !after["granted"].as_bool().unwrap_or_default() => None,
        (None, Some(true)) => Some("switched_on"),
        (None, Some(false)) => Some("switched_off"),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(target_kind: &'static str, verb: &'static str, [before, after]: [Option<&str>; 2]) -> AuditEntry {
        let text = |state: Option<&str>| state.map(str::to_owned);
        AuditEntry {
            verb,
            account: Some("acme".into()),
            target_kind,
            target: "acme-billing".into(),
            before: text(before),
            after: text(after),
        }
    }

    fn named(entry: &AuditEntry) -> Option<String> {
        EventType::of(entry).map(|event| event.to_string())
    }

    #[test]
    fn every_row_of_the_table_names_a_declared_operation() {
        for (kind, verb, _) in TABLE {
            let states =
                [Some(r#"{"granted":true,"switched_on":true}"#), Some(r#"{"granted":false,"switched_on":true}"#)];
            let event = EventType::of(&entry(kind, verb, states)).unwrap();
            let (_, operations) = OWN_ENTITIES.iter().find(|(entity, _)| *entity == event.entity).unwrap();
            assert!(operations.contains(&event.operation), "{event}");
        }
    }

    #[test]
    fn people_and_sign_ins_are_no_events() {
        for (kind, verb) in [("user", "edit_user"), ("user", "sign_in"), ("operator_token", "create_operator_token")] {
            assert_eq!(named(&entry(kind, verb, [None, Some("{}")])), None);
        }
        assert_eq!(named(&entry("credential", "rehash", [Some("{}"), Some("{}")])), None);
        // An export names a file, not a credential.
        assert_eq!(named(&entry("credentials", "export", [None, Some("{}")])), None);
    }

    #[test]
    fn an_import_creates_what_did_not_exist() {
        assert_eq!(named(&entry("credential", "import", [None, Some("{}")])).unwrap(), "credential.created");
        assert_eq!(named(&entry("credential", "import", [Some("{}"), Some("{}")])).unwrap(), "credential.edited");
    }

    #[test]
    fn an_account_event_says_what_changed_about_its_access() {
        let state = |granted: bool, on: bool| format!(r#"{{"granted":{granted},"switched_on":{on}}}"#);
        for (before, after, operation) in [
            ((false, true), (true, true), Some("account.granted")),
            ((true, true), (false, true), Some("account.withdrawn")),
            ((true, true), (true, false), Some("account.switched_off")),
            ((true, false), (true, true), Some("account.switched_on")),
            ((false, false), (true, true), Some("account.granted")),
            ((false, true), (false, false), None),
            ((true, true), (true, true), None),
        ] {
            let states = [before, after].map(|(granted, on)| state(granted, on));
            let entry = entry("account", "import", [Some(states[0].as_str()), Some(states[1].as_str())]);
            assert_eq!(named(&entry).as_deref(), operation, "{before:?} {after:?}");
        }
        assert_eq!(
            named(&entry("account", "create_account", [None, Some(&state(true, true))])).unwrap(),
            "account.granted"
        );
        assert_eq!(named(&entry("account", "create_account", [None, Some(&state(false, true))])), None);
    }
}
