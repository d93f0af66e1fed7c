//! The sockets that wait for a handover.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Duplicates of the listening sockets. While they are open, the kernel goes on queueing connections.
#[derive(Clone, Default)]
pub(in crate::server) struct KeptSockets(Arc<Mutex<Vec<TcpListener>>>);

impl KeptSockets {
    pub(super) fn new(sockets: Vec<TcpListener>) -> Self {
        Self(Arc::new(Mutex::new(sockets)))
    }

    /// Closes them: from here on nothing can be handed over.
    pub(in crate::server) fn close(&self) {
        self.lock().clear();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<TcpListener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
