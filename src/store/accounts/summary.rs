//! What belongs to an account, in numbers.

use jiff::Timestamp;

use crate::credential::Label;
use crate::store::statement;
use crate::store::timestamps::from_millis;
use crate::store::{Role, Store, StoreError, fetch, in_transaction};

/// The newest uses of all accounts, among which the last one of a busy account is found at once.
const NEWEST_USES: i64 = 1000;

/// Users of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeopleCounts {
    pub owners: i64,
    pub implementers: i64,
    pub members: i64,
    /// Of any role; not among the others.
    pub disabled: i64,
}

impl Store {
    pub async fn count_people(&self, account: &Label) -> Result<PeopleCounts, StoreError> {
        let sql = "SELECT role, enabled, COUNT(*) FROM users WHERE account = $1 GROUP BY role, enabled";
        let rows: Vec<(String, bool, i64)> = self
            .timed(async {
                in_transaction!(self, |connection| Ok(statement::query_as(sql)
                    .bind(account.as_str())
                    .fetch_all(connection)
                    .await?))
            })
            .await?;
        let mut counts = PeopleCounts::default();
        for (role, is_enabled, count) in rows {
            match role.parse() {
                _ if !is_enabled => counts.disabled += count,
                Ok(Role::Owner) => counts.owners += count,
                Ok(Role::Implementer) => counts.implementers += count,
                Ok(Role::Member) => counts.members += count,
                // Staff belong to no account.
                Ok(Role::Staff) | Err(_) => {}
            }
        }
        Ok(counts)
    }

    /// The last use of any credential of the account.
    pub async fn last_use_of(&self, account: &Label) -> Result<Option<Timestamp>, StoreError> {
        let newest = "SELECT COUNT(*), MAX(CASE WHEN c.account = $1 THEN u.at END)
            FROM (SELECT credential, at FROM uses ORDER BY at DESC LIMIT $2) u JOIN credentials c ON c.id = u.credential";
        let all = "SELECT MAX(u.at) FROM credentials c JOIN uses u ON u.credential = c.id WHERE c.account = $1";
        let found: Option<i64> = self
            .timed(async {
                in_transaction!(self, |connection| {
                    let (count, found): (i64, Option<i64>) = statement::query_as(newest)
                        .bind(account.as_str())
                        .bind(NEWEST_USES)
                        .fetch_one(&mut *connection)
                        .await?;
                    // Fewer are all that there are.
                    if found.is_some() || count < NEWEST_USES {
                        return Ok(found);
                    }
                    Ok(statement::query_scalar(all).bind(account.as_str()).fetch_one(connection).await?)
                })
            })
            .await?;
        let broken = || StoreError::Inconsistent { table: "uses", column: "at", id: account.to_string() };
        found.map(|millis| from_millis(millis).map_err(|()| broken())).transpose()
    }

    /// Those of these accounts that exist, with their names.
    pub async fn account_names(&self, ids: &[&str]) -> Result<Vec<(String, Option<String>)>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        fetch!(self, "SELECT id, name FROM accounts WHERE id IN (", |sql, connection| {
            let mut list = sql.separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            sql.push(")");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })
    }
}
