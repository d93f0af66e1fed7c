//! Listing webhooks by filter.

use jiff::Timestamp;

use super::read::{JOINS, Row, columns};
use super::record::WebhookRecord;
use super::stop::{WebhookState, state_expression};
use crate::credential::Label;
use crate::store::timestamps::from_millis;
use crate::store::{Cursor, Listing, Store, StoreError, fetch};

/// Conditions that all apply; the default matches every webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookFilter {
    pub account: Option<Label>,
    pub credential: Option<Label>,
    /// The user whose own key its credential is.
    pub owner: Option<Label>,
    pub state: Option<WebhookState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWebhook {
    pub webhook: WebhookRecord,
    /// When the newest delivery was created, of those that are kept.
    pub last_delivery_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    row: Row,
    last_delivery_at: Option<i64>,
}

impl Store {
    /// The newest `limit` webhooks after the cursor.
    pub async fn list_webhooks(
        &self,
        filter: &WebhookFilter,
        after: Option<&Cursor>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Listing<ListedWebhook>, StoreError> {
        let begin = format!(
            "SELECT {}, (SELECT MAX(d.created_at) FROM deliveries d WHERE d.webhook = w.id) AS last_delivery_at
            FROM {JOINS} WHERE (w.created_at, w.id) < (",
            columns(now)
        );
        let (millis, id) = Cursor::bounds(after);
        let rows: Vec<ListedRow> = fetch!(self, begin.as_str(), |sql, connection| {
            sql.push_bind(millis).push(", ").push_bind(id).push(")");
            if let Some(account) = &filter.account {
                sql.push(" AND w.account = ").push_bind(account.as_str());
            }
            if let Some(credential) = &filter.credential {
                sql.push(" AND w.credential = ").push_bind(credential.as_str());
            }
            if let Some(owner) = &filter.owner {
                sql.push(" AND c.owner = ").push_bind(owner.as_str());
            }
            if let Some(state) = filter.state {
                sql.push(" AND ").push(state_expression(now)).push(" = ").push_bind(state.as_str());
            }
            // One more row shows whether there is a next page.
            sql.push(" ORDER BY w.created_at DESC, w.id DESC LIMIT ").push_bind(i64::from(limit) + 1);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(Listing::by_cursor(rows, limit, |row| row.row.key(), ListedRow::listed))
    }
}

impl ListedRow {
    fn listed(self) -> Result<ListedWebhook, StoreError> {
        let id = self.row.id.clone();
        let broken = |()| StoreError::Inconsistent { table: "deliveries", column: "created_at", id };
        Ok(ListedWebhook {
            last_delivery_at: self.last_delivery_at.map(from_millis).transpose().map_err(broken)?,
            webhook: self.row.record()?,
        })
    }
}
