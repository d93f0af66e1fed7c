//! What files held at some moment, to tell a touch from a change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A digest of the contents of each file. What cannot be read counts too, by the reason why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprints(BTreeMap<PathBuf, [u8; 32]>);

impl Fingerprints {
    /// Of these files, now.
    pub fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let fingerprint = |file: PathBuf| {
            let digest = fingerprint(&file);
            (file, digest)
        };
        Self(files.into_iter().map(fingerprint).collect())
    }

    /// Adds the files that are not in yet, as they are now.
    pub fn add(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        for file in files {
            self.0.entry(file).or_insert_with_key(|file| fingerprint(file));
        }
    }

    /// The files that are new or changed since `previous`.
    pub fn changed_since(&self, previous: &Self) -> Vec<&Path> {
        let is_changed = |(file, digest): &(&PathBuf, &[u8; 32])| previous.0.get(*file) != Some(*digest);
        self.0.iter().filter(is_changed).map(|(file, _)| file.as_path()).collect()
    }

    /// True while none of the files has changed.
    pub fn are_current(&self) -> bool {
        self.0.iter().all(|(file, digest)| fingerprint(file) == *digest)
    }

    /// The files.
    pub fn files(&self) -> Vec<PathBuf> {
        self.0.keys().cloned().collect()
    }
}

fn fingerprint(file: &Path) -> [u8; 32] {
    match std::fs::read(file) {
        Ok(bytes) => Sha256::new().chain_update([1]).chain_update(bytes).finalize().into(),
        Err(error) => Sha256::digest(error.to_string()).into(),
    }
}
