//! When the next attempt is.

use jiff::{SignedDuration, Timestamp};

use crate::store::Channel;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// Seconds after each failed mail; the last one repeats.
const MAIL: [i64; 6] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR];
/// Seconds after each failed text message: its code lives for minutes.
const SMS: [i64; 2] = [10, 60];
/// Seconds after the acceptance of a text message.
const QUESTIONS: [i64; 4] = [10, 30, 2 * MINUTE, 10 * MINUTE];
/// Until the next look at a credential that is off.
const POSTPONED: SignedDuration = SignedDuration::from_mins(1);

/// After this number of attempts, all failed; `None` when there is none before `ends_at`.
pub(super) fn next_attempt(channel: Channel, attempts: u32, now: Timestamp, ends_at: Timestamp) -> Option<Timestamp> {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let seconds = match channel {
        Channel::Mail => MAIL[index.min(MAIL.len() - 1)],
        Channel::Sms => *SMS.get(index)?,
    };
    later(now, SignedDuration::from_secs(seconds)).filter(|next| *next < ends_at)
}

/// When to ask for the status of a text message that was accepted at `sent_at`; `None` after the last time.
pub(super) fn next_question(sent_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    QUESTIONS
        .into_iter()
        .filter_map(|seconds| later(sent_at, SignedDuration::from_secs(seconds)))
        .find(|question| *question > now)
}

pub(super) fn postponed(now: Timestamp) -> Timestamp {
    later(now, POSTPONED).unwrap_or(now)
}

fn later(moment: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    moment.checked_add(by).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_mail_is_tried_again_until_its_link_ends() {
        let next = |attempts| next_attempt(Channel::Mail, attempts, at(0), at(72 * HOUR)).map(Timestamp::as_second);
        let delays: Vec<_> = (1..=8).map(next).collect();
        let expected = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR];
        assert_eq!(delays, expected.map(Some));
        assert_eq!(next_attempt(Channel::Mail, 1, at(0), at(60)), None);
        assert_eq!(
            next_attempt(Channel::Mail, u32::MAX, at(0), Timestamp::MAX).map(Timestamp::as_second),
            Some(12 * HOUR)
        );
    }

    #[test]
    fn a_text_message_is_tried_three_times() {
        let next = |attempts| next_attempt(Channel::Sms, attempts, at(0), at(600)).map(Timestamp::as_second);
        assert_eq!([1, 2, 3, 4].map(next), [Some(10), Some(60), None, None]);
    }

    #[test]
    fn a_status_is_asked_for_four_times() {
        let next = |now| next_question(at(0), at(now)).map(Timestamp::as_second);
        assert_eq!([0, 10, 30, 120, 600, 700].map(next), [Some(10), Some(30), Some(120), Some(600), None, None]);
    }
}
