//! What the processes of a handover exchange, its bounds, and the check of the other process.

use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Sent with the sockets; the last of them is the admin listener's.
pub(super) const GREETING: &[u8] = b"claviger 1\n";
/// The successor's reply once it serves.
pub(super) const SERVES: &[u8] = b"serves\n";
/// Both processes run on one machine, so a peer that stays silent this long is broken.
pub(super) const IO_TIMEOUT: Duration = Duration::from_secs(20);
/// `SCM_MAX_FD`: the most descriptors that Linux passes in one message.
pub(super) const MAX_SOCKETS: usize = 253;

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
