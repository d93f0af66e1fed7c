//! Signals: end gracefully, end at once, read files again, make room for the next process; and the end after that.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use pingora::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, watch};

use super::Event;
use super::admin_connections::AdminConnections;
use super::handover::Kept;
use super::service_manager::Notifier;
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
    /// Start the next process, which takes the listeners over.
    Upgrade,
    Leave,
    LeaveAtOnce,
    /// Another process has taken the listeners over.
    HandedOver,
}

/// Signals that have arrived and wait to be acted upon.
pub(super) struct Inbox {
    received: Arc<Mutex<UnboundedReceiver<Wish>>>,
    wishes: Wishes,
}

/// Where wishes go in that are no signals.
#[derive(Clone)]
pub(super) struct Wishes(UnboundedSender<Wish>);

/// Acts upon signals.
pub(super) struct Signals {
    pub(super) inbox: Inbox,
    pub(super) readiness: Arc<Readiness>,
    pub(super) reload: ReloadHandle,
    pub(super) metrics: Arc<Metrics>,
    /// How many connections of callers there are.
    pub(super) connections: Arc<Connections>,
    /// Those of the admin listener.
    pub(super) visits: AdminConnections,
    pub(super) lame_duck: Duration,
    pub(super) most: Duration,
    /// The listening sockets, kept for the next process.
    pub(super) kept: Kept,
    /// Hears what is going on.
    pub(super) notifier: Notifier,
    /// Set when another process lets callers in.
    pub(super) handed_over: watch::Sender<bool>,
    /// Told when nothing is in flight any more.
    pub(super) ended: Sender<Event>,
}

impl Inbox {
    /// Receives signals from now on. Comes before anybody is told that the gate is there: until it does,
    /// the signal that asks for a reload ends the process.
    ///
    /// # Errors
    /// When the system gives no thread or no signals.
    pub(super) fn open() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (wishes, received) = unbounded_channel();
        let sender = Wishes(wishes.clone());
        let (mut hangup, mut user, mut terminate, mut interrupt) = {
            let _entered = runtime.enter();
            let receive = |kind: fn() -> SignalKind| signal(kind());
            (
                receive(SignalKind::hangup)?,
                receive(SignalKind::user_defined2)?,
                receive(SignalKind::terminate)?,
                receive(SignalKind::interrupt)?,
            )
        };
        let receive = async move {
            loop {
                let wish = tokio::select! {
                    _ = hangup.recv() => Wish::Reload,
                    _ = user.recv() => Wish::Upgrade,
                    _ = terminate.recv() => Wish::Leave,
                    _ = interrupt.recv() => Wish::LeaveAtOnce,
                };
                if wishes.send(wish).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("signals".into()).spawn(move || runtime.block_on(receive))?;
        Ok(Self { received: Arc::new(Mutex::new(received)), wishes: sender })
    }

    /// Where other wishes go in.
    pub(super) fn wishes(&self) -> Wishes {
        self.wishes.clone()
    }
}

impl Wishes {
    /// Another process has taken the listeners over.
    pub(super) fn handed_over(&self) {
        // Whoever is ending already has nothing left to hand over.
        let _ended = self.0.send(Wish::HandedOver);
    }
}

#[async_trait]
impl ShutdownSignalWatch for Signals {
    async fn recv(&self) -> ShutdownSignal {
        let mut inbox = self.inbox.received.lock().await;
        loop {
            match inbox.recv().await {
                Some(Wish::Reload) => self.reload(),
                Some(Wish::Upgrade) => self.kept.start_next(),
                Some(Wish::Leave) => {
                    tracing::info!("stopping: callers are told to leave, then requests in flight finish");
                    self.notifier.stopping();
                    self.readiness.stop();
                    self.reload.stop();
                    if self.is_cut_short(&mut inbox).await {
                        return self.at_once();
                    }
                    self.kept.let_go();
                    let metrics = self.metrics.clone();
                    self.drain(move || metrics.in_flight.get() > 0);
                    return ShutdownSignal::GracefulTerminate;
                }
                Some(Wish::HandedOver) => {
                    tracing::info!("handed over: another process lets callers in, this one sees its own off");
                    self.readiness.stop();
                    self.reload.stop();
                    self.handed_over.send_replace(true);
                    self.visits.end();
                    let connections = self.connections.clone();
                    self.drain(move || connections.open() > 0);
                    return ShutdownSignal::GracefulTerminate;
                }
                Some(Wish::LeaveAtOnce) | None => {
                    self.notifier.stopping();
                    return self.at_once();
                }
            }
        }
    }
}

impl Signals {
    /// Said before anything ends: pingora drops what listens in any order then, which would look as if it had died.
    fn at_once(&self) -> ShutdownSignal {
        let _ended = self.ended.send(Event::Drained);
        ShutdownSignal::FastShutdown
    }

    fn reload(&self) {
        let (reload, notifier) = (self.reload.clone(), self.notifier.clone());
        notifier.reloading();
        tokio::spawn(async move { notifier.reloaded(&reload.reload().await) });
    }

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
    fn drain(&self, is_busy: impl Fn() -> bool + Send + 'static) {
        let (ended, most) = (self.ended.clone(), self.most);
        let (inbox, visits) = (self.inbox.received.clone(), self.visits.clone());
        let wait = move || {
            let start = Instant::now();
            let is_wanted_now = || matches!(inbox.blocking_lock().try_recv(), Ok(Wish::LeaveAtOnce));
            std::thread::sleep(CLOSING);
            let mut quiet = 0;
            // Operators look on until there is nothing left to see.
            while (quiet < QUIET_LOOKS || visits.open() > 0) && start.elapsed() < most && !is_wanted_now() {
                std::thread::sleep(LOOK);
                quiet = if is_busy() { 0 } else { quiet + 1 };
                if quiet >= QUIET_LOOKS {
                    visits.end();
                }
            }
            let _ended = ended.send(Event::Drained);
        };
        if let Err(error) = std::thread::Builder::new().name("drain".into()).spawn(wait) {
            tracing::error!(%error, "stopping takes the whole grace period");
        }
    }
}
