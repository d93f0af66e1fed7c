//! Decodes a tree of [`Node`]s with serde without stopping at the first fault: a faulty value is reported and removed,
//! and decoding starts again.

mod deserializer;
mod error;

use serde::de::DeserializeOwned;

use self::deserializer::{NodeDeserializer, Path};
use self::error::About;
use super::suggest::suggested_path;
use super::{Diagnostic, Diagnostics, Node, Origin, Value};

const MAX_FAULTS: usize = 100;

/// A value that is decoded as a whole. Its keys must have a value, because an emptied restriction, such as a list whose
/// lines are commented out, must not open anything.
pub trait Document: DeserializeOwned {
    /// Keys that `null` switches off. A path of keys, with `*` for the names of a mapping and `**` at the end
    /// for all that is below; elements of lists add nothing.
    const NULLABLE: &'static [&'static str] = &[];
    /// Lists that permit nothing when they are empty.
    const MAY_BE_EMPTY: &'static [&'static str] = &[];

    /// The path of every key of the file that the value is in, so that a misplaced one is found.
    fn key_paths() -> Vec<String> {
        Vec::new()
    }
}

/// Keys whose absence permits more than any value.
const RESTRICTIONS: [&str; 16] = [
    "accounts",
    "addresses",
    "body_bytes",
    "body_time",
    "burst",
    "ca",
    "client_ca",
    "countries",
    "expires_at",
    "known",
    "methods",
    "rate_limit",
    "retired_on",
    "scopes",
    "tls",
    "version",
];

/// The fault of a key without a value.
pub(super) fn empty(origin: Origin, path: impl Into<String>, key: &str) -> Diagnostic {
    let hint = match RESTRICTIONS.contains(&key) {
        true => "give it a value, or leave the key out to lift the restriction",
        false => "give it a value, or leave the key out",
    };
    Diagnostic::new(origin, path, "is empty").hint(hint)
}

/// Decodes a tree; `at` is the path of the root in faults. Removes faulty values from the tree. `None` when the rest
/// cannot be decoded.
pub fn decode<T: Document>(root: &mut Node, at: &str, faults: &mut Diagnostics) -> Option<T> {
    let mut found = 0;
    let mut removed_paths: Vec<String> = Vec::new();
    loop {
        let error = match T::deserialize(NodeDeserializer { node: root, path: &Path::root::<T>() }) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let steps: Vec<Step> = error.steps.into_iter().rev().collect();
        let shown = steps.len() - usize::from(error.about == About::Hidden);
        let mut path = join(at, &steps[..shown]);
        let hint = error.hint;
        let removed = remove(root, &steps, error.about == About::Duplicate);
        if let About::Missing(field) = error.about {
            path = join(&path, &[Step::Key(field.to_owned())]);
        }
        // A value that was removed as faulty is not reported as missing too.
        if !matches!(error.about, About::Missing(_)) || !removed_paths.contains(&path) {
            let origin = error.origin.unwrap_or_else(|| root.origin.clone());
            faults.push(Diagnostic {
                file: None,
                origin,
                path: path.clone(),
                problem: error.problem,
                hint: hint.clone(),
            });
        }
        // The key that a misspelt one stands for is not missing too.
        removed_paths.extend(suggested_path(&path, hint.as_deref()));
        removed_paths.push(path);
        found += 1;
        if found >= MAX_FAULTS || !removed {
            return None;
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

fn join(at: &str, steps: &[Step]) -> String {
    let mut path = at.to_owned();
    for step in steps {
        match step {
            Step::Key(name) if path.is_empty() => path.push_str(name),
            Step::Key(name) => path.extend([".", name]),
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// Removes the value at a path; of a duplicate key all but the first. False when there is none.
fn remove(root: &mut Node, steps: &[Step], is_duplicate: bool) -> bool {
    let Some((last, before)) = steps.split_last() else { return false };
    let mut node = root;
    for step in before {
        let next = match (step, &mut node.value) {
            (Step::Key(name), Value::Map(entries)) => {
                entries.iter_mut().find(|(key, _)| key.name == *name).map(|(_, value)| value)
            }
            (Step::Index(index), Value::List(items)) => items.get_mut(*index),
            _ => None,
        };
        let Some(next) = next else { return false };
        node = next;
    }
    match (last, &mut node.value) {
        (Step::Key(name), Value::Map(entries)) => {
            let length = entries.len();
            let mut is_kept = is_duplicate;
            entries.retain(|(key, _)| key.name != *name || std::mem::take(&mut is_kept));
            entries.len() < length
        }
        (Step::Index(index), Value::List(items)) => {
            let Some(item) = items.get_mut(*index) else { return false };
            std::mem::replace(&mut item.value, Value::Removed) != Value::Removed
        }
        _ => false,
    }
}
