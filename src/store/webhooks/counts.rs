//! How many webhooks there are.

use std::collections::BTreeMap;

use crate::store::statement;
use crate::store::transaction::timed;
use crate::store::{Store, StoreError, Transaction, fetch};

impl Store {
    /// The number of webhooks of each of these credentials; those without any are missing.
    pub async fn webhooks_per_credential(&self, credentials: &[&str]) -> Result<BTreeMap<String, u64>, StoreError> {
        let begin = "SELECT credential, COUNT(*) FROM webhooks WHERE credential IN (";
        self.webhooks_per(begin, credentials, ") GROUP BY credential").await
    }

    /// The number of webhooks of the own keys of each of these users; those without any are missing.
    pub async fn webhooks_per_owner(&self, users: &[&str]) -> Result<BTreeMap<String, u64>, StoreError> {
        let begin = "SELECT c.owner, COUNT(*) FROM credentials c JOIN webhooks w ON w.credential = c.id
            WHERE c.owner IN (";
        self.webhooks_per(begin, users, ") GROUP BY c.owner").await
    }

    async fn webhooks_per(
        &self,
        begin: &str,
        ids: &[&str],
        end: &'static str,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows: Vec<(String, i64)> = fetch!(self, begin, |sql, connection| {
            let mut list = sql.separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            sql.push(end);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(rows.into_iter().map(|(id, count)| (id, u64::try_from(count).unwrap_or_default())).collect())
    }
}

impl Transaction {
    /// Of both kinds. Lock the credential first, so that none is added meanwhile.
    pub async fn count_webhooks_of_credential(&mut self, credential: &str) -> Result<u64, StoreError> {
        self.count_webhooks("SELECT COUNT(*) FROM webhooks WHERE credential = $1", credential).await
    }

    /// Of both kinds. Lock the account first, so that none is added meanwhile.
    pub async fn count_webhooks_of_account(&mut self, account: &str) -> Result<u64, StoreError> {
        self.count_webhooks("SELECT COUNT(*) FROM webhooks WHERE account = $1", account).await
    }

    async fn count_webhooks(&mut self, sql: &'static str, id: &str) -> Result<u64, StoreError> {
        let row: (i64,) =
            timed!(self, |connection| statement::query_as::<_, (i64,)>(sql).bind(id).fetch_one(connection))?;
        Ok(u64::try_from(row.0).unwrap_or_default())
    }
}
