//! Prints settings with the origin of each.

use serde_json::Value as Json;

use super::{Node, Origin, raw};

/// YAML with one comment per value: its line, the variable or flag, or `default`. Contains no secret: secrets are in
/// files of their own, and an upstream with a password is refused.
pub fn effective(file: &raw::File, root: &Node) -> String {
    let json = serde_json::to_value(file).unwrap_or_default();
    let mut out = String::new();
    write_entries(&mut out, &json, &mut Vec::new(), root, 0);
    out
}

fn write_entries(out: &mut String, value: &Json, path: &mut Vec<String>, root: &Node, indent: usize) {
    let Json::Object(entries) = value else { return };
    for (name, value) in entries {
        path.push(name.clone());
        let pad = "  ".repeat(indent);
        match value {
            Json::Object(inner) if !inner.is_empty() => {
                out.push_str(&format!("{pad}{}:\n", quoted(name)));
                write_entries(out, value, path, root, indent + 1);
            }
            // JSON on one line is YAML.
            leaf => {
                let line = format!("{pad}{}: {leaf}", quoted(name));
                out.push_str(&format!("{line:<56}  # {}\n", origin(path, root)));
            }
        }
        path.pop();
    }
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
