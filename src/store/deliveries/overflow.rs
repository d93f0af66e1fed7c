//! The bound of waiting deliveries.

use super::state::{DeliveryState, NotDelivered};
use crate::store::transaction::{BATCH, bind_list, build};
use crate::store::{StoreError, Transaction};

/// Rows dropped in one statement.
const ROWS: u32 = 1000;

impl Transaction {
    /// Drops the oldest waiting deliveries of each of these webhooks beyond the bound; how many.
    pub(super) async fn drop_overflow(&mut self, webhooks: &[&str], bound: u32) -> Result<u64, StoreError> {
        let mut dropped = 0;
        for batch in webhooks.chunks(BATCH) {
            let begin = "SELECT webhook, COUNT(*) FROM deliveries WHERE state = 'waiting' AND webhook IN (";
            let rows: Vec<(String, i64)> = build!(self, begin, |sql, connection| {
                bind_list!(sql, batch.iter().copied());
                sql.push(") GROUP BY webhook HAVING COUNT(*) > ").push_bind(i64::from(bound));
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
            for (webhook, count) in rows {
                dropped += self.drop_oldest(&webhook, count.saturating_sub(i64::from(bound))).await?;
            }
        }
        Ok(dropped)
    }

    async fn drop_oldest(&mut self, webhook: &str, count: i64) -> Result<u64, StoreError> {
        let outcome = (DeliveryState::Dropped, NotDelivered::TooMany);
        let (mut dropped, count) = (0, u64::try_from(count).unwrap_or_default());
        while dropped < count {
            let rows = u32::try_from(count - dropped).unwrap_or(ROWS).min(ROWS);
            let order = (" ORDER BY created_at, id", rows);
            let done = self.give_up(("webhook = $4", webhook), outcome, order).await?;
            dropped += done;
            if done < u64::from(rows) {
                break;
            }
        }
        Ok(dropped)
    }
}
