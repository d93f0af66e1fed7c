//! Credentials whose end is to be announced, and to whom. Read from the index `credentials_expiry`.

use jiff::Timestamp;

use crate::store::timestamps::from_millis;
use crate::store::{Store, StoreError, fetch};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// An enabled credential that ends, and the addresses of those who are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryNotice {
    pub id: String,
    pub expires_at: Timestamp,
    /// Its contact and further addresses; of a user's own key the user; without both the owners of its account.
    pub recipients: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    expires_at: i64,
    account: String,
    contact_email: Option<String>,
    developer_emails: Option<String>,
    owner_email: Option<String>,
}

impl Store {
    /// Credentials that end after the first and not after the second moment and did not begin within the `days` before
    /// their end, the next one first.
    pub async fn expiry_notices(
        &self,
        (from, until): (Timestamp, Timestamp),
        days: i64,
        after: Option<&(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<ExpiryNotice>, StoreError> {
        let begin = "SELECT c.id, c.expires_at, c.account, c.contact_email, c.developer_emails, u.email AS owner_email
            FROM credentials c LEFT JOIN users u ON u.id = c.owner AND u.enabled
            WHERE c.expires_at IS NOT NULL AND c.enabled AND NOT c.cleared AND c.expires_at > ";
        let rows: Vec<Row> = fetch!(self, begin, |sql, pool| {
            sql.push_bind(from.as_millisecond()).push(" AND c.expires_at <= ").push_bind(until.as_millisecond());
            sql.push(" AND c.created_at <= c.expires_at - ").push_bind(days * DAY_MILLIS);
            if let Some((expires_at, id)) = after {
                sql.push(" AND (c.expires_at, c.id) > (").push_bind(expires_at.as_millisecond());
                sql.push(", ").push_bind(id.as_str()).push(")");
            }
            sql.push(" ORDER BY c.expires_at, c.id LIMIT ").push_bind(i64::from(limit));
            sql.build_query_as().persistent(false).fetch_all(pool)
        })?;
        let mut notices = Vec::with_capacity(rows.len());
        for row in rows {
            notices.push(self.expiry_notice(row).await?);
        }
        Ok(notices)
    }

    async fn expiry_notice(&self, row: Row) -> Result<ExpiryNotice, StoreError> {
        let broken = |()| StoreError::Inconsistent { table: "credentials", column: "expires_at", id: row.id.clone() };
        let expires_at = from_millis(row.expires_at).map_err(broken)?;
        let further = row.developer_emails.iter().flat_map(|emails| emails.split(' ').map(str::to_owned));
        let mut recipients: Vec<String> = row
            .owner_email
            .into_iter()
            .chain(row.contact_email)
            .chain(further)
            .filter(|email| !email.is_empty())
            .collect();
        if recipients.is_empty() {
            let sql = "SELECT email FROM users WHERE role = 'owner' AND enabled AND account = ";
            let owners: Vec<(String,)> = fetch!(self, sql, |sql, pool| {
                sql.push_bind(row.account.as_str()).push(" ORDER BY id");
                sql.build_query_as().persistent(false).fetch_all(pool)
            })?;
            recipients = owners.into_iter().map(|(email,)| email).collect();
        }
        recipients.dedup();
        Ok(ExpiryNotice { id: row.id, expires_at, recipients })
    }
}
