//! Signals: end gracefully, end at once, read files again.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use pingora::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::control::Readiness;
use crate::proxy::Connections;
use crate::source::ReloadHandle;
use crate::telemetry::Metrics;

/// Listeners are closed within this; only then is an empty house empty.
const CLOSING: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_millis(20);
/// Nothing in flight for one moment may be a request that has just been read; for so many it is the end.
const QUIET_LOOKS: u32 = 5;

/// What an operator asks for by a signal.
enum Wish {
    Reload,
    Leave,
    LeaveAtOnce,
}

/// Signals that have arrived and wait to be acted upon.
pub(super) struct Inbox(Arc<Mutex<UnboundedReceiver<Wish>>>);

/// Acts upon signals.
pub(super) struct Signals {
    pub(super) inbox: Inbox,
    pub(super) readiness: Arc<Readiness>,
    pub(super) reload: ReloadHandle,
    pub(super) metrics: Arc<Metrics>,
    /// How many connections there are.
    pub(super) connections: Arc<Connections>,
    pub(super) lame_duck: Duration,
    pub(super) most: Duration,
    /// Told when nothing is in flight any more.
    pub(super) drained: Sender<()>,
}

impl Inbox {
    /// Receives signals from now on. Comes before anybody is told that the gate is there: until it does,
    /// the signal that asks for a reload ends the process.
    ///
    /// # Errors
    /// When the system gives no thread or no signals.
    pub(super) fn open() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (wishes, inbox) = unbounded_channel();
        let (mut hangup, mut terminate, mut interrupt) = {
            let _entered = runtime.enter();
            (signal(SignalKind::hangup())?, signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        let receive = async move {
            loop {
                let wish = tokio::select! {
                    _ = hangup.recv() => Wish::Reload,
                    _ = terminate.recv() => Wish::Leave,
                    _ = interrupt.recv() => Wish::LeaveAtOnce,
                };
                if wishes.send(wish).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("signals".into()).spawn(move || runtime.block_on(receive))?;
        Ok(Self(Arc::new(Mutex::new(inbox))))
    }
}

#[async_trait]
impl ShutdownSignalWatch for Signals {
    async fn recv(&self) -> ShutdownSignal {
        let mut inbox = self.inbox.0.lock().await;
        loop {
            match inbox.recv().await {
                Some(Wish::Reload) => self.reload.request(),
                Some(Wish::Leave) => {
                    tracing::info!("stopping: callers are told to leave, then requests in flight finish");
                    self.readiness.stop();
                    self.reload.stop();
                    if self.is_cut_short(&mut inbox).await {
                        return ShutdownSignal::FastShutdown;
                    }
                    self.drain();
                    return ShutdownSignal::GracefulTerminate;
                }
                Some(Wish::LeaveAtOnce) | None => return ShutdownSignal::FastShutdown,
            }
        }
    }
}

impl Signals {
    /// Serves on for a while: whoever sends another request on its connection is told that it was the last
    /// one there, and balancers see that this process is not ready. True when nobody wants to wait.
    async fn is_cut_short(&self, inbox: &mut UnboundedReceiver<Wish>) -> bool {
        let start = Instant::now();
        while self.connections.open() > 0 && start.elapsed() < self.lame_duck {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                wish = inbox.recv() => {
                    if matches!(wish, Some(Wish::LeaveAtOnce) | None) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// pingora would sleep for the whole grace period; an idle process need not, and nobody has to wait
    /// for it who asks a second time and harder.
    fn drain(&self) {
        let (metrics, drained, most) = (self.metrics.clone(), self.drained.clone(), self.most);
        let inbox = self.inbox.0.clone();
        let wait = move || {
            let start = Instant::now();
            std::thread::sleep(CLOSING);
            let mut quiet = 0;
            let mut is_wanted_now = false;
            while quiet < QUIET_LOOKS && start.elapsed() < most && !is_wanted_now {
                std::thread::sleep(LOOK);
                quiet = if metrics.in_flight.get() > 0 { 0 } else { quiet + 1 };
                is_wanted_now = matches!(inbox.blocking_lock().try_recv(), Ok(Wish::LeaveAtOnce));
            }
            let _ended = drained.send(());
        };
        if let Err(error) = std::thread::Builder::new().name("drain".into()).spawn(wait) {
            tracing::error!(%error, "stopping takes the whole grace period");
        }
    }
}
