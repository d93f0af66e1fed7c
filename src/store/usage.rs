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

/// The same text for both: unnamed columns of VALUES are column1, column2, … in both. In the order of the ids, so
/// that gates that write at the same time never wait for each other in a circle.
macro_rules! upsert {
    ($uses:expr, $database:ty) => {{
        let mut sql = QueryBuilder::<$database>::new(
            "INSERT INTO uses (credential, at, used_from) SELECT v.column1, v.column2, v.column3 FROM (VALUES ",
        );
        for (index, each) in $uses.iter().enumerate() {
            sql.push(if index > 0 { ", (CAST(" } else { "(CAST(" }).push_bind(each.id.as_str());
            sql.push(" AS TEXT), CAST(").push_bind(each.at.as_millisecond());
            sql.push(" AS BIGINT), CAST(").push_bind(each.from.map(|address| address.to_string()));
            sql.push(" AS TEXT))");
        }
        sql.push(
            ") AS v JOIN credentials c ON c.id = v.column1 WHERE TRUE ORDER BY c.id
            ON CONFLICT (credential) DO UPDATE SET at = excluded.at, used_from = excluded.used_from
            WHERE uses.at < excluded.at",
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
                        upsert!(batch, sqlx::Sqlite).build().persistent(false).execute(write).await?;
                    }
                    Pools::Postgres(pool) => {
                        upsert!(batch, sqlx::Postgres).build().persistent(false).execute(pool).await?;
                    }
                }
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}
