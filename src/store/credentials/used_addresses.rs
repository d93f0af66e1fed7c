//! Addresses that credentials were recently used from.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::credential::{Label, RecentUses};
use crate::store::statement;
use crate::store::timestamps::from_millis;
use crate::store::transaction::{Touched, bind_list, timed};
use crate::store::{Store, StoreError, execute, fetch};

/// Rows of three parameters in one statement: SQLite takes 32,766.
const BATCH: usize = 3000;
/// How long an address is kept after its last use.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Rows deleted in one transaction.
const PRUNE_ROWS: u64 = 1000;

/// An address that a credential was used from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRecord {
    /// An IPv4 address, or the first of an IPv6 network of 64 bits.
    pub address: String,
    /// To a few seconds.
    pub last_used_at: Timestamp,
}

/// An IPv4 address or an IPv6 network of 64 bits.
struct UsedAddress<'u> {
    credential: &'u str,
    address: String,
    used_at: Timestamp,
}

/// Rows of three columns, cast to types that both databases have.
macro_rules! values {
    ($sql:expr, $batch:expr) => {{
        for (index, used) in $batch.iter().enumerate() {
            $sql.push(if index > 0 { ", (CAST(" } else { "(CAST(" }).push_bind(used.credential);
            $sql.push(" AS TEXT), CAST(").push_bind(&used.address);
            $sql.push(" AS TEXT), CAST(").push_bind(used.used_at.as_millisecond());
            $sql.push(" AS BIGINT))");
        }
    }};
}

impl Store {
    /// Addresses of the last 30 days, the last used first.
    pub async fn addresses_of(&self, credential: &str) -> Result<Vec<AddressRecord>, StoreError> {
        let begin = "SELECT address, used_at FROM credential_addresses WHERE credential = ";
        let rows: Vec<(String, i64)> = fetch!(self, begin, |sql, connection| {
            sql.push_bind(credential).push(" ORDER BY used_at DESC, address");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        let record = |(address, used_at)| {
            let last_used_at = from_millis(used_at).map_err(|_| StoreError::Inconsistent {
                table: "credential_addresses",
                column: "used_at",
                id: credential.to_owned(),
            })?;
            Ok(AddressRecord { address, last_used_at })
        };
        rows.into_iter().map(record).collect()
    }

    /// Upserts addresses. Of more than a credential may have, the oldest are deleted.
    pub(in crate::store) async fn record_addresses(
        &self,
        uses: &BTreeMap<Label, RecentUses>,
    ) -> Result<(), StoreError> {
        let mut all: Vec<UsedAddress<'_>> = uses.iter().flat_map(|(id, uses)| addresses(id, uses)).collect();
        // One order for all gates, so that concurrent writes cannot deadlock.
        all.sort_by(|a, b| (a.credential, &a.address).cmp(&(b.credential, &b.address)));
        for batch in all.chunks(BATCH) {
            let mut grown = self.add_addresses(batch).await?;
            self.refresh_addresses(batch).await?;
            grown.dedup();
            if !grown.is_empty() {
                self.delete_oldest(&grown).await?;
            }
        }
        Ok(())
    }

    /// Inserts new addresses and returns their credentials. Waits for a concurrent deletion of one of these credentials,
    /// and holds no lock that it needs.
    async fn add_addresses(&self, batch: &[UsedAddress<'_>]) -> Result<Vec<(String,)>, StoreError> {
        let begin = "INSERT INTO credential_addresses (credential, address, used_at)
            SELECT v.column1, v.column2, v.column3 FROM (VALUES ";
        execute!(self, begin, |sql, connection| {
            values!(sql, batch);
            sql.push(
                ") AS v JOIN credentials c ON c.id = v.column1 WHERE TRUE ORDER BY c.id, v.column2
                ON CONFLICT (credential, address) DO NOTHING RETURNING credential",
            );
            sql.build_query_as().persistent(false).fetch_all(connection)
        })
    }

    /// Updates existing rows, except those that another session has locked.
    async fn refresh_addresses(&self, batch: &[UsedAddress<'_>]) -> Result<(), StoreError> {
        let begin = "UPDATE credential_addresses SET used_at = later.at FROM (SELECT a.credential, a.address,
            v.column3 AS at FROM credential_addresses a JOIN (VALUES ";
        let lock = if self.is_embedded() { "" } else { " FOR UPDATE OF a SKIP LOCKED" };
        let _touched: Touched = execute!(self, begin, |sql, connection| {
            values!(sql, batch);
            sql.push(") AS v ON a.credential = v.column1 AND a.address = v.column2 WHERE a.used_at < v.column3");
            sql.push(lock).push(
                ") AS later WHERE credential_addresses.credential = later.credential
                AND credential_addresses.address = later.address",
            );
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }

    /// Deletes all but the latest addresses of these credentials, except rows that another session has locked.
    async fn delete_oldest(&self, credentials: &[(String,)]) -> Result<(), StoreError> {
        let begin = "DELETE FROM credential_addresses WHERE (credential, address) IN (
            SELECT credential, address FROM credential_addresses WHERE (credential, address) IN (
            SELECT credential, address FROM (SELECT credential, address,
            ROW_NUMBER() OVER (PARTITION BY credential ORDER BY used_at DESC, address) AS rank
            FROM credential_addresses WHERE credential IN (";
        let _touched: Touched = execute!(self, begin, |sql, connection| {
            bind_list!(sql, credentials.iter().map(|(id,)| id.as_str()));
            sql.push(")) AS ranked WHERE rank > ")
                .push(RecentUses::MAX_NETWORKS)
                .push(")")
                .push(self.skip_locked())
                .push(")");
            sql.build().persistent(false).execute(connection)
        })?;
        Ok(())
    }

    /// Deletes the addresses without a use for 30 days; how many.
    pub async fn prune_addresses(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.checked_sub(RETENTION).unwrap_or(Timestamp::MIN).as_millisecond();
        let lock = self.skip_locked();
        let sql = format!(
            "DELETE FROM credential_addresses WHERE (credential, address) IN (SELECT credential, address
            FROM credential_addresses WHERE used_at <= $1 ORDER BY used_at LIMIT {PRUNE_ROWS}{lock})"
        );
        let mut pruned = 0;
        loop {
            let mut transaction = self.begin(now).await?;
            let touched: Touched =
                timed!(transaction, |connection| statement::query(sqlx::AssertSqlSafe(sql.clone()))
                    .bind(before)
                    .execute(connection))?;
            transaction.commit().await?;
            pruned += touched.0;
            if touched.0 < PRUNE_ROWS {
                return Ok(pruned);
            }
        }
    }

    /// Skips rows that another session has locked; SQLite locks no rows.
    fn skip_locked(&self) -> &'static str {
        if self.is_embedded() { "" } else { " FOR UPDATE SKIP LOCKED" }
    }
}

fn addresses<'u>(id: &'u Label, uses: &'u RecentUses) -> impl Iterator<Item = UsedAddress<'u>> {
    uses.iter().filter_map(move |usage| {
        let address = usage.network()?.address().to_string();
        Some(UsedAddress { credential: id.as_str(), address, used_at: usage.at })
    })
}
