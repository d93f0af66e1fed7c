//! Whether a credential may have the event of a delivery now.

use crate::store::events::{AUDIENCE_COLUMNS, AudienceRow, READER_COLUMNS, ReaderRow};
use crate::store::webhooks::JOINS;
use crate::store::{Store, StoreError, fetch_optional};

#[derive(sqlx::FromRow)]
struct Row {
    event_id: String,
    is_test: bool,
    #[sqlx(flatten)]
    audience: AudienceRow,
    #[sqlx(flatten)]
    reader: ReaderRow,
}

impl Store {
    /// True where the credential of the webhook would be sent this event now. An unreadable restriction allows nothing.
    pub async fn is_delivery_allowed(&self, id: &str) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT d.event_id, d.is_test, {AUDIENCE_COLUMNS}, {READER_COLUMNS} FROM {JOINS}
            JOIN deliveries d ON d.webhook = w.id JOIN events e ON e.id = d.event_id WHERE d.id = $1"
        );
        let row: Option<Row> = fetch_optional!(self, sql, id)?;
        Ok(row.is_some_and(|row| {
            let (audience, reader) = (row.audience.audience(&row.event_id), row.reader.reader());
            row.is_test || audience.is_ok_and(|audience| reader.is_ok_and(|reader| audience.includes(&reader)))
        }))
    }
}
