//! One process takes the listening sockets of another over, so that a new binary loses no request.
//!
//! The sockets themselves change hands (`SCM_RIGHTS` on a Unix socket in a folder of our own): what waits in
//! their queues waits for whoever holds them. The old process goes on until the new one says that it serves.

use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

use super::listeners::serves;
use super::shutdown::Wishes;
use crate::proxy::Bound;

/// What comes with the sockets: the admin listener's is the last of them.
const GREETING: &[u8] = b"claviger 1\n";
/// What the new process answers once it serves.
const SERVES: &[u8] = b"serves\n";
/// The other side is on the same machine; one that says nothing for so long has gone wrong.
const PATIENCE: Duration = Duration::from_secs(20);
/// The kernel passes no more at once.
const MOST_SOCKETS: usize = 253;

/// The hand-over before, and the one to come.
pub(super) struct Handover {
    taken: Option<Taken>,
    keeper: Option<Keeper>,
    kept: Kept,
}

/// The sockets once more, for the next process; as long as they are here, the kernel lets callers in.
#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Vec<TcpListener>>>);

impl Handover {
    /// After one from `taken`, if any; the next one is prepared where there is a place for it.
    ///
    /// # Errors
    /// When that is no place for it.
    pub(super) fn new<'b>(
        path: Option<&Path>,
        taken: Option<Taken>,
        sockets: impl Iterator<Item = &'b Bound>,
    ) -> anyhow::Result<Self> {
        let mut handover = Self { taken, keeper: None, kept: Kept::default() };
        if let Some(path) = path {
            let sockets = sockets.map(Bound::duplicate).collect::<Result<_, _>>()?;
            handover.kept = Kept(Arc::new(Mutex::new(sockets)));
            handover.keeper = Some(Keeper::prepare(path, handover.kept.clone(), handover.taken.is_some())?);
        }
        Ok(handover)
    }

    /// True when there is a process that goes on if this one does not come up.
    pub(super) fn is_taken_over(&self) -> bool {
        self.taken.is_some()
    }

    /// Callers are let in from now on: the process before may go, and the next one may ask.
    ///
    /// # Errors
    /// When the next one could not.
    pub(super) fn serving(&mut self, wishes: &Wishes) -> std::io::Result<()> {
        if let Some(keeper) = self.keeper.take() {
            keeper.open(wishes.clone())?;
        }
        if let Some(Err(error)) = self.taken.take().map(Taken::serves) {
            tracing::warn!(%error, "the process before has gone by itself");
        }
        Ok(())
    }

    /// What to let go of before the listeners close.
    pub(super) fn kept(&self) -> Kept {
        self.kept.clone()
    }
}

impl Kept {
    /// Nothing is handed over any more.
    pub(super) fn let_go(&self) {
        self.lock().clear();
    }

