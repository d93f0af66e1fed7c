//! Times as people say them, with the moment in UTC beside.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::Timestamp;

use crate::control::look::{Arguments, Language};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Beyond, the date says more.
const MAX_RELATIVE: i64 = 30 * DAY;

/// `<time>`
pub(super) struct Time {
    /// Relative, or the date where it is far away.
    text: String,
    moment: Timestamp,
    /// Date and time of day.
    title: String,
}

impl Time {
    pub(super) fn new(moment: Timestamp, now: Timestamp, language: &Language) -> Self {
        let title = language.date_and_time(moment);
        let seconds = now.duration_since(moment).as_secs();
        let (distance, is_past) = (seconds.abs(), seconds >= 0);
        let (count, message) = match distance {
            ..MINUTE => (0, if is_past { "time-now" } else { "time-soon" }),
            MINUTE..HOUR => (distance / MINUTE, if is_past { "time-minutes-ago" } else { "time-in-minutes" }),
            HOUR..DAY => (distance / HOUR, if is_past { "time-hours-ago" } else { "time-in-hours" }),
            DAY..MAX_RELATIVE => (distance / DAY, if is_past { "time-days-ago" } else { "time-in-days" }),
            _ => return Self { text: language.date_of(moment), moment, title },
        };
        Self { text: language.text(message, &Arguments::default().number("count", count)), moment, title }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let datetime = self.moment.strftime("%Y-%m-%dT%H:%M:%SZ");
        // A text of the operator may hold markup.
        let escaped = |text| askama::filters::escape(text, askama::filters::Html).map_err(|_| fmt::Error);
        let (text, title) = (escaped(&self.text)?, escaped(&self.title)?);
        write!(f, "<time datetime=\"{datetime}\" title=\"{title}\">{text}</time>")
    }
}

impl HtmlSafe for Time {}
