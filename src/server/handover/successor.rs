//! The sockets of the process before, and the line to it.

use std::io::{ErrorKind, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recv, recvmsg};

use super::{GREETING, MOST_SOCKETS, PATIENCE, SERVES, is_own, private_folder};
use crate::proxy::BoundListener;
use crate::server::listeners::serves;

/// What another process has handed over; it goes on serving until [`Taken::serves`].
pub(in crate::server) struct Taken {
    proxy: Vec<TcpListener>,
    admin: Option<TcpListener>,
    line: UnixStream,
    /// Where the other process answers.
    path: PathBuf,
}

impl Taken {
    /// Asks the process that serves now; `None` where there is none.
    ///
    /// # Errors
    /// When something answers that is no process of ours.
    pub(in crate::server) fn ask(path: &Path) -> anyhow::Result<Option<Self>> {
        private_folder(path)?;
        let mut line = match UnixStream::connect(path) {
            Ok(line) => line,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot ask at {}", path.display())),
        };
        ensure!(is_own(&line), "whoever answers at {} is another user", path.display());
        let mut sockets =
            receive(&mut line).with_context(|| format!("nothing was handed over at {}", path.display()))?;
        let admin = sockets.pop();
        Ok(Some(Self { proxy: sockets, admin, line, path: path.to_owned() }))
    }

    /// The socket for an address of the settings, if there is one; for any port, the next of that address.
    pub(in crate::server) fn proxy(&mut self, wanted: SocketAddr) -> Option<BoundListener> {
        let index = self.proxy.iter().position(|socket| is_for(socket, wanted))?;
        BoundListener::adopt(self.proxy.remove(index)).ok()
    }

    /// The same for the admin listener.
    pub(in crate::server) fn admin(&mut self, wanted: SocketAddr) -> Option<BoundListener> {
        let socket = self.admin.take().filter(|socket| is_for(socket, wanted))?;
        BoundListener::adopt(socket).ok()
    }

    /// # Errors
    /// When the other process no longer waits for this one.
    pub(super) fn is_awaited(&self) -> std::io::Result<()> {
        match recv(&self.line, &mut [0; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Tells the other process that it may go.
    ///
    /// # Errors
    /// When it is not told.
    pub(super) fn serves(mut self) -> std::io::Result<()> {
        self.line.write_all(SERVES)
    }

    /// # Errors
    /// When somebody still answers where the sockets have come from.
    pub(super) fn ensure_alone(&self) -> anyhow::Result<()> {
        ensure!(
            UnixStream::connect(&self.path).is_err(),
            "the process at {} has stopped waiting for this one and serves on: this one ends",
            self.path.display()
        );
        Ok(())
    }
}

fn is_for(socket: &TcpListener, wanted: SocketAddr) -> bool {
    socket.local_addr().is_ok_and(|own| serves(own, wanted))
}

fn receive(line: &mut UnixStream) -> anyhow::Result<Vec<TcpListener>> {
    line.set_read_timeout(Some(PATIENCE))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_SOCKETS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut word = [0; GREETING.len()];
    let received = recvmsg(&*line, &mut [IoSliceMut::new(&mut word)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    ensure!(word[..received.bytes] == *GREETING, "the other process says something else");
    let mut sockets = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            sockets.extend(rights.map(TcpListener::from));
        }
    }
    ensure!(!sockets.is_empty(), "the other process hands nothing over");
    Ok(sockets)
}
