//! Responses to calls with an `Idempotency-Key`.

use jiff::{SignedDuration, Timestamp};

use super::statement;
use super::transaction::{Touched, timed};
use super::{Store, StoreError, Transaction, in_transaction};

/// How long a key stands for the same call.
const KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// Expired keys deleted at once, and with each new key.
const PRUNE_ROWS: i64 = 100;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredResponse {
    /// Digest of the request.
    pub request: Vec<u8>,
    /// JSON; empty until the call is answered.
    pub answer: String,
}

const SELECT: &str = "SELECT request, answer FROM idempotency WHERE actor = $1 AND key = $2 AND created_at > $3";

impl Store {
    /// The response to this actor's call with this key.
    pub async fn stored_response(
        &self,
        actor: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredResponse>, StoreError> {
        let oldest = oldest(now);
        self.timed(async {
            in_transaction!(self, |connection| {
                Ok(statement::query_as(SELECT).bind(actor).bind(key).bind(oldest).fetch_optional(connection).await?)
            })
        })
        .await
    }

    /// Deletes expired keys; how many. New keys delete some too, but there may never be another.
    pub async fn prune_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            let mut transaction = self.begin(now).await?;
            let count = transaction.delete_expired_keys(oldest(now)).await?;
            transaction.commit().await?;
            pruned += count;
            if count < PRUNE_ROWS.unsigned_abs() {
                return Ok(pruned);
            }
        }
    }
}

impl Transaction {
    /// Claims a key, after waiting for a concurrent call with it. The response, if the key is known.
    pub async fn claim_key(
        &mut self,
        actor: &str,
        key: &str,
        request: &[u8],
    ) -> Result<Option<StoredResponse>, StoreError> {
        let (now, oldest) = (self.now.as_millisecond(), oldest(self.now));
        self.delete_expired_keys(oldest).await?;
        // An expired key counts as unknown, deleted or not.
        let sql = "INSERT INTO idempotency (actor, key, request, answer, created_at) VALUES ($1, $2, $3, '', $4)
            ON CONFLICT (actor, key) DO UPDATE SET request = excluded.request, answer = '',
            created_at = excluded.created_at WHERE idempotency.created_at <= $5";
        let touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(actor)
            .bind(key)
            .bind(request)
            .bind(now)
            .bind(oldest)
            .execute(connection))?;
        if touched.0 > 0 {
            return Ok(None);
        }
        timed!(self, |connection| statement::query_as::<_, StoredResponse>(SELECT)
            .bind(actor)
            .bind(key)
            .bind(oldest)
            .fetch_optional(connection))
    }

    /// Stores the response for a claimed key.
    pub async fn store_response(&mut self, actor: &str, key: &str, answer: &str) -> Result<(), StoreError> {
        let sql = "UPDATE idempotency SET answer = $1 WHERE actor = $2 AND key = $3";
        let _touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(answer).bind(actor).bind(key).execute(connection))?;
        Ok(())
    }

    async fn delete_expired_keys(&mut self, oldest: i64) -> Result<u64, StoreError> {
        // Concurrent deletions do not wait for each other.
        let lock = if self.for_update().is_empty() { "" } else { " FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "DELETE FROM idempotency WHERE (actor, key) IN
            (SELECT actor, key FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2{lock})"
        );
        let touched: Touched = timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql))
            .bind(oldest)
            .bind(PRUNE_ROWS)
            .execute(connection))?;
        Ok(touched.0)
    }
}

fn oldest(now: Timestamp) -> i64 {
    now.checked_sub(KEY_LIFETIME).unwrap_or(Timestamp::MIN).as_millisecond()
}
