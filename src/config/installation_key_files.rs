use std::path::{Path, PathBuf};

use super::raw;

/// Where the installation keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationKeyFiles {
    pub current: PathBuf,
    /// Those that something may still derive from.
    pub old: Vec<PathBuf>,
}

impl InstallationKeyFiles {
    pub(super) fn new(file: &raw::File, directory: &Path) -> Self {
        let old = file.old_installation_key_files.iter().map(|path| directory.join(path)).collect();
        Self { current: directory.join(&file.installation_key_file), old }
    }
}
