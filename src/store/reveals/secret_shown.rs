//! What a notice says about a showing.

use jiff::Timestamp;

use crate::store::timestamps::from_millis;
use crate::store::{Store, StoreError, fetch_optional};

/// A secret that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownReveal {
    /// Id of the credential.
    pub credential: String,
    pub shown_at: Timestamp,
    /// Address of the client.
    pub shown_from: Option<String>,
}

impl Store {
    /// `None` for a reveal that has shown nothing.
    pub async fn shown_reveal(&self, id: &str) -> Result<Option<ShownReveal>, StoreError> {
        let sql =
            "SELECT credential, revealed_at, revealed_from FROM reveals WHERE id = $1 AND revealed_at IS NOT NULL";
        let row: Option<(String, i64, Option<String>)> = fetch_optional!(self, sql, id)?;
        let broken = |()| StoreError::Inconsistent { table: "reveals", column: "revealed_at", id: id.to_owned() };
        row.map(|(credential, shown_at, shown_from)| {
            Ok(ShownReveal { credential, shown_at: from_millis(shown_at).map_err(broken)?, shown_from })
        })
        .transpose()
    }
}
