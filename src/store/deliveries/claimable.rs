//! The webhooks of which a transaction may claim deliveries.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::claim::ClaimedDeliveries;
use super::skip::SkipScope;
use super::state::{DeliveryState, NotDelivered};
use crate::store::events::{READER_COLUMNS, Reader, ReaderRow};
use crate::store::transaction::{bind_list, build, lock_all};
use crate::store::webhooks::{JOINS, WebhookRow, webhook_columns};
use crate::store::{StoreError, Transaction, WebhookRecord, WebhookStop};

/// Deliveries of an unreadable webhook that are set aside at once.
const SET_ASIDE_ROWS: u32 = 1000;

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

impl Transaction {
    /// Locks these webhooks, without those that others have locked; those of which something can be claimed, by id.
    pub(super) async fn lock_claimable(
        &mut self,
        webhooks: &[&str],
        claimed: &mut ClaimedDeliveries,
    ) -> Result<BTreeMap<String, Claimable>, StoreError> {
        let lock = if self.for_no_key_update().is_empty() { "" } else { " FOR NO KEY UPDATE SKIP LOCKED" };
        let locked: Vec<(String,)> = lock_all!(self, "webhooks", "id", webhooks, lock)?;
        claimed.is_locked_elsewhere = locked.len() < webhooks.len();
        if locked.is_empty() {
            return Ok(BTreeMap::new());
        }
        // Read once they are locked: a transaction that stops one has ended then, or waits for this one.
        let begin = format!("SELECT {}, {READER_COLUMNS} FROM {JOINS} WHERE w.id IN (", webhook_columns(self.now));
        let rows: Vec<ClaimableRow> = build!(self, begin.as_str(), |sql, connection| {
            bind_list!(sql, locked.iter().map(|(id,)| id));
            sql.push(")");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let mut claimable = BTreeMap::new();
        for row in rows {
            let id = row.webhook.id.clone();
            match row.claimable() {
                Ok(one) => {
                    let stop = one.webhook.stop;
                    if let Some(stop) = stop {
                        claimed.skipped += self.skip_waiting(SkipScope::Webhook(&id), stop).await?;
                    }
                    if matches!(stop, None | Some(WebhookStop::Paused)) {
                        claimable.insert(id, one);
                    }
                }
                Err(unreadable) => {
                    let outcome = (DeliveryState::Failed, NotDelivered::Unreadable);
                    self.give_up(("webhook = $4", &id), outcome, ("", SET_ASIDE_ROWS)).await?;
                    claimed.unreadable.push(unreadable);
                }
            }
        }
        Ok(claimable)
    }

    /// Sets how many more attempts may be under way for each, where all processes together may have `max_in_flight`.
    pub(super) async fn count_free(
        &mut self,
        claimable: &mut BTreeMap<String, Claimable>,
        max_in_flight: u32,
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
        for (id, one) in claimable {
            let free = i64::from(max_in_flight).saturating_sub(in_flight.get(id).copied().unwrap_or(0));
            one.free = usize::try_from(free).unwrap_or(0);
        }
        Ok(())
    }
}

impl ClaimableRow {
    fn claimable(self) -> Result<Claimable, StoreError> {
        Ok(Claimable { webhook: Arc::new(self.webhook.record()?), reader: self.reader.reader()?, free: 0 })
    }
}
