//! Whether a secret that was sent by a link has arrived.

use jiff::Timestamp;

use crate::store::{Store, StoreError, fetch};

/// State of the links to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// A link was created; none was sent yet.
    Unsent,
    /// No link was opened yet.
    Waiting,
    Revealed,
}

impl Store {
    /// `None` where no link to the secret of this time was created.
    pub async fn delivery(&self, credential: &str, made_at: Timestamp) -> Result<Option<Delivery>, StoreError> {
        let sql = "SELECT COUNT(*), COUNT(sent_at), COUNT(revealed_at) FROM reveals WHERE credential = ";
        let (created, sent, revealed): (i64, i64, i64) = fetch!(self, sql, |sql, connection| {
            sql.push_bind(credential).push(" AND created_at >= ").push_bind(made_at.as_millisecond());
            sql.build_query_as().persistent(false).fetch_one(connection)
        })?;
        Ok(match (created, sent, revealed) {
            (0, _, _) => None,
            (_, 0, 0) => Some(Delivery::Unsent),
            (_, _, 0) => Some(Delivery::Waiting),
            (_, _, _) => Some(Delivery::Revealed),
        })
    }
}
