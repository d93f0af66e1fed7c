//! Counts for the diagnosis of what a user still lacks before a first call.

use jiff::Timestamp;

use crate::credential::Label;
use crate::store::{Store, StoreError, fetch};

/// A funnel: each count includes the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct UserCredentialCounts {
    pub created: i64,
    pub enabled: i64,
    /// Enabled and not expired.
    pub in_date: i64,
    /// Enabled, in date, and with a revealed secret.
    pub handed_over: i64,
}

/// A secret is not yet revealed while a link from the same time or later waits for it.
const COUNTS: &str = "SELECT COUNT(*) AS created, COUNT(CASE WHEN enabled THEN 1 END) AS enabled,
    COUNT(CASE WHEN enabled AND in_date THEN 1 END) AS in_date,
    COUNT(CASE WHEN enabled AND in_date AND NOT is_waiting THEN 1 END) AS handed_over
    FROM (SELECT c.enabled, (c.handed_over_at IS NULL AND EXISTS (SELECT 1 FROM reveals r
        WHERE r.credential = c.id AND r.revealed_at IS NULL AND r.created_at >= c.secret_made_at)) AS is_waiting,
    (c.expires_at IS NULL OR c.expires_at > ";

impl Store {
    /// Counts the user's own credentials, and with `shared` those of that account without an owner. Cleared ones do not
    /// count.
    pub async fn user_credential_counts(
        &self,
        user: &str,
        shared: Option<&Label>,
        now: Timestamp,
    ) -> Result<UserCredentialCounts, StoreError> {
        fetch!(self, COUNTS, |sql, pool| {
            sql.push_bind(now.as_millisecond());
            sql.push(") AS in_date FROM credentials c WHERE NOT c.cleared AND (c.owner = ").push_bind(user);
            if let Some(account) = shared {
                sql.push(" OR (c.owner IS NULL AND c.account = ").push_bind(account.as_str()).push(")");
            }
            sql.push(")) counted");
            sql.build_query_as().persistent(false).fetch_one(pool)
        })
    }
}
