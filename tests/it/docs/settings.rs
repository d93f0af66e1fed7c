//! Settings as the book and the example file describe them.

use claviger::config::{raw, schema};
use serde_json::Value;

use super::keep_current;
use crate::support::book::page;

const PAGE: &str = "docs/reference/settings.md";

/// A node of the schema with what it refers to in its place.
struct Node<'s> {
    node: &'s Value,
    definition: &'s Value,
}

impl<'s> Node<'s> {
    fn of(schema: &'s Value, node: &'s Value) -> Self {
        let alternatives = node["anyOf"].as_array().into_iter().flatten();
        let reference = [node].into_iter().chain(alternatives).find_map(|node| node["$ref"].as_str());
        let definition =
            reference.map_or(node, |reference| schema.pointer(reference.strip_prefix('#').unwrap()).unwrap());
        Self { node, definition }
    }

    fn properties(&self) -> impl Iterator<Item = (&'s String, &'s Value)> {
        self.definition["properties"].as_object().into_iter().flatten()
    }

    /// Of a list, or of a mapping with free names: how a path goes on, and what is there.
    fn items(&self, schema: &'s Value) -> Option<(&'static str, Self)> {
        let items = |node: &'s Value| node.get("items").map(|items| ("[]", Self::of(schema, items)));
        items(self.definition).or_else(|| {
            let values = self.definition.get("additionalProperties").filter(|values| values.is_object())?;
            items(values).map(|(_, node)| (".NAME[]", node))
        })
    }

    /// The description, and the meaning of each value that it does not mention.
    fn meaning(&self) -> String {
        let mut text = self.node["description"].as_str().unwrap_or_default().to_owned();
        let words = self.definition["oneOf"].as_array().into_iter().flatten();
        let words = words.filter_map(|word| Some((word["const"].as_str()?, word["description"].as_str()?)));
        let described = text.clone();
        for (word, meaning) in words.filter(|(word, _)| !described.contains(&format!("{word}: "))) {
            text.push_str(&format!(" `{word}`: {meaning}"));
        }
        text.replace('\n', " ").replace('|', "\\|")
    }
}

/// As YAML; empty for a mapping with keys of its own, which stand below it.
fn default(node: &Node, is_required: bool) -> String {
    let in_a_list = |value: &Value| match value {
        Value::String(text) if text.contains("::") => format!("\"{text}\""),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match node.node.get("default") {
        None if is_required => "required".to_owned(),
        Some(Value::Null) => "none".to_owned(),
        None => "none".to_owned(),
        Some(Value::Object(_)) if node.properties().next().is_some() => String::new(),
        Some(Value::Object(_)) => "`{}`".to_owned(),
        Some(Value::Array(values)) => {
            format!("`[{}]`", values.iter().map(in_a_list).collect::<Vec<_>>().join(", "))
        }
        Some(value) => format!("`{}`", in_a_list(value)),
    }
}

fn rows(schema: &Value, node: &Node, path: &str, table: &mut String) {
    let required: Vec<&str> =
        node.definition["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, value) in node.properties() {
        let (child, path) = (Node::of(schema, value), format!("{path}.{name}"));
        let default = default(&child, required.contains(&name.as_str()));
        table.push_str(&format!("| `{path}` | {default} | {} |\n", child.meaning()));
        rows(schema, &child, &path, table);
    }
    if let Some((rest, items)) = node.items(schema) {
        rows(schema, &items, &format!("{path}{rest}"), table);
    }
}

#[test]
fn the_page_of_settings_is_the_schema_of_the_program() {
    let schema: Value = serde_json::from_str(schema(false)).unwrap();
    let mut rendered = String::new();
    for (name, value) in schema["properties"].as_object().unwrap() {
        let node = Node::of(&schema, value);
        let mut table = String::new();
        rows(&schema, &node, name, &mut table);
        if table.is_empty() {
            table = format!("| `{name}` | {} | |\n", default(&node, false));
        }
        let heading = format!("### {name}\n\n{}\n\n| key | default | meaning |\n|---|---|---|\n", node.meaning());
        rendered.push_str(&format!("{heading}{table}\n"));
    }
    keep_current(PAGE, "settings", &rendered);
}

#[test]
fn every_setting_is_in_the_reference_and_in_the_example() {
    let (reference, example) = (page(PAGE), page("config/claviger.yaml"));
    let mut keys = Vec::new();
    leaves(&defaults(), "", &mut keys);
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let last = key.rsplit('.').next().unwrap_or_default();
        let named = reference.contains(&format!("| `{key}` |"));
        // A list, such as `public`, is a section with the keys of its items.
        let section = reference.contains(&format!("\n### {key}\n"));
        assert!(named || section, "{PAGE} lacks {key}");
        assert!(example.contains(&format!("{last}:")), "config/claviger.yaml lacks {key}");
    }
}

/// Of a gate.
fn defaults() -> Value {
    let file = raw::File { proxy: Some(raw::Proxy::default()), ..raw::File::default() };
    serde_json::to_value(file).unwrap()
}

/// The dotted paths of all values that are not mappings of further ones.
fn leaves(value: &Value, path: &str, keys: &mut Vec<String>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (name, value) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, keys);
            }
        }
        _ => keys.push(path.to_owned()),
    }
}

/// Operators under attack look in one place.
#[test]
fn every_limit_is_in_the_table_of_limits_with_its_default() {
    let table = page("docs/operate/limits.md");
    let written = defaults();
    let mut keys = Vec::new();
    leaves(&written, "", &mut keys);
    let is_limit = |key: &&String| {
        let sections = ["limits.", "proxy.timeouts.", "throttle.", "passwords.", "rate_limit", "proxy.threads"];
        sections.iter().any(|section| key.starts_with(section)) && key.as_str() != "throttle.enabled"
    };
    let limits: Vec<_> = keys.iter().filter(is_limit).collect();
    assert!(limits.len() > 20, "{limits:?}");
    for key in limits {
        let row = table.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{key}`")));
        let row = row.unwrap_or_else(|| panic!("the table of limits lacks {key}"));
        let default = written.pointer(&format!("/{}", key.replace('.', "/"))).unwrap();
        let text = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        assert!(default.is_null() || row.contains(&format!("`{text}`")), "{key} is {text}: {row}");
    }
}
