//! The starting process: receives the sockets of the one that serves.

use std::io::{ErrorKind, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recv, recvmsg};

use super::protocol::{GREETING, IO_TIMEOUT, MAX_SOCKETS, SERVES, is_same_user};
use super::server::ensure_private_folder;
use crate::proxy::BoundListener;

/// Sockets of the predecessor, which serves until [`ReceivedSockets::report_serving`].
pub(in crate::server) struct ReceivedSockets {
    /// Those of the gate, then that of the console, if there is one.
    others: Vec<TcpListener>,
    admin: Option<TcpListener>,
    stream: UnixStream,
    /// The predecessor's `handover.socket`.
    path: PathBuf,
}

impl ReceivedSockets {
    /// `None` where no process serves at `path`.
    ///
    /// # Errors
    /// When the peer runs as another user, does not speak this protocol, or stays silent for [`IO_TIMEOUT`].
    pub(in crate::server) fn request(path: &Path) -> anyhow::Result<Option<Self>> {
        ensure_private_folder(path)?;
        let mut stream = match UnixStream::connect(path) {
            Ok(stream) => stream,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot connect to {}", path.display())),
        };
        ensure!(is_same_user(&stream), "the process at {} runs as another user", path.display());
        let mut sockets =
            receive(&mut stream).with_context(|| format!("received no sockets from {}", path.display()))?;
        let admin = sockets.pop();
        Ok(Some(Self { others: sockets, admin, stream, path: path.to_owned() }))
    }

    /// The first socket whose local address matches; each is given out once.
    pub(in crate::server) fn take(&mut self, is_wanted: impl Fn(SocketAddr) -> bool) -> Option<BoundListener> {
        let index = self.others.iter().position(|socket| socket.local_addr().is_ok_and(&is_wanted))?;
        BoundListener::adopt(self.others.remove(index)).ok()
    }

    pub(in crate::server) fn take_admin(&mut self, is_wanted: impl Fn(SocketAddr) -> bool) -> Option<BoundListener> {
        let socket = self.admin.take().filter(|socket| socket.local_addr().is_ok_and(is_wanted))?;
        BoundListener::adopt(socket).ok()
    }

    /// # Errors
    /// When the predecessor no longer waits for this process.
    pub(super) fn is_awaited(&self) -> std::io::Result<()> {
        match recv(&self.stream, &mut [0; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The predecessor stops when it reads this.
    ///
    /// # Errors
    /// When the predecessor has exited.
    pub(super) fn report_serving(mut self) -> std::io::Result<()> {
        self.stream.write_all(SERVES)
    }

    /// # Errors
    /// When a process still serves at the predecessor's socket.
    pub(super) fn ensure_alone(&self) -> anyhow::Result<()> {
        ensure!(
            UnixStream::connect(&self.path).is_err(),
            "the process at {} has stopped waiting for this one and still serves: this one exits",
            self.path.display()
        );
        Ok(())
    }
}

fn receive(stream: &mut UnixStream) -> anyhow::Result<Vec<TcpListener>> {
    stream.set_read_timeout(Some(IO_TIMEOUT))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_SOCKETS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut greeting = [0; GREETING.len()];
    let received = recvmsg(&*stream, &mut [IoSliceMut::new(&mut greeting)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    ensure!(greeting[..received.bytes] == *GREETING, "the other process sent an unexpected greeting");
    let mut sockets = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            sockets.extend(rights.map(TcpListener::from));
        }
    }
    ensure!(!sockets.is_empty(), "the other process sent no sockets");
    Ok(sockets)
}
