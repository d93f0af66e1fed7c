//! Deletes what is kept no longer.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::control::LiveSettings;
use crate::control::operations::Caller;
use crate::store::{AuditEntry, DeliveryRetention, Store, StoreError};

/// As the settings have it by default.
const DEFAULT_KEEP: Duration = Duration::from_secs(30 * 24 * 3600);
/// REST hooks removed in one look.
const MAX_ORPHANS: u32 = 100;

/// Deletes old events, deliveries and attempts, and the REST hooks of keys that were cleared long ago. Returns the number
/// of rows.
pub(super) async fn prune(store: &Store, settings: &LiveSettings, now: Timestamp) -> Result<u64, StoreError> {
    // Rows of before stay no longer where the settings have no webhooks any more.
    let keep = settings.webhooks.as_ref().map_or(DEFAULT_KEEP, |terms| terms.settings.keep);
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    // Without webhooks, nothing writes deliveries of new events.
    let retention =
        DeliveryRetention { keeps_new_events: settings.webhooks.is_some(), ..DeliveryRetention::keeping(keep) };
    let rows = store.prune_deliveries(now, retention).await?;
    let mut orphans = 0;
    for _ in 0..MAX_ORPHANS {
        // One in a transaction: each may have thousands of deliveries.
        let mut transaction = store.begin(now).await?;
        let Some(record) = transaction.orphaned_rest_hooks(1).await?.pop() else {
            // It may have noted since when credentials are without a secret.
            transaction.commit().await?;
            break;
        };
        if !transaction.delete_webhook(&record.id).await? {
            // Another process was faster.
            transaction.commit().await?;
            continue;
        }
        let before = json!({"id": record.id, "account": record.account, "credential": record.credential});
        let line = AuditEntry {
            verb: "delete_webhook",
            account: Some(record.account.clone()),
            target_kind: "webhook",
            target: record.id.clone(),
            before: Some(before.to_string()),
            after: None,
        };
        transaction.audit(&Caller::system().actor, &line).await?;
        transaction.commit().await?;
        orphans += 1;
    }
    Ok(rows + orphans)
}
