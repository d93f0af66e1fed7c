//! Whether the SQLite file is still the one that was opened.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::store::{Pools, Store, StoreError};

/// A file, and what stood there when it was opened.
#[derive(Debug)]
pub(in crate::store) struct OpenedFile {
    path: PathBuf,
    opened: Option<(u64, u64)>,
}

impl OpenedFile {
    /// As it is now.
    pub(in crate::store) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), opened: identity(path) }
    }

    fn is_there(&self) -> bool {
        identity(&self.path) == self.opened
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|metadata: Metadata| (metadata.dev(), metadata.ino()))
}

impl Store {
    /// Sees to it that what is read is what others write: connections keep a file that was moved or deleted, and
    /// would never hear of a change to the one that has come in its place.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when another file is there, or none.
    pub fn check_file(&self) -> Result<(), StoreError> {
        match &self.pools {
            Pools::Sqlite { file, .. } if !file.is_there() => Err(StoreError::Unusable {
                problem: "its file was moved, deleted or replaced while it was in use".into(),
                remedy: "restart this process, so that it reads the one that is there now",
            }),
            Pools::Sqlite { .. } | Pools::Postgres(_) => Ok(()),
        }
    }
}
