//! Signals: reload, reopening of the log, upgrade, graceful and immediate shutdown.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use pingora::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, watch};

use super::http_connections::HttpConnections;
use super::main_loop_event::MainLoopEvent;
use super::service_manager::Notifier;
use crate::control::Readiness;
use crate::proxy::Connections;
use crate::runtime::BackgroundWork;
use crate::source::ReloadHandle;
use crate::telemetry::{LineSink, Metrics};

/// pingora closes its listeners within this time; only then is "no connection open" final.
const LISTENER_CLOSE_TIME: Duration = Duration::from_millis(200);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// One poll may miss a request whose head has just been read.
const IDLE_POLLS: u32 = 5;

enum Signal {
    /// SIGHUP
    Reload,
    /// SIGUSR1
    ReopenLog,
    /// SIGUSR2
    Upgrade,
    /// SIGTERM
    Terminate,
    /// SIGINT
    Interrupt,
    /// A successor serves on the listeners.
    HandedOver,
}

/// Signals that were received and not yet handled.
pub(super) struct SignalQueue {
    received: Arc<Mutex<UnboundedReceiver<Signal>>>,
    sender: UnboundedSender<Signal>,
}

/// What SIGUSR2 does, and what a graceful shutdown does before the listeners close. Set by the handover.
pub(super) struct HandoverHooks {
    pub(super) start_successor: Box<dyn Fn() + Send + Sync>,
    pub(super) close_kept_sockets: Box<dyn Fn() + Send + Sync>,
}

pub(super) struct SignalHandler {
    pub(super) queue: SignalQueue,
    pub(super) access_log: LineSink,
    pub(super) readiness: Arc<Readiness>,
    pub(super) reload: ReloadHandle,
    pub(super) metrics: Arc<Metrics>,
    pub(super) connections: Arc<Connections>,
    /// Of the admin listener and the console listener.
    pub(super) http_connections: [HttpConnections; 3],
    /// Attempts to send webhooks and messages.
    pub(super) work: Arc<BackgroundWork>,
    /// `proxy.timeouts.lame_duck`
    pub(super) lame_duck: Duration,
    /// `proxy.timeouts.shutdown`
    pub(super) drain_timeout: Duration,
    pub(super) handover: HandoverHooks,
    pub(super) notifier: Notifier,
    /// Set once a successor serves.
    pub(super) handed_over: watch::Sender<bool>,
    /// Set once WebSockets have to end.
    pub(super) end_tunnels: watch::Sender<bool>,
    pub(super) events: Sender<MainLoopEvent>,
}

impl SignalQueue {
    /// Call this before the process reports that it listens: until the handlers are installed, SIGHUP ends it.
    ///
    /// # Errors
    /// When the handlers cannot be installed or the thread cannot be spawned.
    pub(super) fn open() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (sender, received) = unbounded_channel();
        let (mut hangup, mut user1, mut user2, mut terminate, mut interrupt) = {
            let _entered = runtime.enter();
            (
                signal(SignalKind::hangup())?,
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
            )
        };
        let signals = sender.clone();
        let receive = async move {
            loop {
                let signal = tokio::select! {
                    _ = hangup.recv() => Signal::Reload,
                    _ = user1.recv() => Signal::ReopenLog,
                    _ = user2.recv() => Signal::Upgrade,
                    _ = terminate.recv() => Signal::Terminate,
                    _ = interrupt.recv() => Signal::Interrupt,
                };
                if signals.send(signal).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("signals".into()).spawn(move || runtime.block_on(receive))?;
        Ok(Self { received: Arc::new(Mutex::new(received)), sender })
    }

    /// Begins the shutdown that follows a handover.
    pub(super) fn on_handed_over(&self) -> impl Fn() + Send + 'static {
        let sender = self.sender.clone();
        // A process that is already stopping no longer receives.
        move || drop(sender.send(Signal::HandedOver))
    }
}

