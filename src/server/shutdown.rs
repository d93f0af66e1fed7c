//! Signals: end gracefully, end at once, read files again.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use pingora::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::control::Readiness;
use crate::source::ReloadHandle;
use crate::telemetry::Metrics;

/// Listeners are closed within this; only then is an empty house empty.
const CLOSING: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_millis(20);

/// Waits for signals.
pub(super) struct Signals {
    pub(super) readiness: Arc<Readiness>,
    pub(super) reload: ReloadHandle,
    pub(super) metrics: Arc<Metrics>,
    pub(super) most: Duration,
    /// Told when nothing is in flight any more.
    pub(super) drained: Sender<()>,
}

#[async_trait]
impl ShutdownSignalWatch for Signals {
    async fn recv(&self) -> ShutdownSignal {
        let (Some(mut terminate), Some(mut interrupt), Some(mut hangup)) =
            (listen(SignalKind::terminate()), listen(SignalKind::interrupt()), listen(SignalKind::hangup()))
        else {
            return ShutdownSignal::FastShutdown;
        };
        loop {
            tokio::select! {
                _ = hangup.recv() => self.reload.request(),
                _ = interrupt.recv() => return ShutdownSignal::FastShutdown,
                _ = terminate.recv() => {
                    tracing::info!("stopping: no new connections, requests in flight finish");
                    self.readiness.stop();
                    self.reload.stop();
                    self.drain();
                    return ShutdownSignal::GracefulTerminate;
                }
            }
        }
    }
}

fn listen(kind: SignalKind) -> Option<Signal> {
    signal(kind).inspect_err(|error| tracing::error!(%error, "signals cannot be received")).ok()
}

impl Signals {
    /// pingora would sleep for the whole grace period; an idle process need not.
    fn drain(&self) {
        let (metrics, drained, most) = (self.metrics.clone(), self.drained.clone(), self.most);
        let wait = move || {
            let start = Instant::now();
            std::thread::sleep(CLOSING);
            while metrics.in_flight.get() > 0 && start.elapsed() < most {
                std::thread::sleep(LOOK);
            }
            let _ended = drained.send(());
        };
        if let Err(error) = std::thread::Builder::new().name("drain".into()).spawn(wait) {
            tracing::error!(%error, "stopping takes the whole grace period");
        }
    }
}
