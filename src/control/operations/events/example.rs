use jiff::Timestamp;
use serde_json::{Value, json};

use super::event_body::shown;
use super::{OWN_ENTITIES, event_body};
use crate::config::Webhooks;
use crate::control::operations::webhooks::Subscription;
use crate::control::views::{AuditState, CredentialView};
use crate::store::CredentialRecord;

const ID: &str = "evt_example";

/// An event as it could be delivered, for a caller who sets up a webhook before the first one. `None` for an entity of
/// the API behind without an example in the settings.
pub(in crate::control) fn example(
    wanted: &Subscription,
    credential: &CredentialRecord,
    settings: &Webhooks,
    now: Timestamp,
) -> Option<Value> {
    let entity = wanted.entity.as_str();
    let own = OWN_ENTITIES.iter().find(|(name, _)| *name == entity);
    let data = match own {
        Some(_) if entity == "credential" => {
            let state = CredentialView::from(credential).audit_value();
            json!({ entity: shown(entity, credential.id.as_str(), &state) })
        }
        Some(_) if entity == "account" => {
            json!({ entity: {"id": credential.account.as_str(), "granted": true, "switched_on": true} })
        }
        Some(_) => json!({ entity: {"id": "req_example", "state": "pending"} }),
        None => Value::Object(settings.examples.get(entity)?.clone()),
    };
    let first = match own {
        Some((_, operations)) => operations.first().copied(),
        None => settings.entities.get(entity)?.first().map(String::as_str),
    };
    let operation =
        if wanted.operation == crate::control::operations::webhooks::ANY { first? } else { &wanted.operation };
    let body = event_body(ID, &format!("{entity}.{operation}"), now, credential.account.as_str(), &data);
    serde_json::from_str(&body).ok()
}
