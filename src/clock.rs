//! Time: of the system, or set by a test.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The source of time for all decisions.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    #[default]
    System,
    /// Changes only by [`Clock::set`] and [`Clock::advance`].
    Manual(Arc<ManualClock>),
}

#[derive(Debug, Default)]
pub struct ManualClock {
    /// Microseconds since 1970, wall clock.
    wall: AtomicI64,
    /// Microseconds since the clock was created, monotonic.
    steady: AtomicU64,
}

impl Clock {
    pub fn manual(moment: Timestamp) -> Self {
        let clock = ManualClock { wall: AtomicI64::new(moment.as_microsecond()), steady: AtomicU64::new(0) };
        Self::Manual(Arc::new(clock))
    }

    /// Sets the wall clock of a manual clock; its monotonic time stays. Does nothing on [`Clock::System`].
    pub fn set(&self, moment: Timestamp) {
        if let Self::Manual(clock) = self {
            clock.wall.store(moment.as_microsecond(), Ordering::SeqCst);
        }
    }

    /// Advances both times of a manual clock. Does nothing on [`Clock::System`].
    pub fn advance(&self, time: Duration) {
        if let Self::Manual(clock) = self {
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            clock.wall.fetch_add(i64::try_from(micros).unwrap_or(i64::MAX), Ordering::SeqCst);
            clock.steady.fetch_add(micros, Ordering::SeqCst);
        }
    }

    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
            Self::System => Timestamp::now(),
            Self::Manual(clock) => {
                Timestamp::from_microsecond(clock.wall.load(Ordering::SeqCst)).unwrap_or(Timestamp::MIN)
            }
        }
    }

    /// Monotonic time since an arbitrary instant, for delays and rates. Setting the system clock does not change it.
    pub fn steady(&self) -> Duration {
        match self {
            Self::System => START.elapsed(),
            Self::Manual(clock) => Duration::from_micros(clock.steady.load(Ordering::SeqCst)),
        }
    }
}
