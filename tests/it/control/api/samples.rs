//! Every operation with the roles that may call it and a sample body, independent of its description.

use axum::http::StatusCode;
use claviger::control::api::openapi;
use claviger::control::operations::Caller;
use claviger::store::{AccountRecord, Role};
use serde_json::{Value, json};

use super::{ApiRequest, TestApi, user_caller};

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Needs no credential.
    Everybody,
    /// Staff, owner, implementer, member.
    Roles(&'static str),
    /// Any user with a session.
    Browsers,
    /// Programs with an API key.
    Keys,
    /// The API behind, with a publisher's token.
    Publishers,
}

use For::{Browsers, Everybody, Keys, Publishers, Roles};

/// By name. Rights are written by hand, not derived from the code.
pub const OPERATIONS: [(&str, For, &str); 95] = [
    ("me", Roles("xxxx"), ""),
    ("form_settings", Roles("xxxx"), ""),
    ("begin_session", Everybody, r#"{"email": "stranger@acme.example", "password": "correct horse"}"#),
    ("end_session", Everybody, ""),
    ("choose_password", Browsers, r#"{"current": "correct horse", "password": "another horse"}"#),
    ("request_password_link", Everybody, r#"{"email": "stranger@acme.example"}"#),
    ("look_at_link", Everybody, r#"{"ticket": "x"}"#),
    ("use_link", Everybody, r#"{"ticket": "x", "password": "correct horse"}"#),
    ("list_accounts", Roles("xxxx"), ""),
    ("create_account", Roles("x---"), r#"{"name": "Hooli"}"#),
    ("show_account", Roles("xxxx"), ""),
    ("summarize_account", Roles("xxx-"), ""),
    ("rename_account", Roles("x---"), r#"{"name": "Acme"}"#),
    ("grant_access", Roles("x---"), ""),
    ("withdraw_access", Roles("x---"), ""),
    ("switch_account_on", Roles("-xx-"), ""),
    ("switch_account_off", Roles("-xx-"), ""),
    ("set_member_policy", Roles("-xx-"), r#"{"allowed": true}"#),
    ("list_access_requests", Roles("xx--"), ""),
    ("ask_for_access", Roles("-x--"), r#"{"account": "acme", "start_on": "2027-01-31", "use_cases": ["reporting"]}"#),
    ("show_access_request", Roles("xx--"), ""),
    ("withdraw_access_request", Roles("-x--"), ""),
    ("approve_access_request", Roles("x---"), ""),
    ("decline_access_request", Roles("x---"), r#"{"reason": "no"}"#),
    ("decide_access_requests", Roles("x---"), r#"{"ids": ["{id}"], "decision": "decline", "reason": "no"}"#),
    ("list_credentials", Roles("xxxx"), ""),
    ("create_credential", Roles("xxx-"), r#"{"account": "acme", "kind": "token"}"#),
    ("count_credentials", Roles("xxxx"), ""),
    ("show_credential", Roles("xxxx"), ""),
    ("delete_credential", Roles("xxx-"), ""),
    ("edit_credential", Roles("xxx-"), r#"{"name": "Billing"}"#),
    ("upgrade_credential", Roles("xxx-"), "{}"),
    ("upgrade_unversioned_credentials", Roles("xxx-"), r#"{"version": "1", "account": "acme"}"#),
    ("list_credential_addresses", Roles("xxxx"), ""),
    ("diagnose_credential", Roles("xxxx"), ""),
    ("duplicate_credential", Roles("xxx-"), "{}"),
    ("reset_credential", Roles("xxx-"), "{}"),
    ("deliver_credential", Roles("xxx-"), "{}"),
    ("void_delivery", Roles("xxx-"), ""),
    ("end_overlap", Roles("xxx-"), ""),
    ("clear_credential", Roles("xxx-"), ""),
    ("disable_credential", Roles("xxx-"), "{}"),
    ("enable_credential", Roles("xxx-"), ""),
    ("export_credentials", Roles("xxx-"), ""),
    ("import_credentials", Roles("x---"), ""),
    ("show_own_key", Roles("-xxx"), ""),
    ("switch_on_own_key", Roles("-xxx"), ""),
    ("regenerate_own_key", Roles("-xxx"), ""),
    ("switch_off_own_key", Roles("-xxx"), ""),
    ("list_file_credentials", Roles("xxx-"), ""),
    ("list_users", Roles("xx--"), ""),
    ("create_user", Roles("xx--"), r#"{"role": "member", "account": "acme", "email": "new{id}@acme.example"}"#),
    ("show_user", Roles("xx--"), ""),
    ("edit_user", Roles("xx--"), r#"{"name": "Ann"}"#),
    ("disable_user", Roles("xx--"), ""),
    ("enable_user", Roles("xx--"), ""),
    ("end_sessions_of_user", Roles("xx--"), ""),
    ("new_setup_link", Roles("xx--"), ""),
    ("diagnose_user", Roles("xx--"), ""),
    ("list_operator_tokens", Roles("xx--"), ""),
    ("create_operator_token", Roles("xx--"), r#"{"name": "nightly", "role": "owner", "account": "acme"}"#),
    ("show_operator_token", Roles("xx--"), ""),
    ("delete_operator_token", Roles("xx--"), ""),
    ("disable_operator_token", Roles("xx--"), ""),
    ("enable_operator_token", Roles("xx--"), ""),
    ("list_webhooks", Roles("xxxx"), ""),
    ("create_webhook", Roles("-xxx"), r#"{"credential": "{id}", "url": "https://hooks.example.org/x"}"#),
    ("show_webhook", Roles("xxxx"), ""),
    ("edit_webhook", Roles("-xxx"), r#"{"url": "https://hooks.example.org/y"}"#),
    ("delete_webhook", Roles("-xxx"), ""),
    ("pause_webhook", Roles("-xxx"), ""),
    ("play_webhook", Roles("-xxx"), ""),
    ("renew_webhook_secret", Roles("-xxx"), "{}"),
    ("end_webhook_overlap", Roles("-xxx"), ""),
    ("list_webhook_deliveries", Roles("xxxx"), ""),
    ("show_webhook_delivery", Roles("xxxx"), ""),
    ("replay_webhook_delivery", Roles("-xxx"), ""),
    ("replay_webhook", Roles("-xxx"), r#"{"what": "both", "since": "2026-11-01T00:00:00Z"}"#),
    ("stop_webhook_replay", Roles("-xxx"), ""),
    ("test_webhook", Roles("-xxx"), ""),
    ("show_key_holder", Keys, ""),
    ("list_hooks", Keys, ""),
    ("subscribe_hook", Keys, r#"{"target_url": "https://hooks.example.org/x", "event": "contact.created"}"#),
    ("unsubscribe_hook_url", Keys, ""),
    ("unsubscribe_hook", Keys, ""),
    ("sample_events", Keys, ""),
    ("list_publishers", Roles("x---"), ""),
    ("create_publisher", Roles("x---"), r#"{"name": "shop"}"#),
    ("show_publisher", Roles("x---"), ""),
    ("delete_publisher", Roles("x---"), ""),
    ("disable_publisher", Roles("x---"), ""),
    ("enable_publisher", Roles("x---"), ""),
    ("post_events", Publishers, ""),
    ("list_audit", Roles("xx--"), ""),
    ("export_audit", Roles("xx--"), ""),
];

/// An operation of the description.
#[derive(Debug)]
pub struct Operation {
    pub name: String,
    pub method: String,
    pub path: String,
    /// The parameters of the query.
    pub queries: Vec<String>,
    /// The required ones.
    needed: String,
    /// The schema of the body.
    pub schema: Option<Value>,
    pub whose: For,
    pub body: &'static str,
}

/// The operations of users and operator tokens.
pub fn operations() -> Vec<Operation> {
    every_operation().into_iter().filter(|operation| !matches!(operation.whose, Keys | Publishers)).collect()
}

/// All operations of the description; panics for one without a row above.
pub fn every_operation() -> Vec<Operation> {
    let api: serde_json::Value = serde_json::from_str(openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, described) in item.as_object().unwrap() {
            let name = described["operationId"].as_str().unwrap();
            let found = OPERATIONS.iter().find(|(known, ..)| *known == name);
            let (_, whose, body) = *found.unwrap_or_else(|| panic!("who may {name}?"));
            let parameters = described["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let needed =
                parameters.iter().filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
            let needed = needed.map(|parameter| {
                let (name, value) = (&parameter["name"], &parameter["schema"]["enum"][0]);
                format!("{}={}", name.as_str().unwrap(), value.as_str().unwrap_or("x"))
            });
            let needed: Vec<_> = needed.collect();
            let queries = parameters.iter().filter(|parameter| parameter["in"] == "query");
            let reference = described["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let schema = reference.map(|reference| {
                let schema = &api["components"]["schemas"][reference.rsplit('/').next().unwrap()];
                assert!(schema.is_object(), "{reference}");
                schema.clone()
            });
            assert_eq!(schema.is_some(), !body.is_empty(), "{name}");
            all.push(Operation {
                name: name.to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                queries: queries.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
                needed: needed.join("&"),
                schema,
                whose,
                body,
            });
        }
    }
    assert_eq!(all.len(), OPERATIONS.len(), "one of them is not there any more");
    all
}

impl Operation {
    /// The path segment before the id.
    pub fn kind(&self) -> Option<&str> {
        self.path.split_once("/{id}").map(|(kind, _)| kind)
    }

    /// With `query` after the required parameters.
    pub fn target(&self, id: &str, query: &str) -> String {
        let queries: Vec<_> = [self.needed.as_str(), query].into_iter().filter(|query| !query.is_empty()).collect();
        let path = self.path.replace("{id}", &encoded(id)).replace("{delivery}", "msg_1");
        if queries.is_empty() { path } else { format!("{path}?{}", queries.join("&")) }
    }

    /// With the id of an existing resource and `If-Match: *`.
    pub fn request<'t>(&self, api: &'t TestApi, id: &str) -> ApiRequest<'t> {
        let request = api.request(&self.method, &self.target(id, ""));
        let request = if self.method == "PATCH" { request.header("if-match", "*") } else { request };
        if self.body.is_empty() { request } else { request.json(&self.sample(id)) }
    }

    pub fn sample(&self, id: &str) -> Value {
        serde_json::from_str(&self.body.replace("{id}", id)).unwrap()
    }
}

/// Percent-encoded for a path.
pub fn encoded(id: &str) -> String {
    id.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A caller with this role; staff has no account.
pub fn one_of(role: Role, account: &str) -> Caller {
    user_caller(role, (role != Role::Staff).then_some(account))
}

impl TestApi {
    /// Creates a resource of the kind in the path for this account, and returns its id. An access request is for a new
    /// account, which has no access yet.
    pub async fn thing(&self, kind: &str, account: &str) -> String {
        let number = self.bed.store.last_change().await.unwrap();
        match kind {
            "/accounts" => account.to_owned(),
            "/credentials" => {
                let reply = self.post(kind, json!({"account": account, "kind": "token", "version": "1"})).await;
                reply.body["credential"]["id"].as_str().unwrap().to_owned()
            }
            "/webhooks" => {
                let credential = Box::pin(self.thing("/credentials", account)).await;
                let body = json!({"credential": credential, "url": "https://hooks.example.org/x"});
                let reply = self.post("/webhooks", body).await;
                assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
                reply.body["webhook"]["id"].as_str().unwrap().to_owned()
            }
            "/publishers" => {
                let reply = self.post("/publishers", json!({"name": "shop"})).await;
                reply.body["publisher"]["id"].as_str().unwrap().to_owned()
            }
            "/users" => self.invited(&format!("user{number}@{account}.example"), "member", Some(account)).await.0,
            "/operator-tokens" => {
                let body = json!({"name": "nightly", "role": "owner", "account": account});
                let reply = self.post("/operator-tokens", body).await;
                reply.body["operator_token"]["id"].as_str().unwrap().to_owned()
            }
            "/access-requests" => {
                let body = json!({"account": account, "start_on": "2027-01-31", "use_cases": ["reporting"]});
                let reply = self.post("/access-requests", body).await;
                assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
                reply.body["id"].as_str().unwrap().to_owned()
            }
            other => panic!("what is in {other}?"),
        }
    }

    /// An account without API access.
    pub async fn newcomer(&self, id: &str) -> AccountRecord {
        let mut record = self.bed.account(id).await;
        record.granted = false;
        self.bed.put_account(&record).await;
        record
    }
}
