//! A process with webhooks, as staff, owners and publishers call it. Receivers are behind a forward proxy: no DNS has the
//! names of these tests.

use claviger::credential::InstallationKey;
use serde_json::{Value, json};

use crate::server::{call, staff_token};
use crate::store::test_database::TestDatabase;
use crate::support::{Connection, Gate, GateBuilder, Reply, Request};

/// Where receivers listen, as URLs of webhooks name them.
pub const RECEIVER: &str = "http://hooks.example.org:8080";

pub struct Installation {
    pub database: TestDatabase,
    pub process: Gate,
    pub staff: String,
}

pub struct Publisher {
    pub id: String,
    pub token: String,
}

impl Installation {
    /// The management API alone, with the accounts `acme` and `other`; `proxy` is the port of the forward proxy.
    pub async fn management_only(database: TestDatabase, proxy: u16, more: &str) -> Self {
        let builder = Gate::management_only(&database.address());
        Self::start(database, builder.settings(&settings(proxy)).settings(more)).await
    }

    /// A gate before this API, too.
    pub async fn with_gate(database: TestDatabase, proxy: u16, upstream: &str) -> Self {
        let builder = Gate::before(upstream).database(&database.address());
        Self::start(database, builder.settings(&settings(proxy))).await
    }

    pub async fn start(database: TestDatabase, builder: GateBuilder) -> Self {
        for account in ["acme", "other"] {
            database.account(account).await;
        }
        let staff = staff_token(&database.store).await;
        let key = InstallationKey::mint().unwrap();
        Self { database, process: with_key(builder, &key).start(), staff }
    }

    /// As staff; `path` is behind `/api/v1`.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.call_as(&self.staff, method, path, body)
    }

    pub fn call_as(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Reply {
        call(&self.process, token, method, &format!("/api/v1{path}"), body)
    }

    /// As staff, successfully.
    pub fn done(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let reply = self.call(method, path, body);
        assert!(reply.status < 300, "{method} {path}: {}\n{}", reply.text(), self.process.stderr());
        reply.json()
    }

    /// It may post for this account, or for all.
    pub fn publisher(&self, account: Option<&str>) -> Publisher {
        let mut new = json!({"name": "shop"});
        if let Some(account) = account {
            new["account"] = account.into();
        }
        let created = self.done("POST", "/publishers", Some(&new));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Publisher { id: text(&created["publisher"]["id"]), token: text(&created["token"]) }
    }

    /// The token of a script with the role owner.
    pub fn owner(&self, account: &str) -> String {
        let new = json!({"name": "owner", "role": "owner", "account": account});
        self.done("POST", "/operator-tokens", Some(&new))["token"].as_str().unwrap().to_owned()
    }

    /// Creates a credential of `acme`; `more` has further fields. Returns its id and secret.
    pub fn credential(&self, more: &Value) -> (String, Value) {
        let mut new = json!({"account": "acme", "kind": "token"});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let created = self.done("POST", "/credentials", Some(&new));
        (created["credential"]["id"].as_str().unwrap().to_owned(), created["secret"].clone())
    }

    pub fn post(&self, token: &str, events: &Value) -> Reply {
        self.post_bytes(token, "application/json", events.to_string().as_bytes())
    }

    pub fn post_bytes(&self, token: &str, content_type: &str, body: &[u8]) -> Reply {
        let request = Request::new("POST", "/api/v1/events").header("Connection", "close").bearer(token);
        let request = request.header("Content-Type", content_type).body(body);
        Connection::open(self.process.console).send(&request)
    }

    /// Posted events that were recorded.
    pub async fn recorded(&self) -> i64 {
        self.database.ask("SELECT COUNT(*) FROM events WHERE publisher IS NOT NULL").await
    }
}

/// Contacts and jobs are created and deleted.
pub fn settings(proxy: u16) -> String {
    format!(
        "console: {{public_url: 'https://keys.example.org'}}\nscopes: {{pay: [{{path: /payments}}], read: [{{path: /x}}]}}\nwebhooks:\n  \
         allow_http: true\n  ports: [8080]\n  proxy: 'http://127.0.0.1:{proxy}'\n  \
         entities: {{contact: [created, deleted], job: [created, deleted]}}\n  \
         examples: {{contact: {{contact: {{id: contact-1, name: Anna}}}}}}"
    )
}

/// A process of a fleet: all of them have this installation key.
pub fn of_fleet(database: &TestDatabase, proxy: u16, key: &InstallationKey) -> Gate {
    with_key(Gate::management_only(&database.address()).settings(&settings(proxy)), key).start()
}

/// On PostgreSQL, no process makes the key. A machine under load takes longer than production allows.
fn with_key(builder: GateBuilder, key: &InstallationKey) -> GateBuilder {
    std::fs::write(builder.folder().join("installation.key"), key.reveal()).unwrap();
    builder.variable("CLAVIGER__DATABASE__QUERY_TIMEOUT", "15s")
}

/// An event of `acme`.
pub fn contact(id: &str) -> Value {
    json!({"id": id, "account": "acme", "entity": "contact", "operation": "created",
        "occurred_at": "2026-11-21T12:00:00Z", "data": {"contact": {"id": id, "name": "Ännchen"}}})
}

/// The same with another value of one field.
pub fn with(event: &Value, field: &str, value: Value) -> Value {
    let mut event = event.clone();
    event[field] = value;
    event
}

/// A problem document, but for the id of its request.
pub fn refusal(reply: &Reply) -> Value {
    let mut document = reply.json();
    assert!(document.as_object_mut().unwrap().remove("request_id").is_some(), "{document}");
    document
}

/// The fields that a refusal names.
pub fn fields(reply: &Reply) -> Vec<String> {
    let document = reply.json();
    let fields = document["fields"].as_array().unwrap_or_else(|| panic!("{document}"));
    fields.iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect()
}
