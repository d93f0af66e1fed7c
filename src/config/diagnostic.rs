//! Faults of files, with position and hint.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::Origin;

/// A fault. Never repeats a value: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// `None` for a fault in the environment or a flag.
    pub file: Option<String>,
    #[serde(flatten)]
    pub origin: Origin,
    /// Dotted path of the key; empty for the file as a whole.
    pub path: String,
    pub problem: String,
    /// How to correct it.
    pub hint: Option<String>,
}

/// Every fault, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostic {
    pub fn new(origin: Origin, path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { file: None, origin, path: path.into(), problem: problem.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Diagnostics {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push(&mut self, fault: Diagnostic) {
        self.0.push(fault);
    }

    /// Sets the file of all faults that have a line, and sorts them by position.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        let name = file.display().to_string();
        for fault in self.0.iter_mut().filter(|fault| matches!(fault.origin, Origin::File { .. })) {
            fault.file = Some(name.clone());
        }
        self.0.sort_by(|a, b| a.origin.cmp(&b.origin));
        self
    }

    /// # Errors
    /// The faults, if there are any.
    pub fn into_result<T>(self, value: impl FnOnce() -> T) -> Result<T, Self> {
        if self.is_empty() { Ok(value()) } else { Err(self) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(fault: Diagnostic) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, &self.origin) {
            (Some(file), Origin::File { line: 0, .. }) => f.write_str(file)?,
            (Some(file), origin) => write!(f, "{file}:{origin}")?,
            (None, Origin::File { line: 0, .. }) => return self.write_problem(f),
            (None, origin) => write!(f, "{origin}")?,
        }
        f.write_str("  ")?;
        self.write_problem(f)
    }
}

impl Diagnostic {
    fn write_problem(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}  ", self.path)?;
        }
        f.write_str(&self.problem)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_as_json_names_file_line_and_column() {
        let fault = Diagnostic::new(Origin::File { line: 4, column: 7 }, "a.b", "is odd").hint("correct it");
        let faults = Diagnostics::from(fault).in_file(Path::new("claviger.yaml"));
        let json = serde_json::to_value(&faults.0[0]).unwrap();
        let expected = serde_json::json!({
            "file": "claviger.yaml", "at": {"line": 4, "column": 7}, "path": "a.b", "problem": "is odd", "hint": "correct it"
        });
        assert_eq!(json, expected);
    }
}
