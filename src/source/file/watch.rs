//! Notices that files may have changed, by events of the system and by polling.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Bound of the links that a path leads through, as the system has one.
const MAX_LINKS: usize = 40;

/// Watches the folders of files: editors replace files and Kubernetes swaps the `..data` link next to them, and a watch
/// on a file would stay with the old inode. Events of other files in these folders are ignored.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    /// The files and the links on the way to them, as events name them.
    watched: Arc<Mutex<BTreeSet<PathBuf>>>,
    states: Vec<Option<FileState>>,
}

/// Differs when a file was written, replaced, or its link swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileState {
    real: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

/// An event of a watched file.
pub(super) struct Change {
    /// Empty: any file may have changed.
    pub(super) files: Vec<PathBuf>,
    /// A writer has the file open. Only reported where the system reports the close too.
    pub(super) is_unfinished: bool,
}

impl Change {
    /// `None` for a read, which the reloader causes itself.
    fn of(event: notify::Result<notify::Event>) -> Option<Self> {
        // Events were lost, or the event is unknown.
        let Ok(event) = event else { return Some(Self { files: Vec::new(), is_unfinished: false }) };
        let is_closed = event.kind == EventKind::Access(AccessKind::Close(AccessMode::Write));
        if event.kind.is_access() && !is_closed {
            return None;
        }
        let is_unfinished = cfg!(target_os = "linux") && matches!(event.kind, EventKind::Modify(ModifyKind::Data(_)));
        Some(Self { files: event.paths, is_unfinished })
    }

    fn concerns(&self, watched: &Mutex<BTreeSet<PathBuf>>) -> bool {
        let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        // A folder itself is reported when it is moved or deleted.
        let is_watched =
            |file: &PathBuf| watched.contains(file) || watched.iter().any(|path| path.parent() == Some(file));
        self.files.is_empty() || self.files.iter().any(is_watched)
    }
}

impl Watch {
    /// Calls `changed` from a thread of the watcher. Where the system has no watches left, only
    /// [`Watch::looks_changed`] notices changes.
    pub(super) fn new(changed: impl Fn(Change) + Send + 'static) -> Self {
        let watched = Arc::<Mutex<BTreeSet<PathBuf>>>::default();
        let of_interest = watched.clone();
        let watcher = notify::recommended_watcher(move |event| {
            if let Some(change) = Change::of(event).filter(|change| change.concerns(&of_interest)) {
                changed(change);
            }
        });
        let watcher = watcher
            .inspect_err(|error| tracing::warn!(%error, "no file events; files are polled every few seconds"))
            .ok();
        Self { watcher, folders: BTreeSet::new(), files: Vec::new(), watched, states: Vec::new() }
    }

    /// Watches these files instead of the previous ones.
    pub(super) fn follow(&mut self, files: Vec<PathBuf>) {
        let watched: BTreeSet<PathBuf> = files.iter().flat_map(|file| file_and_links(file)).collect();
        let folders: BTreeSet<PathBuf> = watched.iter().map(|path| folder(path)).collect();
        // Before the folders: an event that comes first must not be ignored.
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner) = watched;
        if let Some(watcher) = &mut self.watcher {
            for folder in self.folders.difference(&folders) {
                // Fails for a folder that was deleted.
                let _gone = watcher.unwatch(folder);
            }
            self.folders.retain(|folder| folders.contains(folder));
            for folder in folders {
                if self.folders.contains(&folder) {
                    continue;
                }
                // A missing folder is tried again by the next call.
                match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                    Ok(()) => drop(self.folders.insert(folder)),
                    Err(error) => {
                        tracing::warn!(folder = %folder.display(), %error, "the folder is polled only");
                    }
                }
            }
        }
        self.states = states(&files);
        self.files = files;
    }

    /// True when a file differs from the previous call.
    pub(super) fn looks_changed(&mut self) -> bool {
        let states = states(&self.files);
        std::mem::replace(&mut self.states, states) != self.states
    }

    /// True when one of the watched files or links has this name, in any folder.
    pub(super) fn follows(&self, name: &OsStr) -> bool {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|path| path.file_name() == Some(name))
    }
}

fn folder(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

/// The file and every link on the way to it, links of folders included. All are in real folders, since the system knows
/// one watch per folder and names its events by one path.
fn file_and_links(file: &Path) -> Vec<PathBuf> {
    let mut way = Vec::new();
    let mut rest: Vec<_> = components(file);
    let (mut real, mut links) = (PathBuf::new(), 0);
    while let Some(name) = rest.pop() {
        if name == ".." && real.file_name().is_some() {
            real.pop();
            continue;
        }
        let path = real.join(&name);
        match std::fs::read_link(&path) {
            Ok(target) if links < MAX_LINKS => {
                links += 1;
                way.push(in_folder(&path));
                rest.extend(components(&target));
            }
            _ => real = path,
        }
    }
    way.push(in_folder(&real));
    way
}

/// The names of a path, the last one first.
fn components(path: &Path) -> Vec<std::ffi::OsString> {
    path.components().rev().map(|component| component.as_os_str().to_owned()).collect()
}

fn in_folder(file: &Path) -> PathBuf {
    file.file_name().map_or_else(|| file.to_owned(), |name| folder(file).join(name))
}

fn states(files: &[PathBuf]) -> Vec<Option<FileState>> {
    let state = |file: &PathBuf| {
        let real = file.canonicalize().ok()?;
        let metadata = real.metadata().ok()?;
        Some(FileState { real, length: metadata.len(), modified: metadata.modified().ok() })
    };
    files.iter().map(state).collect()
}
