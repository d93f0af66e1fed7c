//! Of a credential.

use serde_json::{Value, json};

use super::without_nothing;
use crate::credential::{Label, PasswordHash};
use crate::store::{CredentialRecord, PreviousSecret, RecordSecret};

/// Everything that may be known of a credential.
pub fn credential_facts(record: &CredentialRecord) -> Value {
    let mut facts = lasting(record);
    facts["last_used_at"] = json!(record.last_used_at.map(|at| at.to_string()));
    facts["last_used_from"] = json!(record.last_used_from);
    facts["recent_addresses"] = json!(record.recent_addresses);
    facts
}

/// For the audit: what is not there is left out, and so is what changes by being used.
pub(in crate::control) fn for_audit(record: &CredentialRecord) -> String {
    without_nothing(lasting(record))
}

/// The same of one that was made like another.
pub(in crate::control) fn copy_for_audit(record: &CredentialRecord, of: &Label) -> String {
    let mut facts = lasting(record);
    facts["duplicate_of"] = json!(of.as_str());
    without_nothing(facts)
}

fn lasting(record: &CredentialRecord) -> Value {
    let labels = |labels: &[_]| labels.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (kind, scheme) = match &record.secret {
        RecordSecret::Token(_) => ("token", None),
        RecordSecret::Password { hash, .. } => ("password", hash.as_ref().map(PasswordHash::scheme)),
    };
    let previous = record.previous.as_ref().map(|previous| match previous {
        PreviousSecret::Token { ends_at, .. } | PreviousSecret::Password { ends_at, .. } => ends_at.to_string(),
    });
    json!({
        "id": record.id.as_str(),
        "account": record.account.as_str(),
        "owner": record.owner.as_ref().map(Label::as_str),
        "name": record.name,
        "description": record.description,
        "contact_email": record.contact_email,
        "contact_mobile": record.contact_mobile,
        "kind": kind,
        "username": record.username(),
        "password_scheme": scheme,
        "cleared": record.secret.is_cleared(),
        "hint": record.hint,
        "enabled": record.enabled,
        "disabled_reason": record.disabled_reason,
        "version": record.version.as_ref().map(Label::as_str),
        "scopes": record.scopes.as_deref().map(labels),
        "addresses": record.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "expires_at": record.expires_at.map(|end| end.to_string()),
        "rate_limit": record.rate_limit.map(|rate| json!({
            "requests": rate.requests, "seconds": rate.seconds, "burst": rate.burst,
        })),
        "created_at": record.created_at.to_string(),
        "created_by": record.created_by,
        "secret_made_at": record.secret_made_at.to_string(),
        "previous_secret_ends_at": previous,
        "handed_over_at": record.handed_over_at.map(|at| at.to_string()),
        "revision": record.revision,
    })
}
