//! Lists, newest first, read page by page.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::StoreError;
use crate::credential::Label;

/// Keyset cursor: the last row of a page. Its text form is opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub created_at: Timestamp,
    /// Orders rows of the same millisecond.
    pub id: Label,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor from a previous page")]
pub struct InvalidCursor;

/// One page of a list.
#[derive(Debug)]
pub struct Listing<T> {
    pub records: Vec<T>,
    /// Why other rows of this page cannot be read.
    pub unreadable: Vec<StoreError>,
    /// Where the next page begins; `None` on the last page.
    pub end: Option<String>,
}

impl Cursor {
    /// Creation time in milliseconds and id of the last row read, or what precedes the newest row.
    pub(super) fn bounds(cursor: Option<&Self>) -> (i64, &str) {
        cursor.map_or((i64::MAX, ""), |cursor| (cursor.created_at.as_millisecond(), cursor.id.as_str()))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(self.created_at.as_millisecond(), self.id.as_str()))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (millis, id) =
            std::str::from_utf8(&bytes).ok().and_then(|text| text.split_once(' ')).ok_or(InvalidCursor)?;
        let millis = millis.parse().map_err(|_| InvalidCursor)?;
        let created_at = Timestamp::from_millisecond(millis).map_err(|_| InvalidCursor)?;
        Ok(Self { created_at, id: id.parse().map_err(|_| InvalidCursor)? })
    }
}

impl<T> Listing<T> {
    /// Builds a page from up to `limit + 1` rows; the next page begins after the last row's id.
    pub(super) fn by_id<R>(
        mut rows: Vec<R>,
        limit: u32,
        id: impl Fn(&R) -> &str,
        record: impl Fn(R) -> Result<T, StoreError>,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
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

    /// Builds a page from up to `limit + 1` rows; the next page begins at the [`Cursor`] of the last row, which `key`
    /// gives as its creation time and id.
    pub(super) fn by_cursor<R>(
        rows: Vec<R>,
        limit: u32,
        key: impl Fn(&R) -> (i64, &str),
        record: impl Fn(R) -> Result<T, StoreError>,
    ) -> Self {
        let last = usize::try_from(limit).ok().and_then(|limit| rows.get(limit.checked_sub(1)?)).map(|row| {
            let (millis, id) = key(row);
            encode(millis, id)
        });
        let mut listing = Self::by_id(rows, limit, |row| key(row).1, record);
        listing.end = listing.end.and(last);
        listing
    }
}

fn encode(millis: i64, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{millis} {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_other_text_is_refused() {
        let cursor =
            Cursor { created_at: Timestamp::from_millisecond(1_700_000_000_123).unwrap(), id: "a".parse().unwrap() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        let encoded = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
        let far = encoded(b"9223372036854775807 a");
        for junk in ["", "a", "=", "\0", &encoded(b"1"), &encoded(b"x a"), &encoded(b"1 a b"), &encoded(b"1 \0"), &far]
        {
            assert_eq!(junk.parse::<Cursor>(), Err(InvalidCursor), "{junk:?}");
        }
    }
}
