//! The deadline for the next request head of a connection: one timer for all of its requests.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// No deadline.
const NONE: u64 = u64::MAX;

#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct HeadDeadlines {
    /// From the connection to the end of the first head, and from the first byte of a later one to its end.
    pub(in crate::proxy) head: Duration,
    /// From a response to the first byte of the next head; for HTTP/2, the time without a stream.
    pub(in crate::proxy) idle: Duration,
}

/// Bounds the time until each head of one connection has arrived.
pub(in crate::proxy) struct HeadTimer {
    opened: Instant,
    deadlines: HeadDeadlines,
    /// Deadline of the next head, in nanoseconds after `opened`.
    due: AtomicU64,
    /// Deadline of the HTTP/2 frame or header block that is arriving, likewise.
    frame_due: AtomicU64,
    has_had_head: AtomicBool,
    /// Between two requests.
    is_idle: AtomicBool,
    /// The connection closes after the current request.
    is_closing: AtomicBool,
}

impl HeadTimer {
    /// For a connection that was opened now. Until it is known to speak HTTP/1, the deadline is that of HTTP/2.
    pub(in crate::proxy) fn new(deadlines: HeadDeadlines) -> Self {
        let due = AtomicU64::new(nanos(deadlines.idle));
        let [has_had_head, is_idle, is_closing] = [const { AtomicBool::new(false) }; 3];
        let frame_due = AtomicU64::new(NONE);
        Self { opened: Instant::now(), deadlines, due, frame_due, has_had_head, is_idle, is_closing }
    }

    pub(in crate::proxy) fn first_deadline(&self) -> Instant {
        self.opened + self.deadlines.head
    }

    /// Starts the keep-alive timer; no head is expected.
    pub(in crate::proxy) fn on_idle(&self) {
        self.is_idle.store(true, Ordering::Relaxed);
        self.due.store(nanos(self.opened.elapsed() + self.deadlines.idle), Ordering::Relaxed);
    }

    /// Starts the timer of an HTTP/1 head.
    pub(in crate::proxy) fn await_head(&self) {
        self.is_idle.store(false, Ordering::Relaxed);
        let begun = if self.has_had_head() { self.opened.elapsed() } else { Duration::ZERO };
        self.due.store(nanos(begun + self.deadlines.head), Ordering::Relaxed);
    }

    /// Starts the timer of a later HTTP/1 head within TLS, where its first byte could not be waited for.
    pub(in crate::proxy) fn on_first_byte(&self) {
        if self.is_idle.load(Ordering::Relaxed) {
            self.await_head();
        }
    }

    pub(in crate::proxy) fn on_head(&self) {
        self.has_had_head.store(true, Ordering::Relaxed);
        self.is_idle.store(false, Ordering::Relaxed);
        self.due.store(NONE, Ordering::Relaxed);
    }

    /// Starts the timer of the rest of a frame, or of a header block, of HTTP/2.
    pub(in crate::proxy) fn begin_frame(&self) {
        self.frame_due.store(nanos(self.opened.elapsed() + self.deadlines.head), Ordering::Relaxed);
    }

    pub(in crate::proxy) fn end_frame(&self) {
        self.frame_due.store(NONE, Ordering::Relaxed);
    }

    pub(in crate::proxy) fn has_had_head(&self) -> bool {
        self.has_had_head.load(Ordering::Relaxed)
    }

    pub(in crate::proxy) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// Returns when a deadline has passed. The timer is set rarely, since no new deadline is closer than the shorter of
    /// the two durations.
    pub(in crate::proxy) async fn expired(&self) {
        let shortest = self.deadlines.head.min(self.deadlines.idle);
        loop {
            let due = self.due.load(Ordering::Relaxed).min(self.frame_due.load(Ordering::Relaxed));
            let now = Instant::now();
            let latest = now + shortest;
            let next = if due == NONE { latest } else { latest.min(self.opened + Duration::from_nanos(due)) };
            if next <= now {
                return;
            }
            tokio::time::sleep_until(next).await;
        }
    }

    /// Returns when a deadline has [passed](Self::expired), or when idle connections are closed and this is one.
    pub(in crate::proxy) async fn closed(&self, mut close_idle: watch::Receiver<bool>) {
        let closing = async {
            drop(close_idle.wait_for(|is_closing| *is_closing).await);
            self.is_closing.store(true, Ordering::Relaxed);
            if !self.is_idle.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.expired() => {}
            () = closing => {}
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    // Below NONE, which is five centuries away.
    u64::try_from(duration.as_nanos()).unwrap_or(NONE).min(NONE - 1)
}
