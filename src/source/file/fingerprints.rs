//! Digests of files, to tell a change from a touch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A digest of each file; of the error message for a file that cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fingerprints(BTreeMap<PathBuf, [u8; 32]>);

impl Fingerprints {
    pub(crate) fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let fingerprint = |file: PathBuf| {
            let digest = fingerprint(&file);
            (file, digest)
        };
        Self(files.into_iter().map(fingerprint).collect())
    }

    /// Adds files that are missing, with their present content.
    pub(crate) fn add(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        for file in files {
            self.0.entry(file).or_insert_with_key(|file| fingerprint(file));
        }
    }

    pub(crate) fn are_current(&self) -> bool {
        self.0.iter().all(|(file, digest)| fingerprint(file) == *digest)
    }

    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.0.keys().cloned().collect()
    }
}

fn fingerprint(file: &Path) -> [u8; 32] {
    match std::fs::read(file) {
        Ok(bytes) => Sha256::new().chain_update([1]).chain_update(bytes).finalize().into(),
        Err(error) => Sha256::digest(error.to_string()).into(),
    }
}
