//! Which versions and scopes the credentials name, so that settings which drop one can report the consequence.

use jiff::Timestamp;

use super::gate::labels;
use crate::credential::Label;
use crate::store::{Store, StoreError, fetch};

/// Enabled credentials with one version and one list of scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogUse {
    pub version: Option<String>,
    /// `None` for unrestricted.
    pub scopes: Option<Vec<Label>>,
    pub count: u64,
    /// The first and the last id; the same where `count` is 1.
    pub examples: [String; 2],
}

#[derive(sqlx::FromRow)]
struct Row {
    version: Option<String>,
    scopes: Option<String>,
    total: i64,
    first: String,
    last: String,
}

impl Store {
    /// Credentials that would be accepted now but for version and scopes, grouped by these. Reads the whole table.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn catalog_use(&self, now: Timestamp) -> Result<Vec<CatalogUse>, StoreError> {
        let sql = "SELECT version, scopes, COUNT(*) AS total, MIN(id) AS first, MAX(id) AS last FROM credentials
            WHERE NOT cleared AND enabled AND (expires_at IS NULL OR expires_at > ";
        let rows: Vec<Row> = fetch!(self, sql, |sql, connection| {
            sql.push_bind(now.as_millisecond());
            sql.push(") GROUP BY version, scopes ORDER BY MIN(id)");
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(rows.into_iter().map(Row::into_use).collect())
    }

    /// The next ids, in order, of credentials without a version.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn unversioned_ids(
        &self,
        account: Option<&Label>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT id FROM credentials WHERE version IS NULL AND id > ";
        fetch!(self, sql, |sql, connection| {
            sql.push_bind(after);
            if let Some(account) = account {
                sql.push(" AND account = ").push_bind(account.as_str());
            }
            sql.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit));
            sql.build_query_scalar().persistent(false).fetch_all(connection)
        })
    }
}

impl Row {
    fn into_use(self) -> CatalogUse {
        CatalogUse {
            version: self.version,
            // The gate reports a list that cannot be read for itself.
            scopes: self.scopes.and_then(|scopes| labels(&scopes)),
            count: u64::try_from(self.total).unwrap_or_default(),
            examples: [self.first, self.last],
        }
    }
}
