//! What the service manager is told, where it wants to know (`Type=notify` of systemd, sd_notify(3)).

use std::ffi::OsStr;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::source::ReloadOutcome;

/// Where it hears of us, if it does.
#[derive(Clone)]
pub(super) struct Notifier(Option<Arc<UnixDatagram>>);

impl Notifier {
    /// The one that has started this process.
    ///
    /// # Errors
    /// When it wants to know, and cannot be reached.
    pub(super) fn open() -> anyhow::Result<Self> {
        let Some(socket) = crate::config::notify_socket() else { return Ok(Self(None)) };
        let connected = connect(&socket).with_context(|| format!("NOTIFY_SOCKET {}", socket.display()))?;
        Ok(Self(Some(Arc::new(connected))))
    }

    /// Callers are let in, by this process and by none before it.
    pub(super) fn ready(&self) {
        self.tell(&format!("READY=1\nMAINPID={}\nSTATUS=serving", std::process::id()));
    }

    /// The files are read again.
    pub(super) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let microseconds = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=reading the files again"));
    }

    /// They have been read.
    pub(super) fn reloaded(&self, outcome: &ReloadOutcome) {
        self.tell(&match outcome {
            ReloadOutcome::Published(changes) => format!("READY=1\nSTATUS=serving; reloaded: {changes}"),
            ReloadOutcome::Refused(faults) => {
                let count = faults.0.len();
                format!("READY=1\nSTATUS=serving the last good files; faults in those on disk: {count}")
            }
        });
    }

    /// The end has begun.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=stopping: requests in flight finish");
    }

    fn tell(&self, message: &str) {
        let Some(socket) = &self.0 else { return };
        if let Err(error) = socket.send(message.as_bytes()) {
            tracing::warn!(%error, "the service manager does not hear");
        }
    }
}

/// By its path, or its name in the abstract namespace of Linux, which is written with an `@`.
fn connect(socket: &OsStr) -> std::io::Result<UnixDatagram> {
    let line = UnixDatagram::unbound()?;
    // It reads at leisure, and requests do not wait for that.
    line.set_nonblocking(true)?;
    #[cfg(target_os = "linux")]
    if let Some(name) = socket.as_encoded_bytes().strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt as _;
        line.connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?)?;
        return Ok(line);
    }
    line.connect(Path::new(socket))?;
    Ok(line)
}
