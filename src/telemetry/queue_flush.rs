//! Flushes a queue that is written by a background thread.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Waits until everything queued before is processed, at most [`FLUSH_TIMEOUT`]; the queue may be full. `message` makes
/// the queue entry whose processing sends the reply.
pub(super) fn flush<M>(queue: &SyncSender<M>, message: fn(SyncSender<()>) -> M) {
    let end = Instant::now() + FLUSH_TIMEOUT;
    let (done, wait) = sync_channel(1);
    let mut message = message(done);
    while let Err(refused) = queue.try_send(message) {
        match refused {
            TrySendError::Full(back) if Instant::now() < end => message = back,
            TrySendError::Full(_) | TrySendError::Disconnected(_) => return,
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    let _timed_out = wait.recv_timeout(end.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn flush_waits_for_space_in_a_full_queue() {
        static PROCESSED: AtomicUsize = AtomicUsize::new(0);
        let (queue, receiver) = sync_channel(1);
        queue.send(None).unwrap();
        std::thread::spawn(move || {
            std::thread::sleep(10 * POLL_INTERVAL);
            for message in receiver {
                PROCESSED.fetch_add(1, Ordering::SeqCst);
                let Some(done): Option<SyncSender<()>> = message else { continue };
                done.send(()).unwrap();
            }
        });
        flush(&queue, Some);
        assert_eq!(PROCESSED.load(Ordering::SeqCst), 2);
    }
}
