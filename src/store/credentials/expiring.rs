//! Credentials that expire soon. Which rows match is read from a covering index, as for lists.

use jiff::Timestamp;

use crate::credential::Label;
use crate::store::timestamps::from_millis;
use crate::store::{Store, StoreError, fetch};

/// An enabled credential with an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiringCredential {
    pub id: Label,
    pub account: Label,
    pub name: Option<String>,
    pub username: Option<String>,
    /// Refused from here on.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    account: String,
    name: Option<String>,
    username: Option<String>,
    expires_at: i64,
}

impl Store {
    /// The first `limit` enabled credentials that expire after `from` and not after `until`, the next one first; of one
    /// account or of all.
    pub async fn expiring_credentials(
        &self,
        account: Option<&Label>,
        (from, until): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<ExpiringCredential>, StoreError> {
        let begin =
            "SELECT c.id, c.account, c.name, c.username, l.expires_at FROM (SELECT id, expires_at FROM credentials
            WHERE NOT cleared AND enabled AND expires_at > ";
        let rows: Vec<Row> = fetch!(self, begin, |sql, connection| {
            sql.push_bind(from.as_millisecond()).push(" AND expires_at <= ").push_bind(until.as_millisecond());
            if let Some(account) = account {
                sql.push(" AND account = ").push_bind(account.as_str());
            }
            sql.push(" ORDER BY expires_at, id LIMIT ").push_bind(i64::from(limit));
            sql.push(") l JOIN credentials c ON c.id = l.id ORDER BY l.expires_at, l.id");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        rows.into_iter().map(Row::record).collect()
    }
}

impl Store {
    /// Up to `limit` enabled credentials that expire after `from` and not after `until` without an event of this kind about
    /// that end; those are written with the source `source`, under [`expiry_event_id`].
    pub async fn expiring_without_event(
        &self,
        (from, until): (Timestamp, Timestamp),
        (source, kind): (&str, &str),
        limit: u32,
    ) -> Result<Vec<ExpiringCredential>, StoreError> {
        let begin = "SELECT c.id, c.account, c.name, c.username, c.expires_at FROM credentials c
            WHERE NOT c.cleared AND c.enabled AND c.expires_at > ";
        let rows: Vec<Row> = fetch!(self, begin, |sql, connection| {
            sql.push_bind(from.as_millisecond()).push(" AND c.expires_at <= ").push_bind(until.as_millisecond());
            sql.push(" AND NOT EXISTS (SELECT 1 FROM events e WHERE e.publisher = ").push_bind(source);
            sql.push(" AND e.source_id = CAST(").push_bind(kind);
            sql.push(
                " AS TEXT) || ':' || c.id || ':' || CAST(c.expires_at AS TEXT)) ORDER BY c.expires_at, c.id LIMIT ",
            );
            sql.push_bind(i64::from(limit));
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        rows.into_iter().map(Row::record).collect()
    }
}

/// The id that an event about this end of a credential has for its source.
pub fn expiry_event_id(kind: &str, credential: &Label, end: Timestamp) -> String {
    format!("{kind}:{credential}:{}", end.as_millisecond())
}

impl Row {
    fn record(self) -> Result<ExpiringCredential, StoreError> {
        let broken = |column| StoreError::Inconsistent { table: "credentials", column, id: self.id.clone() };
        Ok(ExpiringCredential {
            id: self.id.parse().map_err(|_| broken("id"))?,
            account: self.account.parse().map_err(|_| broken("account"))?,
            expires_at: from_millis(self.expires_at).map_err(|()| broken("expires_at"))?,
            name: self.name.clone(),
            username: self.username.clone(),
        })
    }
}
