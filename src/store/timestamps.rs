//! Timestamps as the database keeps them: whole milliseconds since 1970.

use jiff::Timestamp;

/// Cuts a timestamp to the precision of the database, so that a record equals what is read back.
pub fn whole_millis(timestamp: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(timestamp.as_millisecond()).unwrap_or(timestamp)
}

/// An error for a number outside the range of [`Timestamp`].
pub(super) fn from_millis(millis: i64) -> Result<Timestamp, ()> {
    Timestamp::from_millisecond(millis).map_err(|_| ())
}
