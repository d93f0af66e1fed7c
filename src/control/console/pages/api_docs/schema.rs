//! Schemas in words.

use serde_json::Value;

use crate::control::web::html::{Text, code};

const PREFIX: &str = "#/components/schemas/";

/// The type, such as `array of string or null`; components are links.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = component(schema) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", Text(name));
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(alternatives) = schema[several].as_array() {
            // utoipa puts null first; it reads better last.
            let (nulls, others): (Vec<_>, Vec<_>) = alternatives.iter().partition(|schema| schema["type"] == "null");
            return others.into_iter().chain(nulls).map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let one = |name: &&str| match *name {
        "array" => format!("array of {}", kind(&schema["items"])),
        name => Text(name).to_string(),
    };
    let words: Vec<_> = types.iter().map(one).collect();
    let words = if words.is_empty() { "any value".into() } else { words.join(" or ") };
    match schema["format"].as_str().filter(|format| !format.starts_with("int")) {
        Some(format) => format!("{words} ({})", Text(format)),
        None => words,
    }
}

/// The constraints beyond the type.
pub(super) fn bounds(schema: &Value) -> Vec<String> {
    let mut bounds = Vec::new();
    let number = |name: &str| schema[name].as_u64();
    for (least, most, unit) in
        [("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"), ("minimum", "maximum", "")]
    {
        match (number(least), number(most)) {
            (None | Some(0), Some(most)) => bounds.push(format!("at most {most}{unit}")),
            (Some(least), Some(most)) => bounds.push(format!("{least} to {most}{unit}")),
            (Some(least), None) if least > 0 => bounds.push(format!("at least {least}{unit}")),
            _ => {}
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        bounds.push(format!("one of {}", values.iter().map(code).collect::<Vec<_>>().join(", ")));
    }
    for (name, word) in [("pattern", "like"), ("default", "by default"), ("example", "such as")] {
        if !schema[name].is_null() {
            bounds.push(format!("{word} {}", code(&schema[name])));
        }
    }
    bounds
}

/// The description of a schema, or of its first described alternative.
pub(super) fn description(schema: &Value) -> &str {
    if let Some(text) = schema["description"].as_str() {
        return text;
    }
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    alternatives.filter_map(|schema| schema["description"].as_str()).next().unwrap_or_default()
}

pub(super) struct Field<'s> {
    /// The path from the outermost object, such as `items[].id`.
    pub(super) name: String,
    pub(super) schema: &'s Value,
    pub(super) is_required: bool,
}

/// Every field of the schema, without those of referenced components.
pub(super) fn fields(schema: &Value) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    collect(schema, "", &mut found);
    found
}

fn collect<'s>(schema: &'s Value, prefix: &str, found: &mut Vec<Field<'s>>) {
    for (name, schema_of_field) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name));
        let name = format!("{prefix}{name}");
        found.push(Field { name: name.clone(), schema: schema_of_field, is_required });
        collect(schema_of_field, &format!("{name}."), found);
        collect(&schema_of_field["items"], &format!("{name}[]."), found);
    }
}

pub(super) fn component(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(PREFIX)
}
