//! What a file says, and where.

use crate::config::{Diagnostic, Origin};
use crate::credential::Label;
use crate::source::FileSet;

/// What a file says, checked.
#[derive(Default)]
pub struct Reading {
    /// Its credentials.
    pub set: FileSet,
    /// Where each of them stands, in the order of the set.
    pub places: Vec<Place>,
    /// Accounts of which it says whether they have access, in its order.
    pub accounts: Vec<(Label, bool)>,
}

/// Where an entry stands: of a million there are a million of these.
#[derive(Debug, Clone)]
pub struct Place {
    /// Line and column.
    pub origin: Origin,
    /// Its index in a format that has paths.
    pub(super) index: Option<usize>,
}

impl Place {
    /// Something that is wrong with the entry here.
    pub fn fault(&self, key: &str, problem: impl Into<String>) -> Diagnostic {
        let path = self.index.map(|index| format!("credentials[{index}]")).unwrap_or_default();
        Diagnostic::new(self.origin.clone(), join(&path, key), problem)
    }
}

/// A key of the entry at this path.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
