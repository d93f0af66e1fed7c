//! Merges file, environment and flags.

use std::path::{Path, PathBuf};

use super::suggest::suggested_path;
use super::{Diagnostic, Diagnostics, Node, Origin, Settings, Value, decode, parse, raw, read_text};

/// A value of the environment or a flag, which replaces that of the file.
#[derive(Debug, Clone)]
pub struct Override {
    /// Keys from the root.
    pub path: Vec<String>,
    /// With the variable or flag as its origin.
    pub value: Node,
}

impl Override {
    pub fn flag(flag: &'static str, path: &[&str], text: impl Into<String>) -> Self {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        Self { path, value: Node::new(Value::Text(text.into()), Origin::Flag(flag)) }
    }
}

/// The sources of settings.
#[derive(Debug, Clone, Default)]
pub struct ConfigSource {
    /// `None`: overrides only.
    pub file: Option<PathBuf>,
    /// In ascending priority.
    pub overrides: Vec<Override>,
}

impl ConfigSource {
    /// # Errors
    /// Every fault of the settings.
    pub fn load(&self) -> Result<Settings, Diagnostics> {
        let (root, file) = self.read()?;
        let directory = self.directory();
        let mut settings = Settings::new(&file, &root, &directory).map_err(|faults| self.named(faults))?;
        settings.provenance.file.clone_from(&self.file);
        Ok(settings)
    }

    /// The tree of the file with overrides applied, and the decoded file with defaults.
    ///
    /// # Errors
    /// Every fault, of syntax and of meaning, where the file cannot be decoded; otherwise none.
    pub fn read(&self) -> Result<(Node, raw::File), Diagnostics> {
        let mut root = match &self.file {
            None => Node::new(Value::Map(Vec::new()), Origin::WHOLE_FILE),
            Some(path) => {
                let text = read_text(path).map_err(|fault| self.named(fault.into()))?;
                parse(&text).map_err(|fault| self.named(fault.into()))?
            }
        };
        self.override_in(&mut root);
        let mut faults = Diagnostics::default();
        let file = decode(&mut root, "", &mut faults);
        match (file, faults.is_empty()) {
            (Some(file), true) => Ok((root, file)),
            // The rest of a faulty file may have faults of meaning too.
            (Some(file), false) => {
                if let Err(more) = Settings::new(&file, &root, &self.directory()) {
                    // A removed value, and the key that a misspelt one stands for, are not missing.
                    let suggested = |fault: &Diagnostic| suggested_path(&fault.path, fault.hint.as_deref());
                    let removed: Vec<String> = (faults.0.iter())
                        .flat_map(|fault| suggested(fault).into_iter().chain([fault.path.clone()]))
                        .collect();
                    // The misspelt key may stand for an alternative of the one that is missing.
                    let sections: Vec<&str> = (faults.0.iter())
                        .filter(|fault| suggested(fault).is_some())
                        .map(|fault| parent(&fault.path))
                        .collect();
                    let is_new = |fault: &Diagnostic| {
                        let is_alternative =
                            fault.problem.starts_with("is missing") && sections.contains(&parent(&fault.path));
                        !is_alternative && !removed.iter().any(|path| are_related(path, &fault.path))
                    };
                    let more: Vec<Diagnostic> = more.0.into_iter().filter(is_new).collect();
                    faults.0.extend(more);
                }
                Err(self.named(faults))
            }
            (None, _) => Err(self.named(faults)),
        }
    }

    /// The admin section as far as it can be decoded: the running process may have read an earlier, valid file.
    pub fn admin(&self) -> raw::Admin {
        let tree = || parse(&read_text(self.file.as_ref()?).ok()?).ok();
        let mut root = tree().unwrap_or_else(|| Node::new(Value::Map(Vec::new()), Origin::WHOLE_FILE));
        self.override_in(&mut root);
        let file: Option<raw::File> = decode(&mut root, "", &mut Diagnostics::default());
        file.unwrap_or_default().admin
    }

    fn override_in(&self, root: &mut Node) {
        for over in &self.overrides {
            let path: Vec<&str> = over.path.iter().map(String::as_str).collect();
            root.set(&path, over.value.clone());
        }
    }

    /// The base of relative paths in the file.
    fn directory(&self) -> PathBuf {
        let parent = self.file.as_deref().and_then(Path::parent);
        parent.unwrap_or(Path::new("")).to_owned()
    }

    fn named(&self, faults: Diagnostics) -> Diagnostics {
        match &self.file {
            Some(path) => faults.in_file(path),
            None => faults,
        }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// True when the paths are equal or one is a prefix of the other.
fn are_related(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
