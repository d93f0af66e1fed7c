//! What credentials are found by: their names, in small letters.

use jiff::Timestamp;

use super::transaction::{Touched, within};
use super::{CredentialRecord, Store, StoreError};

/// A line of 200 characters beside two names, and less than an index entry of PostgreSQL may hold.
const LONGEST_SEARCHED: usize = 1000;

impl Store {
    /// Fills in what credentials are found by where a migration could not: databases know the small letters of
    /// ASCII alone.
    pub(super) async fn fold_searches(&self) -> Result<(), StoreError> {
        let sql = "SELECT id, username, name FROM credentials WHERE search IS NULL ORDER BY id LIMIT 1000";
        loop {
            let mut transaction = self.begin(Timestamp::UNIX_EPOCH).await?;
            type Names = (String, Option<String>, Option<String>);
            let all: Vec<Names> = within!(transaction, |connection| sqlx::query_as(sql).fetch_all(connection))?;
            if all.is_empty() {
                return Ok(());
            }
            for (id, username, name) in &all {
                let search = searched_of(id, username.as_deref(), name.as_deref());
                let sql = "UPDATE credentials SET search = $1 WHERE id = $2";
                let _touched: Touched =
                    within!(transaction, |connection| sqlx::query(sql).bind(&search).bind(id).execute(connection))?;
            }
            transaction.commit().await?;
        }
    }
}

/// What a credential is found by, as the index holds it.
pub(super) fn searched(record: &CredentialRecord) -> String {
    searched_of(record.id.as_str(), record.username(), record.name.as_deref())
}

/// The same of its parts.
fn searched_of(id: &str, username: Option<&str>, name: Option<&str>) -> String {
    let whole = format!("{id}\n{}\n{}", username.unwrap_or_default(), name.unwrap_or_default());
    let mut folded = whole.to_lowercase();
    folded.truncate(folded.floor_char_boundary(LONGEST_SEARCHED));
    folded
}
