//! What time it is: the system's, or one that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The only source of wall-clock time for decisions.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The operating system's.
    #[default]
    System,
    /// Stands still until it is set; microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `moment` until [`Clock::set`].
    pub fn manual(moment: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(moment.as_microsecond())))
    }

    /// Moves a manual clock; the system's is left alone.
    pub fn set(&self, moment: Timestamp) {
        if let Self::Manual(micros) = self {
            micros.store(moment.as_microsecond(), Ordering::SeqCst);
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
            Self::System => Timestamp::now(),
            Self::Manual(micros) => {
                Timestamp::from_microsecond(micros.load(Ordering::SeqCst)).unwrap_or(Timestamp::MIN)
            }
        }
    }
}
