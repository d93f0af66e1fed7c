//! One process takes the listening sockets of another over, so that a new binary loses no request.
//!
//! The sockets themselves change hands (`SCM_RIGHTS` on a Unix socket in a folder of our own): what waits in
//! their queues waits for whoever holds them. The old process goes on until the new one says that it serves.

mod donor;
mod successor;

use std::io::{ErrorKind, IoSlice, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

pub(super) use self::donor::Kept;
pub(super) use self::successor::Taken;
use super::shutdown::Wishes;
use crate::proxy::BoundListener;

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

impl Handover {
    /// After one from `taken`, if any; the next one is prepared where there is a place for it.
    ///
    /// # Errors
    /// When that is no place for it.
    pub(super) fn new<'b>(
        path: Option<&Path>,
        taken: Option<Taken>,
        sockets: impl Iterator<Item = &'b BoundListener>,
    ) -> anyhow::Result<Self> {
        let mut handover = Self { taken, keeper: None, kept: Kept::default() };
        if let Some(path) = path {
            let sockets = sockets.map(BoundListener::duplicate).collect::<Result<_, _>>()?;
            handover.kept = Kept::new(sockets);
            handover.keeper = Some(Keeper::prepare(path, handover.kept.clone(), handover.taken.is_some())?);
        }
        Ok(handover)
    }

    /// True when there is a process that goes on if this one does not come up.
    pub(super) fn is_taken_over(&self) -> bool {
        self.taken.is_some()
    }

    /// Before anybody is told that callers are let in by this process.
    ///
    /// # Errors
    /// When the process before no longer waits for it, and somebody serves where it did: there would be two.
    pub(super) fn is_awaited(&mut self) -> anyhow::Result<()> {
        let Some(taken) = &self.taken else { return Ok(()) };
        if let Err(error) = taken.is_awaited() {
            taken.ensure_alone()?;
            has_gone(&error);
            self.taken = None;
        }
        Ok(())
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
            has_gone(&error);
        }
        Ok(())
    }

    /// What to let go of before the listeners close.
    pub(super) fn kept(&self) -> Kept {
        self.kept.clone()
    }
}

fn has_gone(error: &std::io::Error) {
    tracing::warn!(%error, "the process before has gone by itself");
}

/// Where the next process will ask for the sockets.
struct Keeper {
    listener: UnixListener,
    /// Where it is bound, and where it will be found.
    bound: PathBuf,
    path: PathBuf,
    kept: Kept,
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
        // It may have much to do before it serves, and two would serve if it were given up on; its end is noticed.
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A longer migration, for example: nobody knows how long the next process takes.
    #[test]
    fn whoever_has_the_sockets_is_waited_for_until_it_serves_or_ends() {
        let (old, new) = UnixStream::pair().unwrap();
        let folder = tempfile::TempDir::new().unwrap();
        let keeper = Keeper {
            listener: UnixListener::bind(folder.path().join("next.sock")).unwrap(),
            bound: PathBuf::new(),
            path: PathBuf::new(),
            kept: Kept::new(vec![TcpListener::bind("127.0.0.1:0").unwrap()]),
        };
        // Another handle of the same socket: what is set on one holds for both.
        let seen = old.try_clone().unwrap();
        let outcome = std::thread::spawn(move || keeper.hand_over(old));
        assert_eq!((&new).read(&mut [0; 64]).unwrap(), GREETING.len());
        assert_eq!(seen.read_timeout().unwrap(), None);
        drop(new);
        assert!(outcome.join().unwrap().is_err());
    }
}
