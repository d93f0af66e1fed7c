//! What was answered to calls with an `Idempotency-Key`.

use jiff::{SignedDuration, Timestamp};

use super::transaction::{Touched, within};
use super::{Store, StoreError, Transaction, on};

/// A key stands for the same call for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// So many are forgotten with each one that is new.
const FORGOTTEN: i64 = 100;

/// What is remembered of a call.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredResponse {
    /// The digest of what was asked for.
    pub request: Vec<u8>,
    /// What was answered, as JSON.
    pub answer: String,
}

const SELECT: &str = "SELECT request, answer FROM idempotency WHERE actor = $1 AND key = $2 AND created_at > $3";

impl Store {
    /// What was answered to this caller's call with this key.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn remembered(
        &self,
        actor: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<StoredResponse>, StoreError> {
        let oldest = oldest(now);
        self.within(async {
            on!(&self.pools, |pool| {
                Ok(sqlx::query_as(SELECT).bind(actor).bind(key).bind(oldest).fetch_optional(pool).await?)
            })
        })
        .await
    }
}

impl Store {
    /// Forgets the keys that are too old to stand for anything; how many. Some go with each new one, but nobody may
    /// ever come with another.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            let mut transaction = self.begin(now).await?;
            let count = transaction.forget_keys(oldest(now)).await?;
            transaction.commit().await?;
            pruned += count;
            if count < FORGOTTEN.unsigned_abs() {
                return Ok(pruned);
            }
        }
    }
}

impl Transaction {
    /// Takes a key, and waits until whoever has just taken it has ended. What was answered, if that was done.
    ///
    /// # Errors
    /// When the database cannot be written, or waiting takes too long.
    pub async fn claim_key(
        &mut self,
        actor: &str,
        key: &str,
        request: &[u8],
    ) -> Result<Option<StoredResponse>, StoreError> {
        let (now, oldest) = (self.now.as_millisecond(), oldest(self.now));
        self.forget_keys(oldest).await?;
        // One that is too old is as good as none, whether or not it is forgotten yet.
        let sql = "INSERT INTO idempotency (actor, key, request, answer, created_at) VALUES ($1, $2, $3, '', $4)
            ON CONFLICT (actor, key) DO UPDATE SET request = excluded.request, answer = '',
            created_at = excluded.created_at WHERE idempotency.created_at <= $5";
        let touched: Touched = within!(self, |connection| sqlx::query(sql)
            .bind(actor)
            .bind(key)
            .bind(request)
            .bind(now)
            .bind(oldest)
            .execute(connection))?;
        if touched.0 > 0 {
            return Ok(None);
        }
        within!(self, |connection| sqlx::query_as::<_, StoredResponse>(SELECT)
            .bind(actor)
            .bind(key)
            .bind(oldest)
            .fetch_optional(connection))
    }

    /// Puts down what is answered to whoever has taken the key.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn remember_answer(&mut self, actor: &str, key: &str, answer: &str) -> Result<(), StoreError> {
        let sql = "UPDATE idempotency SET answer = $1 WHERE actor = $2 AND key = $3";
        let _touched: Touched =
            within!(self, |connection| sqlx::query(sql).bind(answer).bind(actor).bind(key).execute(connection))?;
        Ok(())
    }

    async fn forget_keys(&mut self, oldest: i64) -> Result<u64, StoreError> {
        // Two who forget at the same time do not wait for each other.
        let lock = if self.for_update().is_empty() { "" } else { " FOR UPDATE SKIP LOCKED" };
        let sql = format!(
            "DELETE FROM idempotency WHERE (actor, key) IN
            (SELECT actor, key FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2{lock})"
        );
        let touched: Touched = within!(self, |connection| sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(oldest)
            .bind(FORGOTTEN)
            .execute(connection))?;
        Ok(touched.0)
    }
}

fn oldest(now: Timestamp) -> i64 {
    now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_millisecond()
}
