mod admin_connections;
mod admin_tls;
mod descriptors;
mod dying;
mod management_only;
mod memory_limit;
mod service_manager;
mod setup_link;
mod socket_activation;
mod successor;
mod two_versions;
mod upgrade;

use claviger::control::LiveSettings;
use claviger::control::operations::{Caller, NewOperatorToken, OperationContext, create_operator_token};
use claviger::store::{Role, Store};
use jiff::Timestamp;
use serde_json::Value;

use crate::support::{Connection, Gate, Reply, Request};

/// Creates an operator token with role staff.
pub async fn staff_token(store: &Store) -> String {
    let (live, shell) = (LiveSettings::default(), Caller::shell("root".into()));
    let call = OperationContext::new(store, &shell, now(), live.terms());
    let new = NewOperatorToken { name: "test".into(), role: Role::Staff, account: None, expires_at: None };
    create_operator_token(&call, new).await.unwrap().fresh().unwrap().token.reveal().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the same clock as the process")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Sends a request to the management API.
pub fn call(gate: &Gate, token: &str, method: &str, target: &str, body: Option<&Value>) -> Reply {
    let mut request = Request::new(method, target).header("Connection", "close").bearer(token);
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body.to_string());
    }
    Connection::open(gate.console).send(&request)
}
