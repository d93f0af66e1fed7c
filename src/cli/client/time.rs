//! Moments as people write and read them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use crate::clock::Clock;

/// As the API wants a moment: a day is meant from its first second on, in UTC.
///
/// # Errors
/// When it is neither a moment nor a day.
pub(in crate::cli) fn written(text: &str) -> Result<String, String> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp());
    let moment = text.parse::<Timestamp>().ok().or_else(day);
    moment.map(|moment| moment.to_string()).ok_or_else(|| {
        "must be a day such as 2027-01-31 (from 00:00 UTC on), or a moment such as 2027-01-31T12:00:00Z".to_owned()
    })
}

/// To the second, and how far away it is.
pub(in crate::cli) fn told(moment: Timestamp) -> String {
    let now = Clock::System.now();
    let far = if moment > now { format!("in {}", length(moment, now)) } else { ago(moment) };
    format!("{} ({far})", moment.strftime("%Y-%m-%d %H:%M:%SZ"))
}

/// How long ago that was.
pub(in crate::cli) fn ago(moment: Timestamp) -> String {
    match length(Clock::System.now(), moment) {
        length if length.starts_with("0 ") => "just now".to_owned(),
        length => format!("{length} ago"),
    }
}

fn length(later: Timestamp, earlier: Timestamp) -> String {
    let seconds = (later - earlier).total(Unit::Second).unwrap_or_default().max(0.0);
    let (count, unit) = match seconds {
        seconds if seconds < 90.0 => (seconds, "second"),
        seconds if seconds < 90.0 * 60.0 => (seconds / 60.0, "minute"),
        seconds if seconds < 48.0 * 3600.0 => (seconds / 3600.0, "hour"),
        seconds => (seconds / 86400.0, "day"),
    };
    let count = count.round();
    format!("{count} {unit}{}", if count == 1.0 { "" } else { "s" })
}
