//! When a failed delivery is attempted again (the table of Standard Webhooks 1.0).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// Seconds after each failed attempt; ten attempts within 75 h 35 min.
const DELAYS: [u64; 9] = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/// A delay is longer or shorter by up to this part, so that receivers are not met by all of a backlog at once.
const JITTER: f64 = 0.2;

/// After this number of attempts, all failed; `None` after the last one. `random` is 0 to 1; `pause` is what the
/// receiver asked for.
pub(super) fn next_attempt(attempts: u32, now: Timestamp, pause: Option<Duration>, random: f64) -> Option<Timestamp> {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let delay = Duration::from_secs(*DELAYS.get(index)?).mul_f64(1.0 + JITTER * (2.0 * random.clamp(0.0, 1.0) - 1.0));
    let delay = delay.max(pause.unwrap_or_default());
    now.checked_add(SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(attempts: u32, pause: Option<u64>, random: f64) -> Option<i64> {
        let pause = pause.map(Duration::from_secs);
        next_attempt(attempts, Timestamp::UNIX_EPOCH, pause, random).map(Timestamp::as_second)
    }

    #[test]
    fn ten_attempts_take_three_days() {
        let delays: Vec<_> = (1..=10).map(|attempts| seconds(attempts, None, 0.5)).collect();
        let expected = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map(Some);
        assert_eq!(delays[..9], expected);
        assert_eq!(delays[9], None);
        assert_eq!(delays.iter().flatten().sum::<i64>(), 75 * 3600 + 35 * 60 + 5);
        assert_eq!(seconds(u32::MAX, None, 0.5), None);
    }

    #[test]
    fn a_delay_varies_by_a_fifth() {
        assert_eq!((seconds(2, None, 0.0), seconds(2, None, 1.0)), (Some(240), Some(360)));
        assert_eq!((seconds(2, None, -7.0), seconds(2, None, 7.0)), (Some(240), Some(360)));
    }

    #[test]
    fn a_receiver_can_only_lengthen_a_delay() {
        assert_eq!(seconds(1, Some(600), 0.5), Some(600));
        assert_eq!(seconds(2, Some(1), 0.5), Some(300));
        assert_eq!(seconds(10, Some(600), 0.5), None);
    }
}
