//! Where credentials were used from lately.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::credential::{Label, RecentUses};
use crate::store::transaction::{Touched, listed, within};
use crate::store::{Store, StoreError, put};

/// In one statement; SQLite takes at most 32,766 parameters in one.
const BATCH: usize = 3000;
/// An address is known for so long after its last use.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// So many are forgotten at once.
const FORGOTTEN: u64 = 1000;

/// An address of a credential: an IPv6 network of 64 bits is one.
struct UsedAddress<'u> {
    credential: &'u str,
    address: String,
    used_at: Timestamp,
}

/// Rows of three columns, of types that both databases know.
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
    /// Writes where credentials were used from. Of more addresses than are kept, those of longest ago are forgotten.
    pub(in crate::store) async fn note_addresses(&self, uses: &BTreeMap<Label, RecentUses>) -> Result<(), StoreError> {
        let mut all: Vec<UsedAddress<'_>> = uses.iter().flat_map(|(id, uses)| addresses(id, uses)).collect();
        // Gates that write at the same time never wait for each other in a circle.
        all.sort_by(|a, b| (a.credential, &a.address).cmp(&(b.credential, &b.address)));
        for batch in all.chunks(BATCH) {
            let mut grown = self.add_addresses(batch).await?;
            self.refresh_addresses(batch).await?;
            grown.dedup();
            if !grown.is_empty() {
                self.forget_beyond(&grown).await?;
            }
        }
        Ok(())
    }

    /// Adds those that are not known; their credentials. Waits for whoever is deleting one of these, and holds nothing
    /// that they wait for.
    async fn add_addresses(&self, batch: &[UsedAddress<'_>]) -> Result<Vec<(String,)>, StoreError> {
        let begin = "INSERT INTO credential_addresses (credential, address, used_at)
            SELECT v.column1, v.column2, v.column3 FROM (VALUES ";
        put!(self, begin, |sql, pool| {
            values!(sql, batch);
            sql.push(
                ") AS v JOIN credentials c ON c.id = v.column1 WHERE TRUE ORDER BY c.id, v.column2
                ON CONFLICT (credential, address) DO NOTHING RETURNING credential",
            );
            sql.build_query_as().persistent(false).fetch_all(pool)
        })
    }

    /// Writes when those that are known were used. What somebody else is writing is left to them.
    async fn refresh_addresses(&self, batch: &[UsedAddress<'_>]) -> Result<(), StoreError> {
        let begin = "UPDATE credential_addresses SET used_at = later.at FROM (SELECT a.credential, a.address,
            v.column3 AS at FROM credential_addresses a JOIN (VALUES ";
        let lock = if self.is_embedded() { "" } else { " FOR UPDATE OF a SKIP LOCKED" };
        let _touched: Touched = put!(self, begin, |sql, pool| {
            values!(sql, batch);
            sql.push(") AS v ON a.credential = v.column1 AND a.address = v.column2 WHERE a.used_at < v.column3");
            sql.push(lock).push(
                ") AS later WHERE credential_addresses.credential = later.credential
                AND credential_addresses.address = later.address",
            );
            sql.build().persistent(false).execute(pool)
        })?;
        Ok(())
    }

    /// Of these credentials, the addresses beyond the last ones. What somebody else is writing is left to them.
    async fn forget_beyond(&self, credentials: &[(String,)]) -> Result<(), StoreError> {
        let begin = "DELETE FROM credential_addresses WHERE (credential, address) IN (
            SELECT credential, address FROM credential_addresses WHERE (credential, address) IN (
            SELECT credential, address FROM (SELECT credential, address,
            ROW_NUMBER() OVER (PARTITION BY credential ORDER BY used_at DESC, address) AS place
            FROM credential_addresses WHERE credential IN (";
        let _touched: Touched = put!(self, begin, |sql, pool| {
            listed!(sql, credentials.iter().map(|(id,)| id.as_str()));
            sql.push(")) AS placed WHERE place > ")
                .push(RecentUses::MAX_NETWORKS)
                .push(")")
                .push(self.skip_locked())
                .push(")");
            sql.build().persistent(false).execute(pool)
        })?;
        Ok(())
    }

    /// Forgets the addresses that no credential was used from for a month; how many.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune_addresses(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_millisecond();
        let lock = self.skip_locked();
        let sql = format!(
            "DELETE FROM credential_addresses WHERE (credential, address) IN (SELECT credential, address
            FROM credential_addresses WHERE used_at <= $1 ORDER BY used_at LIMIT {FORGOTTEN}{lock})"
        );
        let mut pruned = 0;
        loop {
            let mut transaction = self.begin(now).await?;
            let touched: Touched = within!(transaction, |connection| sqlx::query(sqlx::AssertSqlSafe(sql.clone()))
                .bind(before)
                .execute(connection))?;
            transaction.commit().await?;
            pruned += touched.0;
            if touched.0 < FORGOTTEN {
                return Ok(pruned);
            }
        }
    }

    /// Leaves out the rows that somebody else has locked; SQLite locks none.
    fn skip_locked(&self) -> &'static str {
        if self.is_embedded() { "" } else { " FOR UPDATE SKIP LOCKED" }
    }
}

fn addresses<'u>(id: &'u Label, uses: &'u RecentUses) -> impl Iterator<Item = UsedAddress<'u>> {
    uses.iter().filter_map(move |one| {
        let address = one.network()?.address().to_string();
        Some(UsedAddress { credential: id.as_str(), address, used_at: one.at })
    })
}
