//! Some of many things, in an order.

use super::StoreError;

/// A page of what was asked for.
#[derive(Debug)]
pub struct Listing<T> {
    /// Those that can be read.
    pub records: Vec<T>,
    /// What is wrong with the others, which keep nobody back.
    pub unreadable: Vec<StoreError>,
    /// The id behind which the next page begins; `None` where this is the last one.
    pub end: Option<String>,
}

impl<T> Listing<T> {
    /// Of rows of which one more was asked for than there shall be.
    pub(super) fn of<R>(
        mut rows: Vec<R>,
        most: u32,
        id: impl Fn(&R) -> &str,
        record: impl Fn(R) -> Result<T, StoreError>,
    ) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let has_more = rows.len() > most;
        rows.truncate(most);
        let end = rows.last().filter(|_| has_more).map(|row| id(row).to_owned());
        let (mut records, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            match record(row) {
                Ok(record) => records.push(record),
                Err(error) => unreadable.push(error),
            }
        }
        Self { records, unreadable, end }
    }
}
