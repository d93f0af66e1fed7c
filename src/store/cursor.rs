//! Where in a list somebody has stopped reading: lists are the newest first, and are read page by page.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::{Listing, StoreError};
use crate::credential::Label;

/// A thing in a list that the next page begins behind. As text it says nothing to whoever keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When the thing was made.
    pub created_at: Timestamp,
    /// Its id, of things that were made at once.
    pub id: Label,
}

/// A text that is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not what an answer gave as the next page")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self.created_at.as_millisecond(), self.id.as_str()))
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
    /// Of rows of which one more was asked for than there shall be; its end is a place.
    pub(super) fn at_places<R>(
        rows: Vec<R>,
        most: u32,
        place: impl Fn(&R) -> (i64, &str),
        record: impl Fn(R) -> Result<T, StoreError>,
    ) -> Self {
        let last = usize::try_from(most).ok().and_then(|most| rows.get(most.checked_sub(1)?)).map(|row| {
            let (millis, id) = place(row);
            text(millis, id)
        });
        let mut listing = Self::of(rows, most, |row| place(row).1, record);
        listing.end = listing.end.and(last);
        listing
    }
}

fn text(millis: i64, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{millis} {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_junk_is_none() {
        let place =
            Cursor { created_at: Timestamp::from_millisecond(1_700_000_000_123).unwrap(), id: "a".parse().unwrap() };
        assert_eq!(place.to_string().parse(), Ok(place));
        let encoded = |text: &[u8]| URL_SAFE_NO_PAD.encode(text);
        let far = encoded(b"9223372036854775807 a");
        for junk in ["", "a", "=", "\0", &encoded(b"1"), &encoded(b"x a"), &encoded(b"1 a b"), &encoded(b"1 \0"), &far]
        {
            assert_eq!(junk.parse::<Cursor>(), Err(InvalidCursor), "{junk:?}");
        }
    }
}