    /// Starts the program as it is on disk now, to take over; if it does not come up, this process goes on.
    pub(super) fn start_next(&self) {
        if self.lock().is_empty() {
            return tracing::error!("no next process is started: handover.socket is not set, or this one is ending");
        }
        let (program, mut arguments) = crate::config::command_line();
        if !arguments.iter().any(|argument| argument == "--upgrade") {
            arguments.push("--upgrade".into());
        }
        let next = Command::new(&program).args(arguments).stdin(Stdio::null()).spawn();
        let watched = next.and_then(|mut next| {
            tracing::info!(id = next.id(), "the next process is started");
            let watch = move || match next.wait() {
                Ok(status) => tracing::error!("the next process has ended ({status}), this one goes on"),
                Err(error) => tracing::error!(%error, "nobody knows what became of the next process"),
            };
            std::thread::Builder::new().name("next".into()).spawn(watch)
        });
        if let Err(error) = watched {
            tracing::error!(%error, "no next process is started: {}", program.display());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<TcpListener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What another process has handed over; it goes on serving until [`Taken::serves`].
pub(super) struct Taken {
    proxy: Vec<TcpListener>,
    admin: Option<TcpListener>,
    line: UnixStream,
}

/// Where the next process will ask for the sockets.
struct Keeper {
    listener: UnixListener,
    /// Where it is bound, and where it will be found.
    bound: PathBuf,
    path: PathBuf,
    kept: Kept,
}

impl Taken {
    /// Asks the process that serves now; `None` where there is none.
    ///
    /// # Errors
    /// When something answers that is no process of ours.
    pub(super) fn ask(path: &Path) -> anyhow::Result<Option<Self>> {
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
        Ok(Some(Self { proxy: sockets, admin, line }))
    }

    /// The socket for an address of the settings, if there is one; for any port, the next of that address.
    pub(super) fn proxy(&mut self, wanted: SocketAddr) -> Option<Bound> {
        let index = self.proxy.iter().position(|socket| is_for(socket, wanted))?;
        Bound::adopt(self.proxy.remove(index)).ok()
    }

    /// The same for the admin listener.
    pub(super) fn admin(&mut self, wanted: SocketAddr) -> Option<Bound> {
        let socket = self.admin.take().filter(|socket| is_for(socket, wanted))?;
        Bound::adopt(socket).ok()
    }

    /// Tells the other process that it may go.
    fn serves(mut self) -> std::io::Result<()> {
        self.line.write_all(SERVES)
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

impl Keeper {
    /// Gets everything ready that can fail; nobody finds it before [`Keeper::open`].
    ///
    /// # Errors
    /// When the folder is not ours alone, or somebody else serves there that nothing was taken over from.
    fn prepare(path: &Path, kept: Kept, has_taken_over: bool) -> anyhow::Result<Self> {
        private_folder(path)?;
        ensure!(
            kept.lock().len() <= MOST_SOCKETS,
            "handover.socket: at most {MOST_SOCKETS} listeners can be handed over"
        );
        if !has_taken_over && UnixStream::connect(path).is_ok() {
            bail!("another process serves at {}; take over from it with --upgrade", path.display());
        }
        let bound = path.with_extension("new");
        // Left behind by one that ended in between.
        let _none = std::fs::remove_file(&bound);
        let listener = UnixListener::bind(&bound).with_context(|| format!("cannot listen on {}", bound.display()))?;
        std::fs::set_permissions(&bound, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, bound, path: path.to_owned(), kept })
    }

    /// Waits for the next process from now on, on a thread of its own.
    ///
    /// # Errors
    /// When the socket cannot be put in its place, or there is no thread.
    fn open(self, wishes: Wishes) -> std::io::Result<()> {
        std::fs::rename(&self.bound, &self.path)?;
        std::thread::Builder::new().name("handover".into()).spawn(move || self.wait(&wishes))?;
        Ok(())
    }

    fn wait(&self, wishes: &Wishes) {
        loop {
            let outcome = self.listener.accept().map_err(anyhow::Error::from);
            match outcome.and_then(|(line, _)| self.hand_over(line)) {
                Ok(()) => {
                    self.kept.let_go();
                    return wishes.handed_over();
                }
                Err(error) => {
                    tracing::warn!("not handed over, this process goes on: {error:#}");
                    // Whatever it is, it may be so for long.
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }

    fn hand_over(&self, mut line: UnixStream) -> anyhow::Result<()> {
        ensure!(is_own(&line), "whoever asked is another user");
        line.set_read_timeout(Some(PATIENCE))?;
        line.set_write_timeout(Some(PATIENCE))?;
        let sockets = self.kept.lock();
        ensure!(!sockets.is_empty(), "this process is ending");
        let rights: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_SOCKETS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        ensure!(control.push(SendAncillaryMessage::ScmRights(&rights)), "too many sockets");
        sendmsg(&line, &[IoSlice::new(GREETING)], &mut control, SendFlags::empty())?;
        drop(sockets);
        let mut answer = [0; SERVES.len()];
        line.read_exact(&mut answer).context("the other process has not come up")?;
        ensure!(answer == *SERVES, "the other process says something else");
        Ok(())
    }
}

/// Makes the folder of the socket where there is none, and refuses one that somebody else can enter: whoever
/// reaches the socket gets the listeners.
fn private_folder(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(folder)
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(error).with_context(|| format!("handover.socket: cannot make {}", folder.display()));
    }
    let found = std::fs::metadata(folder).with_context(|| format!("handover.socket: {}", folder.display()))?;
    let is_private = found.is_dir() && found.mode() & 0o077 == 0 && found.uid() == own_user();
    ensure!(is_private, "handover.socket: {} must be a folder of this user alone (mode 0700)", folder.display());
    Ok(())
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The folder keeps others out already; this holds where it was opened since.
fn is_own(line: &UnixStream) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::net::sockopt::socket_peercred(line).is_ok_and(|peer| peer.uid.as_raw() == own_user());
    #[cfg(not(target_os = "linux"))]
    return line.peer_addr().is_ok();
}
