//! Credentials whose end is to be announced, and to whom. Read from the index `credentials_expiry`.

use jiff::Timestamp;

use crate::store::timestamps::from_millis;
use crate::store::{Purpose, Store, StoreError, fetch};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// An enabled credential that ends, and the addresses of those who are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryNotice {
    pub id: String,
    pub expires_at: Timestamp,
    /// Its contact and further addresses; of a user's own key the user; without both the owners of its account.
    pub recipients: Vec<ExpiryRecipient>,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExpiryRecipient {
    pub email: String,
    /// In which a user with this address last signed in.
    pub locale: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    expires_at: i64,
    account: String,
    contact_email: Option<String>,
    developer_emails: Option<String>,
    contact_locale: Option<String>,
    owner_email: Option<String>,
    owner_locale: Option<String>,
}

impl Store {
    /// Credentials that end after the first and not after the second moment, did not begin within the `days` before their
    /// end, and of whose end no message of this purpose was queued; the next one first.
    pub async fn expiry_notices(
        &self,
        (from, until): (Timestamp, Timestamp),
        (days, purpose): (i64, Purpose),
        after: Option<&(Timestamp, String)>,
        limit: u32,
    ) -> Result<Vec<ExpiryNotice>, StoreError> {
        let begin = "SELECT c.id, c.expires_at, c.account, c.contact_email, c.developer_emails, u.email AS owner_email,
            u.locale AS owner_locale, (SELECT MAX(n.locale) FROM users n WHERE n.enabled
            AND LOWER(n.email) = LOWER(c.contact_email)) AS contact_locale FROM credentials c LEFT JOIN users u ON u.id = c.owner AND u.enabled
            WHERE c.expires_at IS NOT NULL AND c.enabled AND NOT c.cleared AND c.expires_at > ";
        let rows: Vec<Row> = fetch!(self, begin, |sql, connection| {
            sql.push_bind(from.as_millisecond()).push(" AND c.expires_at <= ").push_bind(until.as_millisecond());
            sql.push(" AND c.created_at <= c.expires_at - ").push_bind(days * DAY_MILLIS);
            sql.push(" AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.target = c.id AND o.purpose = ");
            sql.push_bind(purpose.as_str()).push(" AND o.occasion = CAST(c.expires_at AS TEXT))");
            if let Some((expires_at, id)) = after {
                sql.push(" AND (c.expires_at, c.id) > (").push_bind(expires_at.as_millisecond());
                sql.push(", ").push_bind(id.as_str()).push(")");
            }
            sql.push(" ORDER BY c.expires_at, c.id LIMIT ").push_bind(i64::from(limit));
            sql.build_query_as().persistent(false).fetch_all(connection)
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
        let mut recipients: Vec<ExpiryRecipient> =
            [(row.owner_email, row.owner_locale), (row.contact_email, row.contact_locale)]
                .into_iter()
                .filter_map(|(email, locale)| Some((email?, locale)))
                .chain(further.map(|email| (email, None)))
                .filter(|(email, _)| !email.is_empty())
                .map(|(email, locale)| ExpiryRecipient { email, locale })
                .collect();
        if recipients.is_empty() {
            let sql = "SELECT email, locale FROM users WHERE role = 'owner' AND enabled AND account = ";
            recipients = fetch!(self, sql, |sql, connection| {
                sql.push_bind(row.account.as_str()).push(" ORDER BY id");
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
        }
        recipients.dedup_by(|next, previous| next.email.eq_ignore_ascii_case(&previous.email));
        Ok(ExpiryNotice { id: row.id, expires_at, recipients })
    }
}
