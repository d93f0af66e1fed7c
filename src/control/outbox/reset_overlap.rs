//! When the key that a reset replaces stops: what the mails about that reset say.

use jiff::Timestamp;

use crate::store::{CredentialRecord, OldStops, PreviousSecret, RevealRecord};

const HOUR_SECONDS: u64 = 3600;

/// When the previous key of a credential stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OldKey {
    Stopped,
    Until(Timestamp),
    /// Seconds from the showing of the new key.
    AfterShowing(u64),
}

impl OldKey {
    /// `None` where the reveal brings the first key, and where the credential has another one since.
    pub(super) fn of(record: &CredentialRecord, reveal: &RevealRecord, now: Timestamp) -> Option<Self> {
        let previous_end = record.previous.as_ref().map(PreviousSecret::ends_at).filter(|end| *end > now);
        match (reveal.old_stops, record.secret.is_cleared(), previous_end) {
            (OldStops::NoSecret, ..) | (OldStops::AtReset, false, _) => None,
            (OldStops::WhenShown { seconds }, false, _) => Some(Self::AfterShowing(seconds)),
            (_, true, Some(end)) => Some(Self::Until(end)),
            (_, true, None) => Some(Self::Stopped),
        }
    }

    /// Of the newest reveal, while its link can show the new key or be sent again.
    pub(super) fn of_newest(record: &CredentialRecord, now: Timestamp) -> Option<Self> {
        let delivery = record.delivery.as_deref()?;
        let is_over = delivery.reveal.superseded.is_some_and(|(_, by)| by.is_of_secret());
        (delivery.reveal.revealed_at.is_none() && !is_over).then(|| Self::of(record, &delivery.reveal, now)).flatten()
    }

    /// Key of the text, with the number in it.
    pub(super) fn key(self) -> (&'static str, i64) {
        match self {
            Self::Stopped => ("mail-old-key-stopped", 0),
            Self::Until(_) => ("mail-old-key-until", 0),
            Self::AfterShowing(0) => ("mail-old-key-until-shown", 0),
            Self::AfterShowing(seconds) if seconds % HOUR_SECONDS == 0 => {
                ("mail-old-key-after-shown", number(seconds / HOUR_SECONDS))
            }
            Self::AfterShowing(seconds) => ("mail-old-key-minutes-after-shown", number(seconds.div_ceil(60))),
        }
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_after_the_showing_is_in_whole_hours_or_minutes() {
        let keys = [0, 1, 60, 3599, 3600, 7200, 5400].map(|seconds| OldKey::AfterShowing(seconds).key());
        let (hours, minutes) = ("mail-old-key-after-shown", "mail-old-key-minutes-after-shown");
        let expected = [
            ("mail-old-key-until-shown", 0),
            (minutes, 1),
            (minutes, 1),
            (minutes, 60),
            (hours, 1),
            (hours, 2),
            (minutes, 90),
        ];
        assert_eq!(keys, expected);
    }
}
