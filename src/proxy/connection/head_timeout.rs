//! How long the heads of a connection may take: one timer for all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// No head is waited for.
const NONE: u64 = u64::MAX;

tokio::task_local! {
    static HEADS: Arc<Heads>;
}

/// Tells the connection of this request that its head has arrived.
pub(in crate::proxy) fn head_arrived() {
    // HTTP/2 streams have no deadline of this kind.
    let _no_deadline = HEADS.try_with(|heads| heads.come());
}

/// How long to wait for what a caller has to say.
#[derive(Debug, Clone, Copy)]
pub struct HeadDeadlines {
    /// From the connection to the end of the first head, and from the first byte of a later one to its end.
    pub head: Duration,
    /// From one answer to the first byte of the next head; of HTTP/2, from the connection to the first stream.
    pub idle: Duration,
}

/// The heads of one connection. Bounds the time until the whole of each has arrived.
pub(in crate::proxy) struct Heads {
    opened: Instant,
    deadlines: HeadDeadlines,
    /// When the one that is waited for has to be there, in nanoseconds after `opened`.
    due: AtomicU64,
    have_come: AtomicBool,
    /// Between two requests. Within TLS also while the next head is being read, of which nothing is seen before it is
    /// there.
    is_idle: AtomicBool,
    /// The connection ends with the request that is served.
    is_last: AtomicBool,
}

impl Heads {
    /// Of a connection that was opened now. Until it is known to speak HTTP/1, the first stream of HTTP/2 is waited
    /// for.
    pub(in crate::proxy) fn new(deadlines: HeadDeadlines) -> Self {
        let due = AtomicU64::new(nanos(deadlines.idle));
        let [have_come, is_idle, is_last] = [const { AtomicBool::new(false) }; 3];
        Self { opened: Instant::now(), deadlines, due, have_come, is_idle, is_last }
    }

    /// When the first one has to be there.
    pub(in crate::proxy) fn first(&self) -> Instant {
        self.opened + self.deadlines.head
    }

    /// From now on nobody has to say anything for a while.
    pub(in crate::proxy) fn rest(&self) {
        self.is_idle.store(true, Ordering::Relaxed);
        self.due.store(nanos(self.opened.elapsed() + self.deadlines.idle), Ordering::Relaxed);
    }

    /// From now on the rest of a head of HTTP/1 is waited for.
    pub(in crate::proxy) fn wait(&self) {
        self.is_idle.store(false, Ordering::Relaxed);
        let begun = if self.have_come() { self.opened.elapsed() } else { Duration::ZERO };
        self.due.store(nanos(begun + self.deadlines.head), Ordering::Relaxed);
    }

    /// A head is there.
    pub(in crate::proxy) fn come(&self) {
        self.have_come.store(true, Ordering::Relaxed);
        self.is_idle.store(false, Ordering::Relaxed);
        self.due.store(NONE, Ordering::Relaxed);
    }

    /// True once there was one.
    pub(in crate::proxy) fn have_come(&self) -> bool {
        self.have_come.load(Ordering::Relaxed)
    }

    /// True where the connection should end with the request that is served.
    pub(in crate::proxy) fn is_last(&self) -> bool {
        self.is_last.load(Ordering::Relaxed)
    }

    /// Runs the requests of the connection, so that [`head_arrived`] finds it.
    pub(in crate::proxy) fn watch<F: Future>(self: &Arc<Self>, requests: F) -> impl Future<Output = F::Output> {
        HEADS.scope(self.clone(), requests)
    }

    /// Returns when a head has not come in time. The timer is set rarely: whatever will be waited for next is due no
    /// sooner than after the shorter of the two times.
    pub(in crate::proxy) async fn late(&self) {
        let shortest = self.deadlines.head.min(self.deadlines.idle);
        loop {
            let due = self.due.load(Ordering::Relaxed);
            let now = Instant::now();
            let soon = now + shortest;
            let look = if due == NONE { soon } else { soon.min(self.opened + Duration::from_nanos(due)) };
            if look <= now {
                return;
            }
            tokio::time::sleep_until(look).await;
        }
    }

    /// Returns when a head is [late](Self::late), or when idle connections are cut and this is one.
    pub(in crate::proxy) async fn unwanted(&self, mut cut: watch::Receiver<bool>) {
        let cut = async {
            drop(cut.wait_for(|is_cut| *is_cut).await);
            self.is_last.store(true, Ordering::Relaxed);
            if !self.is_idle.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = self.late() => {}
            () = cut => {}
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    // Shorter than NONE: no head is waited for in five centuries.
    u64::try_from(duration.as_nanos()).unwrap_or(NONE).min(NONE - 1)
}
