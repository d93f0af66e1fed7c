//! Where each setting was written, for faults that show only when it is used.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Diagnostics, Node, Origin, Value};

/// The origin of every key, without values.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    pub(super) file: Option<PathBuf>,
    by_path: Arc<HashMap<String, Origin>>,
}

impl Provenance {
    pub(super) fn of(root: &Node) -> Self {
        let mut by_path = HashMap::new();
        collect(root, "", &mut by_path);
        Self { file: None, by_path: Arc::new(by_path) }
    }

    /// Gives faults without a position that of their key, or of its nearest ancestor that was written.
    pub fn locate(&self, mut faults: Diagnostics) -> Diagnostics {
        for fault in faults.0.iter_mut().filter(|fault| fault.file.is_none() && fault.origin == Origin::WHOLE_FILE) {
            let mut path = fault.path.as_str();
            while !path.is_empty() {
                if let Some(origin) = self.by_path.get(path) {
                    fault.origin = origin.clone();
                    break;
                }
                path = path.rsplit_once('.').map_or("", |(parent, _)| parent);
            }
        }
        match &self.file {
            Some(file) => faults.in_file(file),
            None => faults,
        }
    }
}

fn collect(node: &Node, at: &str, by_path: &mut HashMap<String, Origin>) {
    let Value::Map(entries) = &node.value else { return };
    for (key, value) in entries {
        let path = if at.is_empty() { key.name.clone() } else { format!("{at}.{}", key.name) };
        collect(value, &path, by_path);
        by_path.insert(path, value.origin.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Diagnostic, parse};

    #[test]
    fn a_fault_without_a_position_gets_that_of_its_key_or_of_the_nearest_ancestor() {
        let root = parse("proxy:\n  listen: 127.0.0.1:0\n  tls:\n    certificate: c.pem\n    key: k.pem\n").unwrap();
        let origins = Provenance { file: Some("claviger.yaml".into()), ..Provenance::of(&root) };
        let unlocated = |path: &str| Diagnostic::new(Origin::WHOLE_FILE, path, "is odd");
        let located = Diagnostic::new(Origin::File { line: 2, column: 3 }, "a", "is odd");
        let paths = ["proxy.tls.key", "proxy.tls.certificate", "proxy.tls.client_ca", "absent.key"];
        let faults = Diagnostics(paths.into_iter().map(unlocated).chain([located]).collect());
        assert_eq!(
            origins.locate(faults).to_string(),
            "claviger.yaml  absent.key  is odd\n\
            claviger.yaml:2:3  a  is odd\n\
            claviger.yaml:4:5  proxy.tls.client_ca  is odd\n\
            claviger.yaml:4:18  proxy.tls.certificate  is odd\n\
            claviger.yaml:5:10  proxy.tls.key  is odd"
        );
    }
}
