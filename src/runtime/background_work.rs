use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Work that no caller waits for, and a shutdown does.
#[derive(Default)]
pub struct BackgroundWork {
    is_stopping: AtomicBool,
    in_flight: AtomicUsize,
}

/// Dropped when the work is finished.
pub struct WorkInFlight(Arc<BackgroundWork>);

impl BackgroundWork {
    /// `None` once the process stops.
    pub fn begin(self: &Arc<Self>) -> Option<WorkInFlight> {
        // Counted first: a shutdown sees the count, or this sees the shutdown.
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let work = WorkInFlight(self.clone());
        (!self.is_stopping.load(Ordering::SeqCst)).then_some(work)
    }

    /// Lets no more begin.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
}

impl Drop for WorkInFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_begun_counts_until_it_is_finished_and_nothing_begins_after_the_stop() {
        let work = Arc::new(BackgroundWork::default());
        let first = work.begin();
        assert!(first.is_some() && work.in_flight() == 1);
        work.stop();
        assert!(work.begin().is_none() && work.in_flight() == 1);
        drop(first);
        assert_eq!(work.in_flight(), 0);
    }
}
