//! REST hooks whose credential has had no secret for long: nothing can unsubscribe them any more.

use jiff::{SignedDuration, Timestamp};

use super::read::JOINS;
use super::record::WebhookKind;
use crate::store::credentials::has_secret;
use crate::store::statement;
use crate::store::transaction::{Touched, timed};
use crate::store::{StoreError, Transaction};

/// How long a credential is without a secret before its REST hooks are deleted.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OrphanedRestHook {
    pub id: String,
    pub account: String,
    pub credential: String,
    pub url: String,
}

impl Transaction {
    /// REST hooks of credentials that were cleared 30 days ago or earlier.
    pub async fn orphaned_rest_hooks(&mut self, limit: u32) -> Result<Vec<OrphanedRestHook>, StoreError> {
        let now = self.now.as_millisecond();
        // An older program clears without a date: 30 days begin now.
        let sql = "UPDATE credentials SET cleared_at = $1 WHERE cleared AND cleared_at IS NULL
            AND id IN (SELECT credential FROM webhooks WHERE kind = $2)";
        let _touched: Touched = timed!(self, |connection| statement::query(sql)
            .bind(now)
            .bind(WebhookKind::RestHook.as_str())
            .execute(connection))?;
        let before = self.now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_millisecond();
        let sql = format!(
            "SELECT w.id, w.account, w.credential, w.url FROM {JOINS} WHERE w.kind = $1 AND c.cleared
            AND c.cleared_at <= $2 AND NOT {} ORDER BY w.id LIMIT $3",
            has_secret(self.now)
        );
        timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(WebhookKind::RestHook.as_str())
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(connection))
    }
}
