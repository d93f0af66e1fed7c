//! Test deliveries, which are sent even while a webhook is paused.

use super::state::DeliveryState;
use crate::credential::Label;
use crate::store::events::NewEvent;
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{StoreError, Transaction};

impl Transaction {
    /// Writes an event that only this webhook is sent, at once. Returns the id of its delivery.
    ///
    /// # Errors
    /// [`StoreError::MissingReference`] for an unknown account or webhook.
    pub async fn insert_test_delivery(&mut self, webhook: &Label, event: &NewEvent<'_>) -> Result<String, StoreError> {
        self.insert_events(std::slice::from_ref(event)).await?;
        self.mark_fanned_out(&[event.id]).await?;
        let id = self.next_ordered_id("msg_");
        let sql = "INSERT INTO deliveries
            (id, webhook, event, event_id, body, state, attempts, next_at, is_test, created_at)
            VALUES ($1, $2, $3, $4, '', $5, 0, $6, TRUE, $6)";
        let now = self.now.as_millisecond();
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(&id)
            .bind(webhook.as_str())
            .bind(format!("{}.{}", event.entity, event.operation))
            .bind(event.id)
            .bind(DeliveryState::Waiting.as_str())
            .bind(now)
            .execute(connection))?;
        Ok(id)
    }
}
