//! What is told of things: to people, to scripts, to the audit. Never a digest, never a hash.

mod access_request;
mod account;
mod audit;
mod credential;
mod operator_token;
mod user;

use serde_json::Value;

pub use access_request::access_request_facts;
pub use account::account_facts;
pub use audit::audit_facts;
pub use credential::credential_facts;
pub use operator_token::operator_token_facts;
pub use user::user_facts;

pub(in crate::control) use access_request::access_request_for_audit;
pub(in crate::control) use account::account_for_audit;
pub(in crate::control) use credential::{copy_for_audit, for_audit};
pub(in crate::control) use operator_token::operator_token_for_audit;
pub(in crate::control) use user::user_for_audit;

/// For the audit what is not there is left out.
fn without_nothing(mut facts: Value) -> String {
    if let Value::Object(entries) = &mut facts {
        entries.retain(|_, value| !value.is_null());
    }
    facts.to_string()
}
