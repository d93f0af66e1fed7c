//! Notices that files may have changed: by the system's events on their folders, and by looking.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Watches the folders of files. Folders, because editors replace files and Kubernetes swaps the
/// `..data` link beside them; a watch on a file would be left with the old one.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    stamps: Vec<Option<Stamp>>,
}

/// What changes when a file is written, replaced, or its link swapped.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    real: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

/// Something has happened to files of a watched folder.
pub struct Change {
    /// Which.
    pub files: Vec<PathBuf>,
    /// Somebody is writing and has yet to let go; told only where the system tells that too.
    pub is_unfinished: bool,
}

impl Change {
    /// What it is; `None` for reading, which is an event too, and we read the files ourselves.
    fn of(event: notify::Result<notify::Event>) -> Option<Self> {
        // Told that events were lost, or of a kind unknown, we look.
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
    /// Calls `changed` from a thread of the watcher whenever something happens in a watched folder.
    /// Where the system has no events left, [`Watch::looks_changed`] has to do.
    pub fn new(changed: impl Fn(Change) + Send + 'static) -> Self {
        let watcher = notify::recommended_watcher(move |event| {
            if let Some(change) = Change::of(event) {
                changed(change);
            }
        });
        let watcher = watcher
            .inspect_err(|error| tracing::warn!(%error, "files are watched by looking at them every few seconds"))
            .ok();
        Self { watcher, folders: BTreeSet::new(), files: Vec::new(), stamps: Vec::new() }
    }

    /// Watches the folders of these files, and no others any more.
    pub fn follow(&mut self, files: Vec<PathBuf>) {
        let folders: BTreeSet<PathBuf> = files.iter().map(|file| folder(file)).collect();
        if let Some(watcher) = &mut self.watcher {
            for folder in self.folders.difference(&folders) {
                // A folder that is gone is no longer watched anyway.
                let _gone = watcher.unwatch(folder);
            }
            self.folders.retain(|folder| folders.contains(folder));
            for folder in folders {
                if self.folders.contains(&folder) {
                    continue;
                }
                // One that is not there yet is tried again the next time.
                match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                    Ok(()) => drop(self.folders.insert(folder)),
                    Err(error) => {
                        tracing::warn!(folder = %folder.display(), %error, "folder is not watched by events");
                    }
                }
            }
        }
        self.stamps = stamps(&files);
        self.files = files;
    }

    /// True when a file looks different from the last time.
    pub fn looks_changed(&mut self) -> bool {
        let stamps = stamps(&self.files);
        std::mem::replace(&mut self.stamps, stamps) != self.stamps
    }

    /// True when one of the files has this name, in whatever folder.
    pub fn follows(&self, name: &OsStr) -> bool {
        self.files.iter().any(|file| file.file_name() == Some(name))
    }
}

fn folder(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    let stamp = |file: &PathBuf| {
        let real = file.canonicalize().ok()?;
        let metadata = real.metadata().ok()?;
        Some(Stamp { real, length: metadata.len(), modified: metadata.modified().ok() })
    };
    files.iter().map(stamp).collect()
}
