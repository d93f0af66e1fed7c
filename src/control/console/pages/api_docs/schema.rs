//! Schemas of the description in words.

use serde_json::Value;

const PREFIX: &str = "#/components/schemas/";

/// A part of a sentence about a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Code(String),
    /// The name of a schema.
    Schema(String),
}

/// A field of an object.
pub(super) struct Field {
    /// The path from the outermost object, such as `items[].id`.
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) kind: Vec<Part>,
    pub(super) description: String,
}

/// One of the alternatives of a schema.
pub(super) struct Shape {
    pub(super) description: String,
    /// Of a schema that is no object.
    pub(super) kind: Vec<Part>,
    pub(super) fields: Vec<Field>,
}

/// The alternatives of a schema; most have one.
pub(super) fn shapes(schema: &Value) -> Vec<Shape> {
    let fields = fields(schema);
    match schema["oneOf"].as_array() {
        Some(alternatives) if fields.is_empty() && schema["properties"].is_null() => {
            alternatives.iter().flat_map(shapes).collect()
        }
        _ => {
            let kind = if fields.is_empty() { kind_and_bounds(schema) } else { Vec::new() };
            vec![Shape { description: description(schema).to_owned(), kind, fields }]
        }
    }
}

/// The type with its constraints: `array of string; at most 20 items`.
pub(super) fn kind_and_bounds(schema: &Value) -> Vec<Part> {
    let mut parts = kind(schema);
    for bound in bounds(schema) {
        parts.push(Part::Text("; ".into()));
        parts.extend(bound);
    }
    parts
}

/// The type, such as `array of string or null`.
pub(super) fn kind(schema: &Value) -> Vec<Part> {
    if let Some(name) = component(schema) {
        return vec![Part::Schema(name.to_owned())];
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(alternatives) = schema[several].as_array() {
            // utoipa puts null first; it reads better last.
            let (nulls, others): (Vec<_>, Vec<_>) = alternatives.iter().partition(|schema| schema["type"] == "null");
            return joined(others.into_iter().chain(nulls).map(kind));
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if types.is_empty() {
        return vec![Part::Text("any value".into())];
    }
    let mut parts = joined(types.into_iter().map(|name| match name {
        "array" => [vec![Part::Text("array of ".into())], kind(&schema["items"])].concat(),
        name => vec![Part::Text(name.to_owned())],
    }));
    if let Some(format) = schema["format"].as_str().filter(|format| !format.starts_with("int")) {
        parts.push(Part::Text(format!(" ({format})")));
    }
    parts
}

fn joined(alternatives: impl Iterator<Item = Vec<Part>>) -> Vec<Part> {
    let mut parts = Vec::new();
    for (number, alternative) in alternatives.enumerate() {
        if number > 0 {
            parts.push(Part::Text(" or ".into()));
        }
        parts.extend(alternative);
    }
    parts
}

/// The constraints beyond the type.
fn bounds(schema: &Value) -> Vec<Vec<Part>> {
    let mut bounds = Vec::new();
    let number = |name: &str| schema[name].as_u64();
    for (least, most, unit) in
        [("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"), ("minimum", "maximum", "")]
    {
        let text = match (number(least), number(most)) {
            (None | Some(0), Some(most)) => format!("at most {most}{unit}"),
            (Some(least), Some(most)) => format!("{least} to {most}{unit}"),
            (Some(least), None) if least > 0 => format!("at least {least}{unit}"),
            _ => continue,
        };
        bounds.push(vec![Part::Text(text)]);
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(|value| vec![code(value)]);
        let mut parts = vec![Part::Text(if values.len() == 1 { "always ".into() } else { "one of ".into() })];
        for (number, value) in values.enumerate() {
            parts.extend((number > 0).then(|| Part::Text(", ".into())));
            parts.extend(value);
        }
        bounds.push(parts);
    }
    for (name, word) in [("pattern", "like "), ("default", "by default "), ("example", "such as ")] {
        if !schema[name].is_null() {
            bounds.push(vec![Part::Text(word.into()), code(&schema[name])]);
        }
    }
    bounds
}

/// A JSON value; a string without its quotes.
fn code(value: &Value) -> Part {
    Part::Code(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// The description of a schema, or of its first described alternative.
fn description(schema: &Value) -> &str {
    if let Some(text) = schema["description"].as_str() {
        return text;
    }
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    alternatives.filter_map(|schema| schema["description"].as_str()).next().unwrap_or_default()
}

/// Every field of the schema, without those of schemas that it names.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    collect(schema, "", &mut found);
    found
}

fn collect(schema: &Value, prefix: &str, found: &mut Vec<Field>) {
    for (name, schema_of_field) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = schema["required"].as_array().is_some_and(|names| names.iter().any(|other| other == name));
        let name = format!("{prefix}{name}");
        found.push(Field {
            name: name.clone(),
            is_required,
            kind: kind_and_bounds(schema_of_field),
            description: description(schema_of_field).to_owned(),
        });
        collect(schema_of_field, &format!("{name}."), found);
        collect(&schema_of_field["items"], &format!("{name}[]."), found);
    }
}

pub(super) fn component(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(PREFIX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(parts: &[Part]) -> String {
        parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Code(text) => format!("`{text}`"),
                Part::Schema(name) => format!("[{name}]"),
            })
            .collect()
    }

    #[test]
    fn a_schema_reads_as_a_sentence() {
        for (schema, text) in [
            (json!({"$ref": "#/components/schemas/Role"}), "[Role]"),
            (json!({"type": ["string", "null"], "maxLength": 5}), "string or null; at most 5 characters"),
            (json!({"type": "array", "items": {"$ref": "#/components/schemas/Role"}}), "array of [Role]"),
            (json!({"oneOf": [{"type": "null"}, {"type": "integer", "format": "int64"}]}), "integer or null"),
            (json!({"type": "string", "enum": ["a", "b"], "default": "a"}), "string; one of `a`, `b`; by default `a`"),
            (json!({}), "any value"),
        ] {
            assert_eq!(words(&kind_and_bounds(&schema)), text);
        }
    }

    #[test]
    fn nested_fields_have_their_path() {
        let schema = json!({"properties": {"items": {"type": "array", "items": {"properties": {"id": {}}}}}});
        let names: Vec<_> = fields(&schema).into_iter().map(|field| field.name).collect();
        assert_eq!(names, ["items", "items[].id"]);
    }
}
