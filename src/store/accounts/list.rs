//! Accounts, some at a time.

use super::{COLUMNS, Row};
use crate::credential::Label;
use crate::store::{AccountRecord, Listing, Store, StoreError, asked};

/// Which accounts are wanted; of all that is said, both.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    /// This one alone.
    pub only: Option<Label>,
    /// In its name or its id, in whatever case (of the letters A to Z).
    pub part: Option<String>,
    /// Those that the provider lets use the API, or does not.
    pub granted: Option<bool>,
}

impl Store {
    /// The next accounts behind this id, in the order of their ids; an empty one is before all of them.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn accounts_after(
        &self,
        id: &str,
        filter: &AccountFilter,
        most: u32,
    ) -> Result<Listing<AccountRecord>, StoreError> {
        let begin = format!("SELECT {COLUMNS} FROM accounts WHERE id > ");
        let rows: Vec<Row> = asked!(self, begin, |sql, pool| {
            sql.push_bind(id);
            if let Some(only) = &filter.only {
                sql.push(" AND id = ").push_bind(only.as_str());
            }
            if let Some(part) = &filter.part {
                // In the collation C, as in SQLite, lower() knows the letters A to Z.
                let pattern = containing(&part.to_ascii_lowercase());
                sql.push(" AND (lower(name) LIKE ").push_bind(pattern.clone());
                sql.push(" ESCAPE '\\' OR lower(id) LIKE ").push_bind(pattern).push(" ESCAPE '\\')");
            }
            if let Some(granted) = filter.granted {
                sql.push(" AND granted = ").push_bind(granted);
            }
            sql.push(" ORDER BY id LIMIT ").push_bind(i64::from(most) + 1);
            sql.build_query_as().persistent(false).fetch_all(pool)
        })?;
        Ok(Listing::of(rows, most, |row| &row.id, Row::record))
    }
}

/// For `LIKE`, with the backslash before what would mean something.
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
