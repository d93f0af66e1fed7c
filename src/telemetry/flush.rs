//! The end of a queue that nobody waits for otherwise.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// What is left at the end may take so long.
const END: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(5);

/// Waits, for a moment, until all is done that was in the queue before, which may be full. `message` is what has an
/// answer sent once its turn has come.
pub(super) fn flush<M>(queue: &SyncSender<M>, message: fn(SyncSender<()>) -> M) {
    let end = Instant::now() + END;
    let (done, wait) = sync_channel(1);
    let mut message = message(done);
    while let Err(refused) = queue.try_send(message) {
        match refused {
            TrySendError::Full(back) if Instant::now() < end => message = back,
            TrySendError::Full(_) | TrySendError::Disconnected(_) => return,
        }
        std::thread::sleep(LOOK);
    }
    // After the time is up the other side has had its chance.
    let _late = wait.recv_timeout(end.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_queue_that_is_full_is_waited_for_as_well() {
        static WORKED_OFF: AtomicUsize = AtomicUsize::new(0);
        let (queue, receiver) = sync_channel(1);
        queue.send(None).unwrap();
        std::thread::spawn(move || {
            std::thread::sleep(10 * LOOK);
            for message in receiver {
                WORKED_OFF.fetch_add(1, Ordering::SeqCst);
                let Some(done): Option<SyncSender<()>> = message else { continue };
                done.send(()).unwrap();
            }
        });
        flush(&queue, Some);
        assert_eq!(WORKED_OFF.load(Ordering::SeqCst), 2);
    }
}
