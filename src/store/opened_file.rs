//! Checks that the path of the SQLite file still leads to the opened file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::StoreError;

/// A path, with the device and inode that it had when it was opened.
#[derive(Debug)]
pub(super) struct OpenedFile {
    path: PathBuf,
    opened: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), opened: identity(path) }
    }

    /// Open connections keep reading a file that was moved or deleted, and never see changes to its replacement.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the path leads to another file, or to none.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if identity(&self.path) == self.opened {
            return Ok(());
        }
        Err(StoreError::Unusable {
            problem: "its file was moved, deleted or replaced while it was in use".into(),
            remedy: "restart this process, so that it reads the one that is there now",
        })
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|metadata: Metadata| (metadata.dev(), metadata.ino()))
}
