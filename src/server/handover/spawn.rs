//! Starts the successor on SIGUSR2.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::KeptSockets;

/// Starts the program that is on disk now, which takes the listeners over.
pub(in crate::server) struct Spawner {
    sockets: KeptSockets,
    /// A successor was started and has not exited.
    is_running: Arc<AtomicBool>,
}

impl Spawner {
    pub(super) fn new(sockets: KeptSockets) -> Self {
        Self { sockets, is_running: Arc::default() }
    }

    /// One at a time: of several successors, only one would get the sockets. If it exits early, this process goes on.
    pub(in crate::server) fn start(&self) {
        if self.sockets.lock().is_empty() {
            return tracing::error!("no successor started: handover.socket is not set, or this process is stopping");
        }
        if self.is_running.swap(true, Ordering::AcqRel) {
            return tracing::warn!("no successor started: one is already starting");
        }
        let (program, mut arguments) = crate::config::command_line();
        if !arguments.iter().any(|argument| argument == "--upgrade") {
            arguments.push("--upgrade".into());
        }
        let child = Command::new(&program).args(arguments).stdin(Stdio::null()).spawn();
        let watched = child.and_then(|mut child| {
            tracing::info!(id = child.id(), "successor started");
            let is_running = self.is_running.clone();
            let watch = move || {
                let exit = child.wait();
                is_running.store(false, Ordering::Release);
                match exit {
                    Ok(status) => tracing::error!("the successor exited ({status}); this process goes on"),
                    Err(error) => tracing::error!(%error, "cannot wait for the successor"),
                }
            };
            std::thread::Builder::new().name("successor".into()).spawn(watch)
        });
        if let Err(error) = watched {
            self.is_running.store(false, Ordering::Release);
            tracing::error!(%error, "no successor started: {}", program.display());
        }
    }
}
