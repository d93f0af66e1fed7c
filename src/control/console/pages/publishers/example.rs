use jiff::Timestamp;
use serde_json::json;

use crate::config::Webhooks;
use crate::control::console::pages::shell_quoting::quoted;
use crate::store::PublisherRecord;

/// A command that posts an event: the first that the settings name. The token is left out, as shells keep a history.
pub(super) fn command(url: &str, publisher: &PublisherRecord, settings: &Webhooks, now: Timestamp) -> String {
    let named = settings.entities.iter().find_map(|(entity, operations)| Some((entity, operations.first()?)));
    let (entity, operation) = named.map_or(("contact", "created"), |(entity, operation)| (entity, operation));
    let event = json!({
        "id": format!("{entity}-1-{operation}"),
        "account": publisher.account.as_ref().map_or("ACCOUNT", |account| account.as_str()),
        "entity": entity,
        "operation": operation,
        "occurred_at": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "data": settings.examples.get(entity).cloned().unwrap_or_default(),
    });
    format!(
        "curl {} \\\n  -H 'Authorization: Bearer clvpub_…' \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        quoted(url),
        quoted(&format!("{event:#}"))
    )
}
