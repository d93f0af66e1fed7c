//! What waits for the next process, and how that is started.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The sockets once more, for the next process; as long as they are here, the kernel lets callers in.
#[derive(Clone, Default)]
pub(in crate::server) struct Kept {
    sockets: Arc<Mutex<Vec<TcpListener>>>,
    /// One has been started, and has not ended.
    is_next_coming: Arc<AtomicBool>,
}

impl Kept {
    pub(super) fn new(sockets: Vec<TcpListener>) -> Self {
        Self { sockets: Arc::new(Mutex::new(sockets)), is_next_coming: Arc::default() }
    }

    /// Nothing is handed over any more.
    pub(in crate::server) fn let_go(&self) {
        self.lock().clear();
    }

    /// Starts the program as it is on disk now, to take over; if it does not come up, this process goes on. Only one
    /// at a time: of several, all but one would wait in vain.
    pub(in crate::server) fn start_next(&self) {
        if self.lock().is_empty() {
            return tracing::error!("no next process is started: handover.socket is not set, or this one is ending");
        }
        if self.is_next_coming.swap(true, Ordering::AcqRel) {
            return tracing::warn!("no next process is started: one is on its way already");
        }
        let (program, mut arguments) = crate::config::command_line();
        if !arguments.iter().any(|argument| argument == "--upgrade") {
            arguments.push("--upgrade".into());
        }
        let next = Command::new(&program).args(arguments).stdin(Stdio::null()).spawn();
        let watched = next.and_then(|mut next| {
            tracing::info!(id = next.id(), "the next process is started");
            let is_next_coming = self.is_next_coming.clone();
            let watch = move || {
                let ended = next.wait();
                is_next_coming.store(false, Ordering::Release);
                match ended {
                    Ok(status) => tracing::error!("the next process has ended ({status}), this one goes on"),
                    Err(error) => tracing::error!(%error, "nobody knows what became of the next process"),
                }
            };
            std::thread::Builder::new().name("next".into()).spawn(watch)
        });
        if let Err(error) = watched {
            self.is_next_coming.store(false, Ordering::Release);
            tracing::error!(%error, "no next process is started: {}", program.display());
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<TcpListener>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
