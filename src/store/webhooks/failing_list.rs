//! Webhooks that fail.

use jiff::Timestamp;

use super::read::{JOINS, Row, columns};
use super::record::WebhookRecord;
use crate::store::{Listing, Store, StoreError, fetch};

impl Store {
    /// The next `limit` webhooks after this id, in the order of ids, that fail and are not switched off; the empty id
    /// precedes all. One that is stopped for another reason is among them: its `stop` says so.
    pub async fn webhooks_failing(
        &self,
        after: &str,
        limit: u32,
        now: Timestamp,
    ) -> Result<Listing<WebhookRecord>, StoreError> {
        let begin = format!(
            "SELECT {} FROM {JOINS} WHERE w.failing_since IS NOT NULL AND w.switched_off_at IS NULL AND w.id > ",
            columns(now)
        );
        let rows: Vec<Row> = fetch!(self, begin.as_str(), |sql, connection| {
            sql.push_bind(after).push(" ORDER BY w.id LIMIT ").push_bind(i64::from(limit) + 1);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(Listing::by_id(rows, limit, |row| row.id.as_str(), Row::record))
    }
}
