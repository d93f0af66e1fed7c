//! What time it is: the system's, or one that a test sets.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The only source of time for decisions.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The operating system's.
    #[default]
    System,
    /// Stands still until it is set.
    Manual(Arc<ManualClock>),
}

/// What a test makes of the time.
#[derive(Debug, Default)]
pub struct ManualClock {
    /// Microseconds since 1970.
    wall: AtomicI64,
    /// Microseconds that have passed.
    passed: AtomicU64,
}

impl Clock {
    /// A clock that shows `moment` until it is told otherwise.
    pub fn manual(moment: Timestamp) -> Self {
        let clock = ManualClock { wall: AtomicI64::new(moment.as_microsecond()), passed: AtomicU64::new(0) };
        Self::Manual(Arc::new(clock))
    }

    /// Sets what a manual clock shows, forth or back, without any time passing; the system's is left alone.
    pub fn set(&self, moment: Timestamp) {
        if let Self::Manual(clock) = self {
            clock.wall.store(moment.as_microsecond(), Ordering::SeqCst);
        }
    }

    /// Lets time pass on a manual clock.
    pub fn advance(&self, time: Duration) {
        if let Self::Manual(clock) = self {
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            clock.wall.fetch_add(i64::try_from(micros).unwrap_or(i64::MAX), Ordering::SeqCst);
            clock.passed.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
            Self::System => Timestamp::now(),
            Self::Manual(clock) => {
                Timestamp::from_microsecond(clock.wall.load(Ordering::SeqCst)).unwrap_or(Timestamp::MIN)
            }
        }
    }

    /// Time that has passed since some moment in the past. Never goes back and never jumps, whoever sets the
    /// clock of the machine: for waiting times and rates.
    pub fn steady(&self) -> Duration {
        match self {
            Self::System => START.elapsed(),
            Self::Manual(clock) => Duration::from_micros(clock.passed.load(Ordering::SeqCst)),
        }
    }
}
