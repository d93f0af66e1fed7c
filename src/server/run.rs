//! The main loop: runs the services until an event ends the process.

use std::sync::mpsc::{Receiver, Sender};

use anyhow::Context as _;
use pingora::server::{RunArgs, Server};

use super::Addresses;
use super::handover::Handover;
use super::main_loop_event::MainLoopEvent;
use super::service_manager::Notifier;
use super::signals::SignalHandler;
use crate::proxy::{ListenerEvent, Tracer};
use crate::source::DatabaseSource;
use crate::telemetry::LineWriter;

/// Everything is bound and wired; nothing runs yet.
pub(super) struct Process {
    pub(super) addresses: Addresses,
    pub(super) server: Server,
    pub(super) signals: SignalHandler,
    pub(super) events: (Sender<MainLoopEvent>, Receiver<MainLoopEvent>),
    /// Services that report [`ListenerEvent::Serve`] before the process is ready.
    pub(super) listener_count: usize,
    pub(super) handover: Handover,
    pub(super) notifier: Notifier,
    pub(super) access_log: LineWriter,
    pub(super) tracer: Option<Tracer>,
    pub(super) database: Option<DatabaseSource>,
}

impl Process {
    /// Returns once the process has drained.
    ///
    /// # Errors
    /// When a listener dies, or the previous process stopped waiting for this one.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { server, signals, events: (sender, events), listener_count, mut handover, notifier, .. } = self;
        let on_handed_over = signals.queue.on_handed_over();
        std::thread::Builder::new().name("pingora".into()).spawn(move || {
            server.run(RunArgs { shutdown_signal: Box::new(signals) });
            // The main thread may have left its loop already.
            let _ended = sender.send(MainLoopEvent::Drained);
        })?;
        let mut on_handed_over = Some(on_handed_over);
        let mut starting = listener_count;
        let outcome = loop {
            match events.recv().context("the services ended unexpectedly")? {
                MainLoopEvent::Drained => break Ok(()),
                MainLoopEvent::Listener(ListenerEvent::Died(address)) => {
                    break Err(anyhow::anyhow!(
                        "the listener on {address} has died; new connections would no longer be accepted"
                    ));
                }
                // A process that serves on some of its listeners has not taken over.
                MainLoopEvent::Listener(ListenerEvent::Serve) if starting > 1 => starting -= 1,
                MainLoopEvent::Listener(ListenerEvent::Serve) => {
                    handover.check_predecessor()?;
                    // Before the predecessor exits: the service manager must know its new main process by then.
                    notifier.ready();
                    if let Some(on_handed_over) = on_handed_over.take() {
                        handover.serving(on_handed_over).context("cannot wait for a successor")?;
                    }
                }
            }
        };
        self.access_log.sink().flush();
        if let Some(tracer) = self.tracer {
            tracer.flush();
        }
        drop(self.database);
        outcome
    }
}
