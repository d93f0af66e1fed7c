use std::time::Duration;

use jiff::Timestamp;

use crate::store::{Store, StoreError};

/// Deletes sessions that have ended or were idle for `idle`, expired set-up links, idempotency keys, old used
/// addresses and old messages. Returns the number of rows.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(store: &Store, now: Timestamp, idle: Duration) -> Result<u64, StoreError> {
    let sessions = store.prune_sessions(now, idle).await?;
    let links = store.prune_setup_links(now).await?;
    let keys = store.prune_keys(now).await?;
    let addresses = store.prune_addresses(now).await?;
    let messages = store.prune_outbox(now).await?;
    Ok(sessions + links + keys + addresses + messages)
}
