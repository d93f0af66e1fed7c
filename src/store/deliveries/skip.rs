//! Skipping what waits for a stopped webhook.

use super::state::{DeliveryState, NotDelivered};
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::webhooks::{JOINS, stop_expression};
use crate::store::{StoreError, SwitchedOffWhy, Transaction, WebhookStop};

/// Rows of one statement.
const ROWS: u32 = 1000;
/// Statements of one call.
const STEPS: u32 = 10;

/// The webhooks of one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipScope<'s> {
    Webhook(&'s str),
    Credential(&'s str),
    Account(&'s str),
    /// Of the own keys of a user.
    Owner(&'s str),
    /// Of the own keys of the members of an account.
    Members(&'s str),
}

impl Transaction {
    /// Locks these webhooks until the commit.
    pub async fn lock_webhooks(&mut self, scope: SkipScope<'_>) -> Result<(), StoreError> {
        if self.for_no_key_update().is_empty() {
            return Ok(());
        }
        let (condition, lock) = (scope.webhooks(), self.for_no_key_update());
        let sql = format!("SELECT id FROM webhooks WHERE {condition} ORDER BY id{lock}");
        let _locked: Vec<(String,)> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(scope.id())
            .fetch_all(connection))?;
        Ok(())
    }

    /// Skips what waits, attempts under way aside, and tests where the webhook is only paused; how many. At most 10,000:
    /// the others are skipped when they become due. Lock the webhooks first.
    pub async fn skip_waiting(&mut self, scope: SkipScope<'_>, why: WebhookStop) -> Result<u64, StoreError> {
        let mut skipped = 0;
        for _ in 0..STEPS {
            let rows = self.skip_up_to(ROWS, scope, why).await?;
            skipped += rows;
            if rows < u64::from(ROWS) {
                break;
            }
        }
        Ok(skipped)
    }

    /// The same for at most this many rows, in one statement.
    pub(super) async fn skip_up_to(
        &mut self,
        limit: u32,
        scope: SkipScope<'_>,
        why: WebhookStop,
    ) -> Result<u64, StoreError> {
        let outcome = (DeliveryState::Skipped, NotDelivered::Stopped(why));
        let tests_aside = if why == WebhookStop::Paused { " AND NOT is_test" } else { "" };
        let condition = format!("{}{tests_aside}", scope.condition());
        self.give_up((&condition, scope.id()), outcome, ("", limit)).await
    }

    /// Skips what waits for webhooks that are stopped, and resets their failures: up to 1,000 of them, and 10,000 rows of
    /// each. For changes of many rows; those that another transaction has locked are left to their next claim.
    pub async fn halt_stopped_webhooks(&mut self) -> Result<(), StoreError> {
        let stop = stop_expression(self.now);
        let lock = if self.for_no_key_update().is_empty() { "" } else { " FOR NO KEY UPDATE OF w SKIP LOCKED" };
        let sql = format!(
            "SELECT w.id, {stop} AS stop FROM {JOINS} WHERE COALESCE({stop}, 'paused') <> 'paused'
            AND (w.failing_since IS NOT NULL
                OR EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook = w.id AND d.state = 'waiting'))
            ORDER BY w.id LIMIT {ROWS}{lock}"
        );
        let stopped: Vec<(String, String)> =
            timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(connection))?;
        for (id, stop) in stopped {
            let Some(stop) = WebhookStop::of(&stop) else { continue };
            self.forget_webhook_failures(SkipScope::Webhook(&id)).await?;
            self.skip_waiting(SkipScope::Webhook(&id), stop).await?;
        }
        Ok(())
    }

    /// The failures of these webhooks count no longer: while they are stopped, they can neither fail nor recover.
    pub async fn forget_webhook_failures(&mut self, scope: SkipScope<'_>) -> Result<(), StoreError> {
        let sql = format!(
            "UPDATE webhooks SET failing_since = NULL, warned_days = 0 WHERE failing_since IS NOT NULL AND {}",
            scope.webhooks()
        );
        let _touched: Touched =
            timed!(self, |connection| statement::query(sqlx::AssertSqlSafe(sql)).bind(scope.id()).execute(connection))?;
        Ok(())
    }

    /// Switches a webhook off, and skips what waits for it. False when there is no such webhook, or it is off already.
    pub async fn switch_off_webhook(&mut self, id: &str, why: SwitchedOffWhy) -> Result<bool, StoreError> {
        let sql = "UPDATE webhooks SET switched_off_at = $1, switched_off_why = $2, revision = revision + 1
            WHERE id = $3 AND switched_off_at IS NULL";
        let now = self.now.as_millisecond();
        let touched: Touched =
            timed!(self, |connection| statement::query(sql).bind(now).bind(why.as_str()).bind(id).execute(connection))?;
        if touched.0 == 0 {
            return Ok(false);
        }
        self.skip_waiting(SkipScope::Webhook(id), WebhookStop::SwitchedOff).await?;
        Ok(true)
    }
}

impl<'s> SkipScope<'s> {
    /// On `$4`, the id.
    fn condition(self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook = $4",
            Self::Credential(_) => "webhook IN (SELECT id FROM webhooks WHERE credential = $4)",
            Self::Account(_) => "webhook IN (SELECT id FROM webhooks WHERE account = $4)",
            Self::Owner(_) => {
                "webhook IN (SELECT w.id FROM webhooks w JOIN credentials c ON c.id = w.credential WHERE c.owner = $4)"
            }
            Self::Members(_) => {
                "webhook IN (SELECT w.id FROM webhooks w JOIN credentials c ON c.id = w.credential
                JOIN users u ON u.id = c.owner WHERE w.account = $4 AND u.role = 'member')"
            }
        }
    }

    /// The same on rows of webhooks; on `$1`, the id.
    pub(in crate::store) fn webhooks(self) -> &'static str {
        match self {
            Self::Webhook(_) => "id = $1",
            Self::Credential(_) => "credential = $1",
            Self::Account(_) => "account = $1",
            Self::Owner(_) => "credential IN (SELECT id FROM credentials WHERE owner = $1)",
            Self::Members(_) => {
                "account = $1 AND credential IN (SELECT c.id FROM credentials c JOIN users u ON u.id = c.owner
                WHERE u.role = 'member')"
            }
        }
    }

    pub(in crate::store) fn id(self) -> &'s str {
        match self {
            Self::Webhook(id) | Self::Credential(id) | Self::Account(id) | Self::Owner(id) | Self::Members(id) => id,
        }
    }
}
