//! What the processes of a handover exchange, and the sockets that wait for it.

use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Sent with the sockets; the last of them is the admin listener's.
pub(super) const GREETING: &[u8] = b"claviger 1\n";
/// The successor's reply once it serves.
pub(super) const SERVES: &[u8] = b"serves\n";
/// Both processes run on one machine, so a peer that stays silent this long is broken.
pub(super) const IO_TIMEOUT: Duration = Duration::from_secs(20);
/// `SCM_MAX_FD`: the most descriptors that Linux passes in one message.
pub(super) const MAX_SOCKETS: usize = 253;

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

pub(super) fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The folder already excludes other users; the check covers a folder whose mode was changed after the socket was
/// created.
pub(super) fn is_same_user(peer: &UnixStream) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::net::sockopt::socket_peercred(peer).is_ok_and(|peer| peer.uid.as_raw() == effective_uid());
    #[cfg(not(target_os = "linux"))]
    return peer.peer_addr().is_ok();
}
