//! The serving process: hands its listening sockets to a successor that connects.

use std::io::{ErrorKind, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::kept_sockets::KeptSockets;
use super::protocol::{GREETING, IO_TIMEOUT, MAX_SOCKETS, SERVES, effective_uid, is_same_user};

/// Delay after a failed handover: its cause may persist.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// The socket at which a successor asks. It is bound beside `path` and renamed onto it by [`HandoverServer::listen`].
pub(super) struct HandoverServer {
    listener: UnixListener,
    bound: PathBuf,
    path: PathBuf,
    kept: KeptSockets,
}

impl HandoverServer {
    /// Does everything that can fail before this process serves.
    ///
    /// # Errors
    /// When the folder is accessible to other users, there are more than [`MAX_SOCKETS`] sockets, or a process serves
    /// at `path` whose sockets were not taken over.
    pub(super) fn prepare(path: &Path, kept: KeptSockets, has_predecessor: bool) -> anyhow::Result<Self> {
        ensure_private_folder(path)?;
        ensure!(
            kept.lock().len() <= MAX_SOCKETS,
            "handover.socket: at most {MAX_SOCKETS} listeners can be handed over"
        );
        if !has_predecessor && UnixStream::connect(path).is_ok() {
            bail!("another process serves at {}; take over from it with --upgrade", path.display());
        }
        let bound = path.with_extension("new");
        // Left behind by a process that ended between bind and rename.
        let _missing = std::fs::remove_file(&bound);
        let listener = UnixListener::bind(&bound).with_context(|| format!("cannot listen on {}", bound.display()))?;
        std::fs::set_permissions(&bound, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, bound, path: path.to_owned(), kept })
    }

    /// Accepts successors on a thread of its own.
    ///
    /// # Errors
    /// When the socket cannot be renamed or the thread cannot be spawned.
    pub(super) fn listen(self, on_handed_over: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        std::fs::rename(&self.bound, &self.path)?;
        let accept = move || {
            self.accept();
            on_handed_over();
        };
        std::thread::Builder::new().name("handover".into()).spawn(accept)?;
        Ok(())
    }

    /// Returns once a successor serves.
    fn accept(&self) {
        loop {
            let accepted = self.listener.accept().map_err(anyhow::Error::from);
            match accepted.and_then(|(stream, _)| self.hand_over(stream)) {
                Ok(()) => return self.kept.close(),
                Err(error) => {
                    tracing::warn!("handover failed, this process goes on: {error:#}");
                    std::thread::sleep(RETRY_INTERVAL);
                }
            }
        }
    }

    fn hand_over(&self, mut stream: UnixStream) -> anyhow::Result<()> {
        ensure!(is_same_user(&stream), "the successor runs as another user");
        // No read timeout: the successor may migrate for long before it serves, and two would serve if it were given
        // up on. Its exit ends the read.
        stream.set_write_timeout(Some(IO_TIMEOUT))?;
        let sockets = self.kept.lock();
        ensure!(!sockets.is_empty(), "this process is stopping");
        let rights: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_SOCKETS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        ensure!(control.push(SendAncillaryMessage::ScmRights(&rights)), "too many sockets");
        sendmsg(&stream, &[IoSlice::new(GREETING)], &mut control, SendFlags::empty())?;
        drop(sockets);
        let mut reply = [0; SERVES.len()];
        stream.read_exact(&mut reply).context("the successor exited before it served")?;
        ensure!(reply == *SERVES, "the successor sent an unexpected reply");
        Ok(())
    }
}

/// Creates the folder of the socket where it is missing. A process that reaches the socket gets the listeners.
///
/// # Errors
/// When the folder belongs to another user or other users can enter it.
pub(super) fn ensure_private_folder(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(folder)
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(error).with_context(|| format!("handover.socket: cannot create {}", folder.display()));
    }
    let metadata = std::fs::metadata(folder).with_context(|| format!("handover.socket: {}", folder.display()))?;
    let is_private = metadata.is_dir() && metadata.mode() & 0o077 == 0 && metadata.uid() == effective_uid();
    ensure!(
        is_private,
        "handover.socket: {} must be a folder that only this user can enter (mode 0700)",
        folder.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A long migration, for example.
    #[test]
    fn the_server_waits_for_its_successor_without_a_read_timeout() {
        let (old, new) = UnixStream::pair().unwrap();
        let folder = tempfile::TempDir::new().unwrap();
        let server = HandoverServer {
            listener: UnixListener::bind(folder.path().join("next.sock")).unwrap(),
            bound: PathBuf::new(),
            path: PathBuf::new(),
            kept: KeptSockets::new(vec![TcpListener::bind("127.0.0.1:0").unwrap()]),
        };
        // A duplicate shares the socket options.
        let duplicate = old.try_clone().unwrap();
        let outcome = std::thread::spawn(move || server.hand_over(old));
        assert_eq!((&new).read(&mut [0; 64]).unwrap(), GREETING.len());
        assert_eq!(duplicate.read_timeout().unwrap(), None);
        drop(new);
        assert!(outcome.join().unwrap().is_err());
    }
}