#[async_trait]
impl ShutdownSignalWatch for SignalHandler {
    async fn recv(&self) -> ShutdownSignal {
        let mut queue = self.queue.received.lock().await;
        loop {
            match queue.recv().await {
                Some(Signal::Reload) => {
                    self.access_log.reopen();
                    self.reload();
                }
                Some(Signal::ReopenLog) => self.access_log.reopen(),
                Some(Signal::Upgrade) => (self.handover.start_successor)(),
                Some(Signal::Terminate) => {
                    tracing::info!("stopping: connections close after their next response");
                    self.notifier.stopping();
                    self.readiness.stop();
                    self.reload.stop();
                    self.work.stop();
                    if self.is_interrupted_in_lame_duck(&mut queue).await {
                        return self.stop_at_once();
                    }
                    (self.handover.close_kept_sockets)();
                    self.end_tunnels.send_replace(true);
                    let metrics = self.metrics.clone();
                    self.drain(move || metrics.in_flight.get() > 0);
                    return ShutdownSignal::GracefulTerminate;
                }
                Some(Signal::HandedOver) => {
                    tracing::info!("handed over: a successor accepts connections, this process drains its own");
                    self.readiness.stop();
                    self.reload.stop();
                    self.work.stop();
                    self.handed_over.send_replace(true);
                    self.http_connections.iter().for_each(HttpConnections::close);
                    self.end_tunnels.send_replace(true);
                    let connections = self.connections.clone();
                    self.drain(move || connections.open() > 0);
                    return ShutdownSignal::GracefulTerminate;
                }
                Some(Signal::Interrupt) | None => {
                    self.notifier.stopping();
                    return self.stop_at_once();
                }
            }
        }
    }
}

impl SignalHandler {
    /// Sends `Drained` before pingora drops its listeners, which would otherwise be reported as dead.
    fn stop_at_once(&self) -> ShutdownSignal {
        let _ended = self.events.send(MainLoopEvent::Drained);
        ShutdownSignal::FastShutdown
    }

    fn reload(&self) {
        let (reload, notifier) = (self.reload.clone(), self.notifier.clone());
        notifier.reloading();
        tokio::spawn(async move { notifier.reloaded(&reload.reload().await) });
    }

    /// Goes on accepting for `lame_duck` while connections are open: responses carry `Connection: close`, and
    /// `/readyz` fails so that balancers take this process out. True when SIGINT arrives meanwhile.
    async fn is_interrupted_in_lame_duck(&self, queue: &mut UnboundedReceiver<Signal>) -> bool {
        let start = Instant::now();
        while self.connections.open() > 0 && start.elapsed() < self.lame_duck {
            tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                signal = queue.recv() => {
                    if matches!(signal, Some(Signal::Interrupt) | None) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Sends `Drained` as soon as nothing is in flight, after `drain_timeout` or on SIGINT. pingora itself would sleep
    /// for the whole grace period.
    fn drain(&self, is_busy: impl Fn() -> bool + Send + 'static) {
        let (events, drain_timeout) = (self.events.clone(), self.drain_timeout);
        let (queue, http_connections) = (self.queue.received.clone(), self.http_connections.clone());
        let work = self.work.clone();
        let wait = move || {
            let start = Instant::now();
            let is_interrupted = || matches!(queue.blocking_lock().try_recv(), Ok(Signal::Interrupt));
            std::thread::sleep(LISTENER_CLOSE_TIME);
            let mut idle_polls = 0;
            let is_open = || work.in_flight() > 0 || http_connections.iter().any(|connections| connections.open() > 0);
            // Both listeners answer until the last request of the gate is finished.
            while (idle_polls < IDLE_POLLS || is_open()) && start.elapsed() < drain_timeout && !is_interrupted() {
                std::thread::sleep(POLL_INTERVAL);
                idle_polls = if is_busy() { 0 } else { idle_polls + 1 };
                if idle_polls >= IDLE_POLLS {
                    http_connections.iter().for_each(HttpConnections::close);
                }
            }
            let _ended = events.send(MainLoopEvent::Drained);
        };
        if let Err(error) = std::thread::Builder::new().name("drain".into()).spawn(wait) {
            tracing::error!(%error, "cannot watch for idleness; stopping takes the whole grace period");
        }
    }
}
