//! Which names are in use.

use sqlx::QueryBuilder;

use super::{Pools, Store, StoreError};
use crate::credential::TokenDigest;

/// Names that credentials may have.
#[derive(Debug, Default)]
pub struct Names<'n> {
    /// Ids.
    pub ids: Vec<&'n str>,
    /// Of tokens.
    pub digests: Vec<TokenDigest>,
    /// Of Basic pairs.
    pub usernames: Vec<&'n str>,
}

macro_rules! ids_of {
    ($names:expr, $pool:expr, $database:ty) => {{
        let mut found: Vec<String> = Vec::new();
        let lists: [(&str, &str, Vec<&str>); 2] = [
            ("SELECT id FROM credentials WHERE id IN (", ")", $names.ids.clone()),
            ("SELECT id FROM credentials WHERE username IN (", ")", $names.usernames.clone()),
        ];
        for (before, after, values) in lists {
            if !values.is_empty() {
                let mut sql = QueryBuilder::<$database>::new(before);
                let mut list = sql.separated(", ");
                for value in values {
                    list.push_bind(value);
                }
                sql.push(after);
                found.extend(sql.build_query_scalar::<String>().fetch_all($pool).await?);
            }
        }
        if !$names.digests.is_empty() {
            let mut sql = QueryBuilder::<$database>::new("SELECT credential FROM tokens WHERE digest IN (");
            let mut list = sql.separated(", ");
            for digest in &$names.digests {
                list.push_bind(digest.as_bytes().to_vec());
            }
            sql.push(")");
            found.extend(sql.build_query_scalar::<String>().fetch_all($pool).await?);
        }
        found
    }};
}

impl Store {
    /// The ids of the credentials that have one of these names; some may stand there more than once.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn which_exist(&self, names: &Names<'_>) -> Result<Vec<String>, StoreError> {
        self.within(async {
            Ok(match &self.pools {
                Pools::Sqlite { read, .. } => ids_of!(names, read, sqlx::Sqlite),
                Pools::Postgres(pool) => ids_of!(names, pool, sqlx::Postgres),
            })
        })
        .await
    }
}
