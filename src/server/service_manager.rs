//! State changes for the service manager (`Type=notify` of systemd, sd_notify(3)).

use std::ffi::OsStr;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::source::ReloadOutcome;

/// Sends nothing where `NOTIFY_SOCKET` is not set.
#[derive(Clone)]
pub(super) struct Notifier(Option<Arc<UnixDatagram>>);

impl Notifier {
    /// # Errors
    /// When `NOTIFY_SOCKET` is set and cannot be connected to.
    pub(super) fn open() -> anyhow::Result<Self> {
        let Some(socket) = crate::config::notify_socket() else { return Ok(Self(None)) };
        let connected = connect(&socket).with_context(|| format!("NOTIFY_SOCKET {}", socket.display()))?;
        Ok(Self(Some(Arc::new(connected))))
    }

    /// Also names this process as the main one, after a handover.
    pub(super) fn ready(&self) {
        self.send(&format!("READY=1\nMAINPID={}\nSTATUS=serving", std::process::id()));
    }

    pub(super) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let microseconds = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=reading the files again"));
    }

    pub(super) fn reloaded(&self, outcome: &ReloadOutcome) {
        self.send(&match outcome {
            ReloadOutcome::Published(changes) => format!("READY=1\nSTATUS=serving; reloaded: {changes}"),
            ReloadOutcome::Refused(faults) => {
                let count = faults.0.len();
                format!("READY=1\nSTATUS=serving the last good files; faults in those on disk: {count}")
            }
        });
    }

    pub(super) fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=stopping: requests in flight finish");
    }

    fn send(&self, message: &str) {
        let Some(socket) = &self.0 else { return };
        if let Err(error) = socket.send(message.as_bytes()) {
            tracing::warn!(%error, "cannot notify the service manager");
        }
    }
}

/// A path, or a name in the abstract namespace of Linux, written with a leading `@`.
fn connect(socket: &OsStr) -> std::io::Result<UnixDatagram> {
    let datagrams = UnixDatagram::unbound()?;
    // A slow service manager must not block a request.
    datagrams.set_nonblocking(true)?;
    #[cfg(target_os = "linux")]
    if let Some(name) = socket.as_encoded_bytes().strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt as _;
        datagrams.connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?)?;
        return Ok(datagrams);
    }
    datagrams.connect(Path::new(socket))?;
    Ok(datagrams)
}
