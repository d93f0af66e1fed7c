//! What API, audit and command line show of an entity: one type each. None holds a digest, a hash or a secret.

mod access_request;
mod account;
mod audit;
mod credential;
mod delivery;
mod operator_token;
mod publisher;
mod role;
mod user;
mod webhook;
mod webhook_delivery;

use serde::Serialize;
use serde_json::Value;

pub use access_request::AccessRequestView;
pub(crate) use access_request::RequestStateName;
pub use account::AccountView;
pub use audit::AuditView;
pub use credential::CredentialView;
pub(crate) use credential::{RateLimitView, SecretKind};
pub use delivery::DeliveryView;
pub use operator_token::OperatorTokenView;
pub use publisher::PublisherView;
pub use role::RoleName;
pub use user::UserView;
pub(in crate::control) use webhook::FAILURES_UNTIL_OFF;
pub use webhook::WebhookView;
pub use webhook_delivery::{WebhookDeliveryDetailView, WebhookDeliveryView};

/// An entity as the audit records it, before and after a change.
pub(in crate::control) trait AuditState: Serialize {
    /// Fields that change by use, which no entry records.
    const USAGE_FIELDS: &'static [&'static str] = &[];

    /// JSON without the usage fields and without nulls.
    fn audit_state(&self) -> String {
        self.audit_value().to_string()
    }

    /// The same, for an entry that adds a field.
    fn audit_value(&self) -> Value {
        // A view holds strings, numbers and lists only, which always serialise.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(fields) = &mut value {
            fields.retain(|name, value| !value.is_null() && !Self::USAGE_FIELDS.contains(&name.as_str()));
        }
        value
    }
}
