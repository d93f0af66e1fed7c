//! Which webhooks have something to send.

use jiff::Timestamp;

use crate::store::statement;
use crate::store::{Store, StoreError, in_transaction};

/// Attempts that may be under way for one webhook.
pub const MAX_IN_FLIGHT: u32 = 4;
/// Webhooks of one answer.
pub const MAX_DUE_WEBHOOKS: usize = 256;

/// Jumps in the index from webhook to webhook, behind the id `$1`.
const SELECT: &str = "WITH RECURSIVE waiting (webhook) AS (
        SELECT MIN(d.webhook) FROM deliveries d WHERE d.state = 'waiting' AND d.webhook > $1
        UNION ALL
        SELECT (SELECT MIN(d.webhook) FROM deliveries d WHERE d.state = 'waiting' AND d.webhook > waiting.webhook)
        FROM waiting WHERE waiting.webhook IS NOT NULL
    )
    SELECT waiting.webhook FROM waiting WHERE waiting.webhook IS NOT NULL
    AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook = waiting.webhook AND d.state = 'waiting'
        AND d.next_at <= $2 AND (d.claimed_until IS NULL OR d.claimed_until <= $2))
    AND (SELECT COUNT(*) FROM deliveries d WHERE d.webhook = waiting.webhook AND d.claimed_until > $2) < $3
    LIMIT $4";

impl Store {
    /// Webhooks with a delivery that is due and unclaimed, and fewer than [`MAX_IN_FLIGHT`] attempts under way: up to 256,
    /// in the order of ids from behind `after` on, round to `after`. Pass the last webhook of the previous answer, so that
    /// all get their share. Locks nothing.
    pub async fn due_webhooks(&self, after: &str, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut due = self.due_behind(after, now).await?;
        if due.len() < MAX_DUE_WEBHOOKS && !after.is_empty() {
            let others = self.due_behind("", now).await?;
            due.extend(others.into_iter().filter(|webhook| webhook.as_str() <= after));
            due.truncate(MAX_DUE_WEBHOOKS);
        }
        Ok(due)
    }

    async fn due_behind(&self, after: &str, now: Timestamp) -> Result<Vec<String>, StoreError> {
        self.timed(async {
            in_transaction!(self, |connection| {
                let query = statement::query_scalar(SELECT).bind(after).bind(now.as_millisecond());
                let query =
                    query.bind(i64::from(MAX_IN_FLIGHT)).bind(i64::try_from(MAX_DUE_WEBHOOKS).unwrap_or(i64::MAX));
                Ok(query.fetch_all(connection).await?)
            })
        })
        .await
    }
}
