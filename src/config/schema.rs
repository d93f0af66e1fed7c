//! JSON Schemas of the two files.

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{Document, raw};

/// No file is nested so deep.
const MAX_DEPTH: usize = 12;

/// JSON Schema of the settings file or the credentials file.
pub fn schema(of_credentials: bool) -> Value {
    if of_credentials { generate::<raw::CredentialsFile>() } else { generate::<raw::File>() }
}

/// The path of each key of a file: `[]` stands for the items of a list, `*` for the names of a mapping.
pub(super) fn key_paths<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T).to_value();
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

fn generate<T: Document + JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    let mut definitions = schema.get_mut("$defs").map(Value::take).unwrap_or_default();
    let lists = MayBeEmpty { nullable: T::NULLABLE, lists: T::MAY_BE_EMPTY };
    lists.apply(&mut schema, &mut definitions, "");
    schema["$defs"] = definitions;
    schema
}

/// What [`Document`] says of the keys that may be empty; schemars knows the types only.
struct MayBeEmpty {
    nullable: &'static [&'static str],
    lists: &'static [&'static str],
}

impl MayBeEmpty {
    fn apply(&self, schema: &mut Value, definitions: &mut Value, path: &str) {
        let Some(schema) = schema.as_object_mut() else { return };
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
        if let Some(definition) = name.and_then(|name| definitions.get_mut(name)) {
            // Taken out meanwhile, so that none is visited from within itself.
            let mut taken = definition.take();
            self.apply(&mut taken, definitions, path);
            if let Some(place) = name.and_then(|name| definitions.get_mut(name)) {
                *place = taken;
            }
        }
        for word in ["anyOf", "oneOf", "allOf"] {
            let choices = schema.get_mut(word).and_then(Value::as_array_mut).into_iter().flatten();
            choices.for_each(|choice| self.apply(choice, definitions, path));
        }
        if let Some(items) = schema.get_mut("items") {
            self.apply(items, definitions, path);
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
        for (name, property) in properties {
            self.property(property, definitions, &join(path, name));
        }
        if let Some(values) = schema.get_mut("additionalProperties") {
            self.property(values, definitions, &join(path, "*"));
        }
    }

    fn property(&self, schema: &mut Value, definitions: &mut Value, path: &str) {
        if let Some(schema) = schema.as_object_mut() {
            if !self.nullable.contains(&path) {
                refuse_null(schema);
            }
            if schema.get("type").is_some_and(|kind| kind == "array") && !self.lists.contains(&path) {
                schema.insert("minItems".into(), json!(1));
                schema.retain(|key, value| key != "default" || *value != json!([]));
            }
        }
        self.apply(schema, definitions, path);
    }
}

fn refuse_null(schema: &mut Map<String, Value>) {
    schema.retain(|key, value| key != "default" || !value.is_null());
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = &kinds[..] {
            let kind = kind.clone();
            schema.insert("type".into(), kind);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({"type": "null"}));
        if let [Value::Object(only)] = &choices[..] {
            let only = only.clone();
            schema.remove("anyOf");
            schema.extend(only);
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
