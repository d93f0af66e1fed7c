//! JSON Schemas of the two files.

#[cfg(test)]
mod generate;

use serde_json::Value;

/// No file is nested so deep.
const MAX_DEPTH: usize = 12;

/// JSON Schema of the settings file or the credentials file: the text beside the examples.
pub fn schema(of_credentials: bool) -> &'static str {
    if of_credentials {
        include_str!("../../../config/credentials.schema.json")
    } else {
        include_str!("../../../config/claviger.schema.json")
    }
}

/// The path of each key of a file: `[]` stands for the items of a list, `*` for the names of a mapping.
pub(super) fn key_paths(of_credentials: bool) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema(of_credentials)).unwrap_or_default();
    let mut paths = Vec::new();
    collect_keys(&schema, &schema["$defs"], "", &mut paths);
    paths
}

fn collect_keys(schema: &Value, definitions: &Value, path: &str, paths: &mut Vec<String>) {
    // A type that contains itself would have no end.
    if path.split(['.', '[']).count() > MAX_DEPTH {
        return;
    }
    let reference = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    let choices = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|word| schema[word].as_array()).flatten();
    for same in reference.map(|name| &definitions[name]).into_iter().chain(choices) {
        collect_keys(same, definitions, path, paths);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = join(path, name);
        if !paths.contains(&path) {
            paths.push(path.clone());
        }
        collect_keys(property, definitions, &path, paths);
    }
    if schema["items"].is_object() {
        collect_keys(&schema["items"], definitions, &format!("{path}[]"), paths);
    }
    if schema["additionalProperties"].is_object() {
        collect_keys(&schema["additionalProperties"], definitions, &join(path, "*"), paths);
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
