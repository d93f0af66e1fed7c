//! Moments as they are kept.

use jiff::Timestamp;

/// As exact as a database keeps it.
pub(super) fn whole_millis(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}
