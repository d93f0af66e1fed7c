//! Listing accounts.

use super::{COLUMNS, Row};
use crate::credential::Label;
use crate::store::{AccountRecord, Listing, Store, StoreError, fetch};

/// Conditions that all apply; the default matches every account.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    pub only: Option<Label>,
    /// Part of name or id, ignoring ASCII case.
    pub part: Option<String>,
    pub granted: Option<bool>,
}

impl Store {
    /// The next `limit` accounts after this id, in the order of ids; the empty id precedes all.
    pub async fn accounts_after(
        &self,
        id: &str,
        filter: &AccountFilter,
        limit: u32,
    ) -> Result<Listing<AccountRecord>, StoreError> {
        let begin = format!("SELECT {COLUMNS} FROM accounts WHERE id > ");
        let rows: Vec<Row> = fetch!(self, begin, |sql, connection| {
            sql.push_bind(id);
            if let Some(only) = &filter.only {
                sql.push(" AND id = ").push_bind(only.as_str());
            }
            if let Some(part) = &filter.part {
                // In collation C, as in SQLite, lower() knows ASCII alone.
                let pattern = containing(&part.to_ascii_lowercase());
                sql.push(" AND (lower(name) LIKE ").push_bind(pattern.clone());
                sql.push(" ESCAPE '\\' OR lower(id) LIKE ").push_bind(pattern).push(" ESCAPE '\\')");
            }
            if let Some(granted) = filter.granted {
                sql.push(" AND granted = ").push_bind(granted);
            }
            sql.push(" ORDER BY id LIMIT ").push_bind(i64::from(limit) + 1);
            sql.build_query_as().persistent(false).fetch_all(connection)
        })?;
        Ok(Listing::by_id(rows, limit, |row| &row.id, Row::record))
    }
}

/// A `LIKE` pattern for a substring, with a backslash as the escape character.
fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for letter in part.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
