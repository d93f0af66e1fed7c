//! When credentials were last used, and from where.

use std::net::IpAddr;

use jiff::Timestamp;
use sqlx::QueryBuilder;

use super::{Pools, Store, StoreError};

/// In one statement; SQLite takes at most 32,766 parameters in one.
const BATCH: usize = 2000;

/// The last use of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Of which one.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// From where, where that is known.
    pub from: Option<IpAddr>,
}

/// The same text for both: unnamed columns of VALUES are column1, column2, … in both.
macro_rules! update {
    ($uses:expr, $database:ty) => {{
        let mut sql = QueryBuilder::<$database>::new(
            "UPDATE credentials SET last_used_at = v.column2, last_used_from = v.column3 FROM (VALUES ",
        );
        for (index, each) in $uses.iter().enumerate() {
            sql.push(if index > 0 { ", (CAST(" } else { "(CAST(" }).push_bind(each.id.as_str());
            sql.push(" AS TEXT), CAST(").push_bind(each.at.as_millisecond());
            sql.push(" AS BIGINT), CAST(").push_bind(each.from.map(|address| address.to_string()));
            sql.push(" AS TEXT))");
        }
        sql.push(
            ") AS v WHERE credentials.id = v.column1
            AND (credentials.last_used_at IS NULL OR credentials.last_used_at < v.column2)",
        );
        sql
    }};
}

impl Store {
    /// Writes last uses, in as few statements as they need; a later one that is known already stays. Nobody has
    /// to forget anything because of it, so it is no change.
    ///
    /// # Errors
    /// When the database cannot be written; some may be written then.
    pub async fn note_uses(&self, uses: &[Use]) -> Result<(), StoreError> {
        for batch in uses.chunks(BATCH) {
            self.within(async {
                match &self.pools {
                    Pools::Sqlite { write, .. } => {
                        update!(batch, sqlx::Sqlite).build().execute(write).await?;
                    }
                    Pools::Postgres(pool) => {
                        update!(batch, sqlx::Postgres).build().execute(pool).await?;
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}
