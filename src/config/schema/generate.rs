//! Writes the schemas from the types of the files. Only tests do, so that the program holds the text alone.

use std::path::Path;

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{join, schema};
use crate::config::{Document, is_docs_update, raw};

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

/// `UPDATE_DOCS=1` writes the file.
#[track_caller]
fn keep_current<T: Document + JsonSchema>(name: &str, of_credentials: bool) {
    let current = format!("{:#}\n", generate::<T>());
    let is_update = is_docs_update();
    if is_update {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name), &current).unwrap();
    }
    let is_current = is_update || schema(of_credentials) == current;
    assert!(is_current, "config/{name} is out of date: UPDATE_DOCS=1 cargo test --lib config::schema writes it again");
}

#[test]
fn the_schema_of_the_settings_is_current() {
    keep_current::<raw::File>("claviger.schema.json", false);
}

#[test]
fn the_schema_of_the_credentials_is_current() {
    keep_current::<raw::CredentialsFile>("credentials.schema.json", true);
}
