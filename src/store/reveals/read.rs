use super::record::{COLUMNS, RevealRecord, RevealRow};
use crate::credential::TokenDigest;
use crate::store::statement;
use crate::store::transaction::timed;
use crate::store::{Store, StoreError, Transaction, fetch_optional};

impl Store {
    /// The reveal that this link leads to, in any state.
    pub async fn reveal_of_link(&self, digest: &TokenDigest) -> Result<Option<RevealRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM reveals r JOIN reveal_links l ON l.reveal = r.id WHERE l.digest = $1");
        let row: Option<RevealRow> = fetch_optional!(self, sql, digest.as_bytes().to_vec())?;
        row.map_or(Ok(None), RevealRow::record)
    }

    pub async fn reveal(&self, id: &str) -> Result<Option<RevealRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM reveals r WHERE r.id = $1");
        let row: Option<RevealRow> = fetch_optional!(self, sql, id)?;
        row.map_or(Ok(None), RevealRow::record)
    }

    /// The newest reveal of a credential, in any state.
    pub async fn newest_reveal(&self, credential: &str) -> Result<Option<RevealRecord>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM reveals r WHERE r.credential = $1 ORDER BY r.number DESC LIMIT 1");
        let row: Option<RevealRow> = fetch_optional!(self, sql, credential)?;
        row.map_or(Ok(None), RevealRow::record)
    }
}

impl Transaction {
    /// The newest reveal of a credential, in any state. Lock the credential first.
    pub async fn newest_reveal(&mut self, credential: &str) -> Result<Option<RevealRecord>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM reveals r WHERE r.credential = $1 ORDER BY r.number DESC LIMIT 1{}",
            self.for_update()
        );
        let row: Option<RevealRow> = timed!(self, |connection| statement::query_as(sqlx::AssertSqlSafe(sql))
            .bind(credential)
            .fetch_optional(connection))?;
        row.map_or(Ok(None), RevealRow::record)
    }
}
