//! Prints settings with the origin of each.

use serde_json::Value as Json;

use super::{Document as _, Node, Origin, raw};

/// YAML with one comment per value: its line, the variable or flag, or `default`. Contains no secret: secrets are in
/// files of their own, and an upstream with a password is refused.
pub fn effective(file: &raw::File, root: &Node) -> String {
    let json = serde_json::to_value(file).unwrap_or_default();
    let mut out = String::new();
    write_entries(&mut out, &json, &mut Vec::new(), root);
    out
}

fn write_entries(out: &mut String, value: &Json, path: &mut Vec<String>, root: &Node) {
    let Json::Object(entries) = value else { return };
    for (name, value) in entries {
        path.push(name.clone());
        let pad = "  ".repeat(path.len() - 1);
        let is_unset = is_unset(value, path);
        let comment = if is_unset { "# " } else { "" };
        match value {
            Json::Object(inner) if !inner.is_empty() => {
                out.push_str(&format!("{pad}{comment}{}:\n", quoted(name)));
                write_entries(out, value, path, root);
            }
            // An empty value would be refused when it is read back.
            _ if is_unset => out.push_str(&format!("{:<56}  # not set\n", format!("{pad}# {}:", quoted(name)))),
            // JSON on one line is YAML.
            leaf => {
                let line = format!("{pad}{}: {leaf}", quoted(name));
                out.push_str(&format!("{line:<56}  # {}\n", origin(path, root)));
            }
        }
        path.pop();
    }
}

/// True for an empty value that a file must not state, and for a section of such values only.
fn is_unset(value: &Json, path: &mut Vec<String>) -> bool {
    let is_listed = |patterns: &[&str], path: &[String]| patterns.iter().any(|pattern| covers(pattern, path));
    match value {
        Json::Null => !is_listed(raw::File::NULLABLE, path),
        Json::Array(items) => items.is_empty() && !is_listed(raw::File::MAY_BE_EMPTY, path),
        Json::Object(entries) if !entries.is_empty() => entries.iter().all(|(name, value)| {
            path.push(name.clone());
            let is_unset = is_unset(value, path);
            path.pop();
            is_unset
        }),
        _ => false,
    }
}

/// Whether a path is one of a pattern of [`Document::MAY_BE_EMPTY`](super::Document::MAY_BE_EMPTY).
fn covers(pattern: &str, path: &[String]) -> bool {
    let parts: Vec<&str> = pattern.split('.').collect();
    let (parts, has_length) = match parts.strip_suffix(&["**"]) {
        Some(above) => (above, path.len() > above.len()),
        None => (&parts[..], path.len() == parts.len()),
    };
    has_length && parts.iter().zip(path).all(|(part, key)| *part == "*" || part == key)
}

fn quoted(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { name.to_owned() } else { Json::from(name).to_string() }
}

fn origin(path: &[String], root: &Node) -> String {
    let mut node = root;
    for name in path {
        match node.entry(name) {
            Some((_, value)) => node = value,
            None => return "default".into(),
        }
    }
    match &node.origin {
        Origin::File { line, .. } => format!("line {line}"),
        other => other.to_string(),
    }
}
