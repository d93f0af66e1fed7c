//! How far the credentials have come that a user would use: what has to be known to say what is missing.

use jiff::Timestamp;

use crate::credential::Label;
use crate::store::{Store, StoreError, asked};

/// How many credentials have come how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct UserCredentialCounts {
    /// There are.
    pub created: i64,
    /// Of these, are switched on.
    pub enabled: i64,
    /// Of those, have not expired.
    pub in_date: i64,
    /// Of those, have a secret that somebody has seen.
    pub handed_over: i64,
}

/// A secret that nobody has seen waits on a link that was made with it or after it.
const COUNTS: &str = "SELECT COUNT(*) AS created, COUNT(CASE WHEN enabled THEN 1 END) AS enabled,
    COUNT(CASE WHEN enabled AND in_date THEN 1 END) AS in_date,
    COUNT(CASE WHEN enabled AND in_date AND NOT waits THEN 1 END) AS handed_over
    FROM (SELECT c.enabled, (c.handed_over_at IS NULL AND EXISTS (SELECT 1 FROM reveals r
        WHERE r.credential = c.id AND r.revealed_at IS NULL AND r.created_at >= c.secret_made_at)) AS waits,
    (c.expires_at IS NULL OR c.expires_at > ";

impl Store {
    /// How far the credentials have come that this user would use: their own, and with `shared` those of the account
    /// that are nobody's own. One that was cleared has no secret to use, and does not count.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn credentials_standing(
        &self,
        user: &str,
        shared: Option<&Label>,
        now: Timestamp,
    ) -> Result<UserCredentialCounts, StoreError> {
        asked!(self, COUNTS, |sql, pool| {
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
