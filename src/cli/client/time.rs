//! Times as people write and read them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use crate::clock::Clock;

/// Parses an argument into the API's RFC 3339; a date means 00:00 UTC.
///
/// # Errors
/// When it is neither a date nor a time.
pub(in crate::cli) fn parse_time(text: &str) -> Result<String, String> {
    let date = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp());
    let time = text.parse::<Timestamp>().ok().or_else(date);
    time.map(|time| time.to_string()).ok_or_else(|| {
        "must be a date such as 2027-01-31 (00:00 UTC), or a time such as 2027-01-31T12:00:00Z".to_owned()
    })
}

/// To the second, with the distance from now.
pub(in crate::cli) fn format_time(time: Timestamp) -> String {
    let now = Clock::System.now();
    let distance = if time > now { format!("in {}", length(time, now)) } else { ago(time) };
    format!("{} ({distance})", time.strftime("%Y-%m-%d %H:%M:%SZ"))
}

pub(in crate::cli) fn ago(time: Timestamp) -> String {
    match length(Clock::System.now(), time) {
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
