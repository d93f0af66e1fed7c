//! When a credential was last used, and from where.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Gathers uses until somebody takes them away. Noting one costs an atomic read; once a second, a lock that hardly
/// anybody else wants.
#[derive(Debug, Default)]
pub struct LastUse {
    second: AtomicI64,
    from: Mutex<Option<IpAddr>>,
    is_untaken: AtomicBool,
}

impl LastUse {
    /// Takes note of a use. True when it is the first since [`LastUse::take`].
    pub fn note(&self, now: Timestamp, from: Option<IpAddr>) -> bool {
        let second = now.as_second();
        if self.second.load(Ordering::Relaxed) == second {
            return false;
        }
        self.second.store(second, Ordering::Relaxed);
        *self.from.lock().unwrap_or_else(PoisonError::into_inner) = from;
        !self.is_untaken.swap(true, Ordering::AcqRel)
    }

    /// The last use, to the second.
    pub fn take(&self) -> (Timestamp, Option<IpAddr>) {
        self.is_untaken.store(false, Ordering::Release);
        let from = *self.from.lock().unwrap_or_else(PoisonError::into_inner);
        (Timestamp::from_second(self.second.load(Ordering::Relaxed)).unwrap_or_default(), from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_of_once_until_it_is_taken() {
        let last = LastUse::default();
        let second = |second| Timestamp::from_second(second).unwrap();
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        assert!(last.note(second(7), None));
        assert!(!last.note(second(7), None));
        assert!(!last.note(second(8), here));
        assert_eq!(last.take(), (second(8), here));
        assert!(!last.note(second(8), here), "nothing new");
        assert!(last.note(second(9), None));
    }
}
