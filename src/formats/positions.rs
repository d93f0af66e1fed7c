//! The entries of a file, with their positions.

use crate::config::{Diagnostic, Origin};

/// The position of an entry. Small: a file may have a million.
#[derive(Debug, Clone)]
pub struct Place {
    pub origin: Origin,
    /// `None` in a format without paths.
    pub(super) index: Option<usize>,
}

impl Place {
    /// A fault of this entry.
    pub fn fault(&self, key: &str, problem: impl Into<String>) -> Diagnostic {
        let path = self.index.map(|index| format!("credentials[{index}]")).unwrap_or_default();
        Diagnostic::new(self.origin.clone(), join(&path, key), problem)
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
