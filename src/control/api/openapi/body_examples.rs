//! A body for each operation that reads JSON, in its description and in the commands of the documentation.

/// By `operationId`. Tests send each of them.
pub(super) const BODY_EXAMPLES: [(&str, &str); 28] = [
    ("begin_session", r#"{"email": "ann@acme.example", "password": "correct horse battery"}"#),
    ("choose_password", r#"{"current": "correct horse battery", "password": "staple correct horse"}"#),
    ("request_password_link", r#"{"email": "ann@acme.example"}"#),
    ("look_at_link", r#"{"ticket": "TICKET"}"#),
    ("use_link", r#"{"ticket": "TICKET", "password": "correct horse battery"}"#),
    ("create_account", r#"{"id": "harbour", "name": "Harbour Theatre"}"#),
    ("rename_account", r#"{"name": "Harbour Opera"}"#),
    ("set_member_policy", r#"{"allowed": true}"#),
    (
        "ask_for_access",
        r#"{"account": "acme", "start_on": "2027-01-31", "use_cases": ["reporting", "other: Door bell"]}"#,
    ),
    ("decline_access_request", r#"{"reason": "The contract does not include the API."}"#),
    ("decide_access_requests", r#"{"ids": ["REQUEST_ID"], "decision": "approve"}"#),
    (
        "create_credential",
        r#"{"account": "acme", "kind": "token", "name": "Billing export", "contact_email": "dev@integrator.example"}"#,
    ),
    ("edit_credential", r#"{"name": "Billing export", "addresses": ["192.0.2.7"], "rate_limit": null}"#),
    ("upgrade_credential", r#"{"version": "2"}"#),
    ("upgrade_unversioned_credentials", r#"{"version": "2", "account": "acme"}"#),
    ("duplicate_credential", r#"{"name": "Billing export, test"}"#),
    ("reset_credential", r#"{"overlap_seconds": 86400}"#),
    ("deliver_credential", r#"{"what": "code"}"#),
    ("disable_credential", r#"{"reason": "The contract has ended."}"#),
    ("create_user", r#"{"role": "implementer", "account": "acme", "email": "bob@acme.example", "name": "Bob Jones"}"#),
    ("edit_user", r#"{"name": "Bob Smith"}"#),
    ("create_operator_token", r#"{"name": "nightly import", "role": "owner", "account": "acme"}"#),
    (
        "create_webhook",
        r#"{"credential": "acme-billing", "url": "https://hooks.example.org/claviger", "entity": "credential"}"#,
    ),
    ("edit_webhook", r#"{"url": "https://hooks.example.org/claviger"}"#),
    ("renew_webhook_secret", r#"{"at_once": false}"#),
    ("replay_webhook", r#"{"what": "missed", "since": "2026-11-28T00:00:00Z"}"#),
    ("subscribe_hook", r#"{"target_url": "https://hooks.example.org/claviger", "event": "credential.disabled"}"#),
    ("create_publisher", r#"{"name": "shop backend"}"#),
];
