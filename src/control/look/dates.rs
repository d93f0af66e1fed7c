//! Dates in the words of a language.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::texts::{Arguments, Language};

impl Language {
    /// `28 Nov 2026`
    pub(in crate::control) fn date(&self, date: Date) -> String {
        let (day, month, year) = (date.day().into(), date.month().into(), date.year().into());
        self.text("time-date", &Arguments::default().number("day", day).number("month", month).number("year", year))
    }

    /// The date of a moment, in UTC.
    pub(in crate::control) fn date_of(&self, moment: Timestamp) -> String {
        self.date(in_utc(moment).date())
    }

    /// `28 Nov 2026, 14:03 UTC`
    pub(in crate::control) fn date_and_time(&self, moment: Timestamp) -> String {
        let moment = in_utc(moment);
        self.with_time(&self.date(moment.date()), moment)
    }

    /// `Sat 28 Nov 2026, 14:03 UTC`
    pub(in crate::control) fn weekday_date_and_time(&self, moment: Timestamp) -> String {
        let moment = in_utc(moment);
        let weekday = moment.weekday().to_monday_one_offset().into();
        let arguments = Arguments::default().number("weekday", weekday).with("date", &self.date(moment.date()));
        self.with_time(&self.text("time-weekday-and-date", &arguments), moment)
    }

    fn with_time(&self, date: &str, moment: DateTime) -> String {
        self.text(
            "time-date-and-time",
            &Arguments::default().with("date", date).with("time", &moment.strftime("%H:%M")),
        )
    }
}

fn in_utc(moment: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(moment)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use crate::control::look::Look;

    #[test]
    fn each_month_and_weekday_has_its_word() {
        let english = Look::default().language("");
        for (month, word) in (1..=12).zip("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(' ')) {
            assert_eq!(english.date(date(2027, month, 5)), format!("5 {word} 2027"));
        }
        for (day, word) in (23..=29).zip("Mon Tue Wed Thu Fri Sat Sun".split(' ')) {
            let moment = format!("2026-11-{day}T00:00:00Z").parse().unwrap();
            assert_eq!(english.weekday_date_and_time(moment), format!("{word} {day} Nov 2026, 00:00 UTC"));
        }
    }
}
