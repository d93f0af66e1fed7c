//! Writing webhooks.

use jiff::Timestamp;

use super::record::WebhookRecord;
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{StoreError, Transaction};

impl Transaction {
    /// With its creation time, and revision 1.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for the id, [`StoreError::MissingReference`] for an unknown account or credential.
    pub async fn insert_webhook(&mut self, record: &WebhookRecord) -> Result<(), StoreError> {
        let sql = "INSERT INTO webhooks (id, account, credential, url, entity, operation, kind, created_by, key_id,
            generation, previous_key_id, previous_generation, previous_ends_at, paused, failing_since, warned_days,
            switched_off_at, switched_off_why, created_at, sealed, revision)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 1)";
        let previous = record.previous_secret.as_ref();
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(record.id.as_str())
            .bind(record.account.as_str())
            .bind(record.credential.as_str())
            .bind(&record.url)
            .bind(&record.entity)
            .bind(&record.operation)
            .bind(record.kind.as_str())
            .bind(&record.created_by)
            .bind(&record.secret.key_id)
            .bind(stored(record.secret.generation))
            .bind(previous.map(|previous| previous.secret.key_id.as_str()))
            .bind(previous.map(|previous| stored(previous.secret.generation)))
            .bind(previous.map(|previous| previous.until.as_millisecond()))
            .bind(record.paused)
            .bind(record.failing_since.map(Timestamp::as_millisecond))
            .bind(i64::from(record.warned_days))
            .bind(record.switched_off.map(|off| off.at.as_millisecond()))
            .bind(record.switched_off.map(|off| off.why.as_str()))
            .bind(record.created_at.as_millisecond())
            .bind(Vec::<u8>::new())
            .execute(connection))?;
        Ok(())
    }

    /// Replaces what an edit can change, and increments the revision. Account, credential, kind, author, creation time and
    /// the times of attempts stay. Lock the webhook first.
    pub async fn put_webhook(&mut self, record: &WebhookRecord) -> Result<(), StoreError> {
        let sql = "UPDATE webhooks SET url = $1, entity = $2, operation = $3, key_id = $4, generation = $5,
            previous_key_id = $6, previous_generation = $7, previous_ends_at = $8, paused = $9, failing_since = $10,
            warned_days = $11, switched_off_at = $12, switched_off_why = $13, revision = revision + 1 WHERE id = $14";
        let previous = record.previous_secret.as_ref();
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(&record.url)
            .bind(&record.entity)
            .bind(&record.operation)
            .bind(&record.secret.key_id)
            .bind(stored(record.secret.generation))
            .bind(previous.map(|previous| previous.secret.key_id.as_str()))
            .bind(previous.map(|previous| stored(previous.secret.generation)))
            .bind(previous.map(|previous| previous.until.as_millisecond()))
            .bind(record.paused)
            .bind(record.failing_since.map(Timestamp::as_millisecond))
            .bind(i64::from(record.warned_days))
            .bind(record.switched_off.map(|off| off.at.as_millisecond()))
            .bind(record.switched_off.map(|off| off.why.as_str()))
            .bind(record.id.as_str())
            .execute(connection))?;
        Ok(())
    }

    /// Deletes a webhook and its deliveries. False when there is no such webhook.
    pub async fn delete_webhook(&mut self, id: &str) -> Result<bool, StoreError> {
        self.delete_deliveries_of("id", id).await?;
        let sql = "DELETE FROM webhooks WHERE id = $1";
        let touched: Touched = timed!(self, |connection| statement::query(sql).bind(id).execute(connection))?;
        Ok(touched.0 > 0)
    }

    /// Records the day of failures that a warning is queued for. False when it was recorded before, or the webhook fails no
    /// longer.
    pub async fn record_webhook_warning(&mut self, id: &str, days: u32) -> Result<bool, StoreError> {
        let sql = "UPDATE webhooks SET warned_days = $1 WHERE id = $2 AND warned_days < $1
            AND failing_since IS NOT NULL AND switched_off_at IS NULL";
        let touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(i64::from(days)).bind(id).execute(connection))?;
        Ok(touched.0 > 0)
    }
}

/// No generation comes near the end of the range.
fn stored(generation: u64) -> i64 {
    i64::try_from(generation).unwrap_or(i64::MAX)
}
