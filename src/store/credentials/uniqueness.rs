//! Checks whether names are taken.

use sqlx::QueryBuilder;

use crate::credential::TokenDigest;
use crate::store::statement;
use crate::store::transaction::{BATCH, bind_list, build};
use crate::store::{Pools, Store, StoreError, Transaction, in_transaction};

/// Names to check.
#[derive(Debug, Default)]
pub struct TakenNames<'n> {
    pub ids: Vec<&'n str>,
    pub digests: Vec<TokenDigest>,
    pub usernames: Vec<&'n str>,
}

macro_rules! ids_of {
    ($names:expr, $connection:ident, $database:ty) => {{
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
                found.extend(sql.build_query_scalar::<String>().persistent(false).fetch_all(&mut *$connection).await?);
            }
        }
        if !$names.digests.is_empty() {
            let mut sql = QueryBuilder::<$database>::new("SELECT credential FROM tokens WHERE digest IN (");
            let mut list = sql.separated(", ");
            for digest in &$names.digests {
                list.push_bind(digest.as_bytes().to_vec());
            }
            sql.push(")");
            found.extend(sql.build_query_scalar::<String>().persistent(false).fetch_all(&mut *$connection).await?);
        }
        found
    }};
}

/// Which credential has which name.
#[derive(Debug, Default)]
pub struct Holders {
    /// Token digests, current and previous, with credential ids.
    pub of_digests: Vec<(TokenDigest, String)>,
    /// User names, with credential ids.
    pub of_usernames: Vec<(String, String)>,
}

impl Transaction {
    /// The credentials that have these digests and user names.
    pub async fn holders(&mut self, digests: &[TokenDigest], usernames: &[&str]) -> Result<Holders, StoreError> {
        let mut holders = Holders::default();
        for batch in digests.chunks(BATCH) {
            let begin = "SELECT digest, credential FROM tokens WHERE digest IN (";
            let rows: Vec<(Vec<u8>, String)> = build!(self, begin, |sql, connection| {
                bind_list!(sql, batch.iter().map(|digest| digest.as_bytes().to_vec()));
                sql.push(")");
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
            let holder = |(bytes, id): (Vec<u8>, String)| Some((TokenDigest::from_bytes(&bytes)?, id));
            holders.of_digests.extend(rows.into_iter().filter_map(holder));
        }
        for batch in usernames.chunks(BATCH) {
            let begin = "SELECT username, id FROM credentials WHERE username IN (";
            let rows: Vec<(String, String)> = build!(self, begin, |sql, connection| {
                bind_list!(sql, batch.iter().copied());
                sql.push(")");
                sql.build_query_as().persistent(false).fetch_all(connection)
            })?;
            holders.of_usernames.extend(rows);
        }
        Ok(holders)
    }
}

impl Store {
    /// Numbers of credentials and accounts.
    pub async fn count(&self) -> Result<(i64, i64), StoreError> {
        let sql = "SELECT (SELECT COUNT(*) FROM credentials), (SELECT COUNT(*) FROM accounts)";
        self.timed(async {
            in_transaction!(self, |connection| Ok(statement::query_as(sql).fetch_one(connection).await?))
        })
        .await
    }

    /// The ids of the credentials that have one of these names, with duplicates.
    pub async fn ids_with_names(&self, names: &TakenNames<'_>) -> Result<Vec<String>, StoreError> {
        self.timed(async {
            Ok(match &self.pools {
                Pools::Sqlite { read, .. } => {
                    let mut held = read.acquire().await?;
                    ids_of!(names, held, sqlx::Sqlite)
                }
                Pools::Postgres(pool) => {
                    let mut transaction = pool.begin().await?;
                    let found = ids_of!(names, transaction, sqlx::Postgres);
                    transaction.commit().await?;
                    found
                }
            })
        })
        .await
    }
}
