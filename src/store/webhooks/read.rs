//! Reading webhooks.

use jiff::Timestamp;

use super::record::{PreviousWebhookSecret, SwitchedOff, SwitchedOffWhy, WebhookKind, WebhookRecord, WebhookSecretRef};
use super::stop::{WebhookStop, stop_expression};
use crate::store::statement;
use crate::store::timestamps::from_millis;
use crate::store::transaction::timed;
use crate::store::{Store, StoreError, Transaction, fetch_optional};

/// Webhooks `w` with what they depend on.
pub(in crate::store) const JOINS: &str = "webhooks w JOIN credentials c ON c.id = w.credential
    JOIN accounts a ON a.id = w.account LEFT JOIN users u ON u.id = c.owner";

/// The columns of a [`Row`], from [`JOINS`].
pub(in crate::store) fn columns(now: Timestamp) -> String {
    let stop = stop_expression(now);
    format!(
        "w.id, w.account, w.credential, w.url, w.entity, w.operation, w.kind, w.created_by, w.key_id, w.generation,
        w.previous_key_id, w.previous_generation, w.previous_ends_at, w.paused, w.failing_since, w.last_failure_at,
        w.last_success_at, w.warned_days, w.switched_off_at, w.switched_off_why, w.created_at, w.revision,
        {stop} AS stop"
    )
}

#[derive(sqlx::FromRow)]
pub(in crate::store) struct Row {
    pub(in crate::store) id: String,
    account: String,
    credential: String,
    url: String,
    entity: String,
    operation: String,
    kind: Option<String>,
    created_by: Option<String>,
    key_id: Option<String>,
    generation: Option<i64>,
    previous_key_id: Option<String>,
    previous_generation: Option<i64>,
    previous_ends_at: Option<i64>,
    paused: bool,
    failing_since: Option<i64>,
    last_failure_at: Option<i64>,
    last_success_at: Option<i64>,
    warned_days: i64,
    switched_off_at: Option<i64>,
    switched_off_why: Option<String>,
    pub(in crate::store) created_at: i64,
    revision: i64,
    stop: Option<String>,
}

impl Store {
    /// With its stop at `now`.
    pub async fn webhook(&self, id: &str, now: Timestamp) -> Result<Option<WebhookRecord>, StoreError> {
        let sql = format!("SELECT {} FROM {JOINS} WHERE w.id = $1", columns(now));
        let row: Option<Row> = fetch_optional!(self, sql, id)?;
        row.map(Row::record).transpose()
    }
}

impl Transaction {
    /// Locks the webhook until the commit.
    pub async fn webhook(&mut self, id: &str) -> Result<Option<WebhookRecord>, StoreError> {
        self.lock_webhook(id).await?;
        let row = self.webhook_row(id).await?;
        row.map(Row::record).transpose()
    }

    /// The REST hook of this credential with this URL and event. Lock the credential first, so that no other one is added
    /// meanwhile.
    pub async fn rest_hook_like(
        &mut self,
        credential: &str,
        url: &str,
        (entity, operation): (&str, &str),
    ) -> Result<Option<WebhookRecord>, StoreError> {
        let sql = format!(
            "SELECT {} FROM {JOINS} WHERE w.credential = $1 AND w.url = $2 AND w.entity = $3 AND w.operation = $4
            AND w.kind = $5 ORDER BY w.created_at, w.id LIMIT 1",
            columns(self.now)
        );
        let row: Option<Row> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(credential)
            .bind(url)
            .bind(entity)
            .bind(operation)
            .bind(WebhookKind::RestHook.as_str())
            .fetch_optional(connection))?;
        row.map(Row::record).transpose()
    }

    /// Before it is read: PostgreSQL locks nothing of an outer join.
    pub(in crate::store) async fn lock_webhook(&mut self, id: &str) -> Result<(), StoreError> {
        if self.for_update().is_empty() {
            return Ok(());
        }
        let sql = format!("SELECT id FROM webhooks WHERE id = $1{}", self.for_update());
        let _locked: Option<(String,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(id)
            .fetch_optional(connection))?;
        Ok(())
    }

    /// Without a lock.
    pub(in crate::store) async fn webhook_row(&mut self, id: &str) -> Result<Option<Row>, StoreError> {
        let sql = format!("SELECT {} FROM {JOINS} WHERE w.id = $1", columns(self.now));
        timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(connection))
    }
}

impl Row {
    /// The key of its [`crate::store::Cursor`].
    pub(super) fn key(&self) -> (i64, &str) {
        (self.created_at, &self.id)
    }

    pub(in crate::store) fn record(self) -> Result<WebhookRecord, StoreError> {
        let id = self.id.clone();
        let broken = |column| StoreError::Inconsistent { table: "webhooks", column, id: id.clone() };
        let instant = |millis, column| from_millis(millis).map_err(|()| broken(column));
        let optional = |millis: Option<i64>, column| millis.map(|millis| instant(millis, column)).transpose();
        let label = |text: &str, column| text.parse().map_err(|_| broken(column));
        let secret = |key_id: Option<String>, generation: Option<i64>, column| {
            let generation = generation.and_then(|generation| u64::try_from(generation).ok());
            let (Some(key_id), Some(generation)) = (key_id, generation) else { return Err(broken(column)) };
            Ok(WebhookSecretRef { key_id, generation })
        };
        let previous_secret = match optional(self.previous_ends_at, "previous_ends_at")? {
            None => None,
            Some(until) => {
                let secret = secret(self.previous_key_id, self.previous_generation, "previous_generation")?;
                Some(PreviousWebhookSecret { secret, until })
            }
        };
        let switched_off = match optional(self.switched_off_at, "switched_off_at")? {
            None => None,
            Some(at) => {
                let why = self.switched_off_why.as_deref().and_then(SwitchedOffWhy::of);
                Some(SwitchedOff { at, why: why.ok_or_else(|| broken("switched_off_why"))? })
            }
        };
        let stop = self.stop.as_deref().map(|stop| WebhookStop::of(stop).ok_or_else(|| broken("stop"))).transpose()?;
        Ok(WebhookRecord {
            id: label(&self.id, "id")?,
            account: label(&self.account, "account")?,
            credential: label(&self.credential, "credential")?,
            kind: self.kind.as_deref().and_then(WebhookKind::of).ok_or_else(|| broken("kind"))?,
            created_by: self.created_by.ok_or_else(|| broken("created_by"))?,
            secret: secret(self.key_id, self.generation, "generation")?,
            previous_secret,
            failing_since: optional(self.failing_since, "failing_since")?,
            last_failure_at: optional(self.last_failure_at, "last_failure_at")?,
            last_success_at: optional(self.last_success_at, "last_success_at")?,
            warned_days: u32::try_from(self.warned_days).map_err(|_| broken("warned_days"))?,
            switched_off,
            created_at: instant(self.created_at, "created_at")?,
            url: self.url,
            entity: self.entity,
            operation: self.operation,
            paused: self.paused,
            revision: self.revision,
            stop,
        })
    }
}
