//! Whether an address of the upstream is used: failures to connect and checks decide.
//!
//! Requests read one atomic. Attempts to connect again run beside them (`checks`), so no request waits for an address
//! that is known to be down.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config::raw;

/// A pause doubles this many times.
const MAX_DOUBLINGS: u32 = 5;

/// The state of an address; also its position in [`ADDRESS_STATES`](crate::telemetry::ADDRESS_STATES).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Up,
    Down,
    /// Down, while a check runs.
    Probing,
}

pub(super) struct Health {
    created: Instant,
    state: AtomicU8,
    /// Failures to connect since the last success.
    failures: AtomicU32,
    /// Pauses since a request last connected.
    pauses: AtomicU32,
    /// When the next check is due, in milliseconds after `created`.
    check_due: AtomicU64,
    /// When a line about this address was logged last, in seconds after `created`, plus one.
    last_line: AtomicU64,
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            created: Instant::now(),
            state: AtomicU8::new(State::Up as u8),
            failures: AtomicU32::new(0),
            pauses: AtomicU32::new(0),
            check_due: AtomicU64::new(0),
            last_line: AtomicU64::new(0),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.state.load(Ordering::Relaxed) == State::Up as u8
    }

    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            state if state == State::Up as u8 => State::Up,
            state if state == State::Down as u8 => State::Down,
            _ => State::Probing,
        }
    }

    /// Records that a request could not connect; true where the address is down from now on.
    pub(super) fn record_failure(&self, rules: &raw::UpstreamHealth) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let is_news = failures >= rules.max_fails.get() && self.change(State::Up, State::Down);
        if is_news {
            self.schedule(self.pause(rules));
        }
        is_news
    }

    /// Records that a request has connected; true where the address is up again. Where checks have a path, only a check
    /// brings an address back: one that accepts connections may still fail its checks.
    pub(super) fn record_success(&self, rules: &raw::UpstreamHealth) -> bool {
        clear(&self.failures);
        clear(&self.pauses);
        rules.path.is_none() && self.change(State::Down, State::Up)
    }

    /// True where a check is due, which then has to be finished by [`finish_check`](Self::finish_check).
    pub(super) fn begin_check(&self, rules: &raw::UpstreamHealth) -> bool {
        if self.elapsed_millis() < self.check_due.load(Ordering::Relaxed) {
            return false;
        }
        if rules.path.is_some() && self.is_up() {
            // A check ends before the next one is due.
            self.schedule(rules.every.duration());
            return true;
        }
        self.change(State::Down, State::Probing)
    }

    /// Records the result of a check; true where it changes whether the address is used.
    pub(super) fn finish_check(&self, has_passed: bool, rules: &raw::UpstreamHealth) -> bool {
        let next = if has_passed { State::Up } else { State::Down };
        if has_passed {
            // A check proves less than a request: after one that only connects, one failure is enough for a pause.
            let failures = if rules.path.is_some() { 0 } else { rules.max_fails.get() - 1 };
            self.failures.store(failures, Ordering::Relaxed);
        }
        if has_passed && rules.path.is_some() {
            clear(&self.pauses);
            self.schedule(rules.every.duration());
        } else if !has_passed {
            self.pauses.fetch_add(1, Ordering::Relaxed);
            self.schedule(self.pause(rules));
        }
        let previous = self.state.swap(next as u8, Ordering::Relaxed);
        (previous == State::Up as u8) != has_passed
    }

    /// At most once a second: an address may fail and answer in turns.
    pub(super) fn may_log(&self) -> bool {
        let second = self.created.elapsed().as_secs() + 1;
        self.last_line.swap(second, Ordering::Relaxed) != second
    }

    fn change(&self, from: State, to: State) -> bool {
        self.state.compare_exchange(from as u8, to as u8, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Until the next check of an address that is down.
    fn pause(&self, rules: &raw::UpstreamHealth) -> Duration {
        let doublings = self.pauses.load(Ordering::Relaxed).min(MAX_DOUBLINGS);
        let pause = rules.pause.duration().saturating_mul(1 << doublings);
        if rules.path.is_some() { pause.min(rules.every.duration()) } else { pause }
    }

    fn schedule(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.check_due.store(self.elapsed_millis().saturating_add(delay), Ordering::Relaxed);
    }

    fn elapsed_millis(&self) -> u64 {
        u64::try_from(self.created.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Writes only where needed: the line may be shared by all threads.
fn clear(counter: &AtomicU32) {
    if counter.load(Ordering::Relaxed) != 0 {
        counter.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Parsed;

    fn rules(max_fails: u32, pause: &str, path: Option<&str>) -> raw::UpstreamHealth {
        raw::UpstreamHealth {
            max_fails: max_fails.try_into().unwrap(),
            pause: Parsed(pause.parse().unwrap()),
            path: path.map(|path| Parsed(path.parse().unwrap())),
            every: Parsed("1h".parse().unwrap()),
        }
    }

    #[test]
    fn address_is_down_after_max_fails_in_a_row() {
        let rules = rules(3, "1h", None);
        let health = Health::new();
        assert!(!health.record_failure(&rules) && !health.record_failure(&rules));
        assert!(!health.record_success(&rules) && health.is_up());
        assert!(!health.record_failure(&rules) && !health.record_failure(&rules) && health.is_up());
        assert!(health.record_failure(&rules) && !health.is_up());
        assert!(!health.record_failure(&rules), "reported once");
        assert!(!health.begin_check(&rules), "before its pause ends");
        assert!(health.record_success(&rules) && health.is_up(), "a request has connected");
    }

    #[test]
    fn one_check_at_a_time_after_the_pause() {
        let rules = rules(2, "1ms", None);
        let health = Health::new();
        assert!(!health.begin_check(&rules), "nothing to check while it is up");
        assert!(!health.record_failure(&rules) && health.record_failure(&rules));
        std::thread::sleep(Duration::from_millis(5));
        let begun = (0..8).filter(|_| health.begin_check(&rules)).count();
        assert_eq!((begun, health.state()), (1, State::Probing));
        assert!(!health.finish_check(false, &rules) && health.state() == State::Down);
        std::thread::sleep(Duration::from_millis(10));
        assert!(health.begin_check(&rules) && health.finish_check(true, &rules) && health.is_up());
        assert!(health.record_failure(&rules), "after a check, one failure is enough");
    }

    #[test]
    fn pause_grows_to_a_bound() {
        let rules = rules(1, "2s", None);
        let health = Health::new();
        let pauses: Vec<_> = (0..8)
            .map(|_| {
                let pause = health.pause(&rules).as_secs();
                health.finish_check(false, &rules);
                pause
            })
            .collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 64, 64]);
        health.record_success(&rules);
        assert_eq!(health.pause(&rules).as_secs(), 2);
        let longest = raw::UpstreamHealth { pause: Parsed("200000h".parse().unwrap()), ..rules };
        health.finish_check(false, &longest);
        assert!(!health.begin_check(&longest));
    }

    #[test]
    fn only_a_check_brings_a_checked_address_back() {
        let rules = rules(1, "1ms", Some("/healthz"));
        let health = Health::new();
        assert!(health.begin_check(&rules) && !health.begin_check(&rules), "checked while it is up");
        assert!(health.finish_check(false, &rules) && !health.is_up());
        assert!(!health.record_success(&rules) && !health.is_up());
        assert!(health.finish_check(true, &rules) && health.is_up());
    }
}
