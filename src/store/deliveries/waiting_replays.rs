use crate::store::statement;
use crate::store::{Store, StoreError, in_transaction};

impl Store {
    /// The number of deliveries of a webhook that wait because a replay asked for them.
    pub async fn count_waiting_replays(&self, webhook: &str) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM deliveries WHERE webhook = $1 AND state = 'waiting' AND replay_of IS NOT NULL";
        let count: i64 = self
            .timed(async {
                in_transaction!(self, |connection| {
                    Ok(statement::query_scalar(sql).bind(webhook).fetch_one(connection).await?)
                })
            })
            .await?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}
