use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::store::{Store, StoreError};

/// How long a link to a secret is kept behind its end, for the page of its credential.
const REVEAL_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long text messages of a day are counted; two days, for clocks of a fleet that differ.
const TEXT_COUNTS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Deletes sessions that have ended or were idle for `idle`, expired set-up links, idempotency keys, old used addresses,
/// old messages, and links to secrets that ended long ago. Returns the number of rows.
///
/// # Errors
/// When the database cannot be written.
pub async fn prune(store: &Store, now: Timestamp, idle: Duration) -> Result<u64, StoreError> {
    let sessions = store.prune_sessions(now, idle).await?;
    let links = store.prune_setup_links(now).await?;
    let keys = store.prune_keys(now).await?;
    let addresses = store.prune_addresses(now).await?;
    let messages = store.prune_outbox(now).await?;
    let before = |kept| now.checked_sub(kept).unwrap_or(Timestamp::MIN);
    let reveals = store.prune_reveals(before(REVEAL_KEPT)).await?;
    let counts = store.prune_message_counts(before(TEXT_COUNTS_KEPT)).await?;
    Ok(sessions + links + keys + addresses + messages + reveals + counts)
}
