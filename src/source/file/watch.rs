//! Notices that files may have changed, by events of the system and by polling.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Watches the folders of files: editors replace files and Kubernetes swaps the `..data` link next to them, and a watch
/// on a file would stay with the old inode.
pub(crate) struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    states: Vec<Option<FileState>>,
}

/// Differs when a file was written, replaced, or its link swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileState {
    real: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

/// An event in a watched folder.
pub(crate) struct Change {
    /// Empty: any file may have changed.
    pub files: Vec<PathBuf>,
    /// A writer has the file open. Only reported where the system reports the close too.
    pub is_unfinished: bool,
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
}

impl Watch {
    /// Calls `changed` from a thread of the watcher. Where the system has no watches left, only
    /// [`Watch::looks_changed`] notices changes.
    pub(crate) fn new(changed: impl Fn(Change) + Send + 'static) -> Self {
        let watcher = notify::recommended_watcher(move |event| {
            if let Some(change) = Change::of(event) {
                changed(change);
            }
        });
        let watcher = watcher
            .inspect_err(
                |error| tracing::warn!(%error, "file events are not available; files are polled every few seconds"),
            )
            .ok();
        Self { watcher, folders: BTreeSet::new(), files: Vec::new(), states: Vec::new() }
    }

    /// Watches these files instead of the previous ones.
    pub(crate) fn follow(&mut self, files: Vec<PathBuf>) {
        let folders: BTreeSet<PathBuf> = files.iter().map(|file| folder(file)).collect();
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
    pub(crate) fn looks_changed(&mut self) -> bool {
        let states = states(&self.files);
        std::mem::replace(&mut self.states, states) != self.states
    }

    /// True when one of the files has this name, in any folder.
    pub(crate) fn follows(&self, name: &OsStr) -> bool {
        self.files.iter().any(|file| file.file_name() == Some(name))
    }
}

fn folder(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

fn states(files: &[PathBuf]) -> Vec<Option<FileState>> {
    let state = |file: &PathBuf| {
        let real = file.canonicalize().ok()?;
        let metadata = real.metadata().ok()?;
        Some(FileState { real, length: metadata.len(), modified: metadata.modified().ok() })
    };
    files.iter().map(state).collect()
}
