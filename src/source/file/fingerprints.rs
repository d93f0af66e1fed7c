//! Digests of file contents, so that a new modification time alone causes no reload.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A digest of each file; of the error message for a file that cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fingerprints(BTreeMap<PathBuf, [u8; 32]>);

impl Fingerprints {
    pub(super) fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let fingerprint = |file: PathBuf| {
            let digest = fingerprint(&file);
            (file, digest)
        };
        Self(files.into_iter().map(fingerprint).collect())
    }

    /// Adds files that are missing, with their present content.
    pub(super) fn add(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        for file in files {
            self.0.entry(file).or_insert_with_key(|file| fingerprint(file));
        }
    }

    /// The files that are new or changed since `previous`.
    pub(super) fn changed_since(&self, previous: &Self) -> Vec<&Path> {
        let is_changed = |(file, digest): &(&PathBuf, &[u8; 32])| previous.0.get(*file) != Some(*digest);
        self.0.iter().filter(is_changed).map(|(file, _)| file.as_path()).collect()
    }

    /// True while none of the files has changed.
    pub(super) fn are_current(&self) -> bool {
        self.0.iter().all(|(file, digest)| fingerprint(file) == *digest)
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.0.keys().cloned().collect()
    }
}

fn fingerprint(file: &Path) -> [u8; 32] {
    match std::fs::read(file) {
        Ok(bytes) => Sha256::new().chain_update([1]).chain_update(bytes).finalize().into(),
        Err(error) => Sha256::digest(error.to_string()).into(),
    }
}
