//! The webhooks of which a transaction may claim deliveries.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::skip::SkipScope;
use super::state::{DeliveryState, NotDelivered};
use crate::store::events::{READER_COLUMNS, Reader, ReaderRow};
use crate::store::transaction::{bind_list, build, lock_all};
use crate::store::webhooks::{JOINS, WebhookRow, webhook_columns};
use crate::store::{StoreError, Transaction, WebhookRecord, WebhookStop};

/// Deliveries of stopped or unreadable webhooks that one claim ends, so that it does not hold its locks for long.
const MAX_ENDED: u32 = 1000;

#[derive(sqlx::FromRow)]
struct ClaimableRow {
    #[sqlx(flatten)]
    webhook: WebhookRow,
    #[sqlx(flatten)]
    reader: ReaderRow,
}

/// A webhook that this transaction has locked.
pub(super) struct Claimable {
    pub(super) webhook: Arc<WebhookRecord>,
    pub(super) reader: Reader,
    /// Further attempts that may be under way.
    pub(super) free: usize,
}

/// What a claim has locked.
#[derive(Default)]
pub(super) struct ClaimableWebhooks {
    /// Those of which something can be claimed, by id.
    pub(super) by_id: BTreeMap<String, Claimable>,
    /// Deliveries that waited for stopped ones.
    pub(super) skipped: u64,
    /// Some are locked by another transaction, or gone.
    pub(super) is_locked_elsewhere: bool,
    /// Those whose deliveries were failed.
    pub(super) unreadable: Vec<StoreError>,
}

impl Transaction {
    /// Locks these webhooks, but for those that others have locked.
    pub(super) async fn lock_claimable(&mut self, webhooks: &[&str]) -> Result<ClaimableWebhooks, StoreError> {
        let lock = if self.for_no_key_update().is_empty() { "" } else { " FOR NO KEY UPDATE SKIP LOCKED" };
        let locked: Vec<(String,)> = lock_all!(self, "webhooks", "id", webhooks, lock)?;
        let is_locked_elsewhere = locked.len() < webhooks.len();
        let mut claimable = ClaimableWebhooks { is_locked_elsewhere, ..ClaimableWebhooks::default() };
        if locked.is_empty() {
            return Ok(claimable);
        }
        // Read once they are locked: what was changed with one of them is seen.
        let begin = format!("SELECT {}, {READER_COLUMNS} FROM {JOINS} WHERE w.id IN (", webhook_columns(self.now));
        let rows: Vec<ClaimableRow> = build!(self, begin.as_str(), |sql, connection| {
            bind_list!(sql, locked.iter().map(|(id,)| id));
            sql.push(")");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let mut ended = 0;
        for row in rows {
            let id = row.webhook.id.clone();
            let left = MAX_ENDED.saturating_sub(u32::try_from(ended).unwrap_or(MAX_ENDED));
            match row.claimable() {
                Ok(one) => {
                    let stop = one.webhook.stop;
                    if let Some(stop) = stop {
                        let skipped = self.skip_up_to(left, SkipScope::Webhook(&id), stop).await?;
                        claimable.skipped += skipped;
                        ended += skipped;
                    }
                    if matches!(stop, None | Some(WebhookStop::Paused)) {
                        claimable.by_id.insert(id, one);
                    }
                }
                Err(unreadable) => {
                    let outcome = (DeliveryState::Failed, NotDelivered::Unreadable);
                    ended += self.give_up(("webhook = $4", &id), outcome, ("", left)).await?;
                    claimable.unreadable.push(unreadable);
                }
            }
        }
        Ok(claimable)
    }

    /// Sets how many more attempts may be under way for each, where all processes together may have `max_in_flight` of one,
    /// and this claim may take `limit` in all.
    pub(super) async fn count_free(
        &mut self,
        claimable: &mut BTreeMap<String, Claimable>,
        (max_in_flight, limit): (u32, usize),
    ) -> Result<(), StoreError> {
        if claimable.is_empty() {
            return Ok(());
        }
        let now = self.now.as_millisecond();
        let begin = "SELECT webhook, COUNT(*) FROM deliveries WHERE claimed_until > ";
        let in_flight: Vec<(String, i64)> = build!(self, begin, |sql, connection| {
            sql.push_bind(now).push(" AND webhook IN (");
            bind_list!(sql, claimable.keys());
            sql.push(") GROUP BY webhook");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let in_flight: BTreeMap<String, i64> = in_flight.into_iter().collect();
        let mut left = limit;
        for (id, one) in claimable {
            let free = i64::from(max_in_flight).saturating_sub(in_flight.get(id).copied().unwrap_or(0));
            one.free = usize::try_from(free).unwrap_or(0).min(left);
            left -= one.free;
        }
        Ok(())
    }
}

impl ClaimableRow {
    fn claimable(self) -> Result<Claimable, StoreError> {
        Ok(Claimable { webhook: Arc::new(self.webhook.record()?), reader: self.reader.reader()?, free: 0 })
    }
}
