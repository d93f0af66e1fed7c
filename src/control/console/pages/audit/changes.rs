//! What an operation has changed.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A field that an operation has set, changed or removed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) field: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// What differs between two JSON objects, by field.
pub(super) fn changes(before: Option<&str>, after: Option<&str>) -> Vec<Change> {
    let (before, after) = (object(before), object(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let is_changed = |name: &&String| before.get(*name) != after.get(*name);
    let value = |object: &Map<String, Value>, name: &str| object.get(name).and_then(shown);
    let change =
        |name: &String| Change { field: name.clone(), before: value(&before, name), after: value(&after, name) };
    // What is null or empty on both sides says nothing.
    let is_empty = |change: &Change| change.before.is_none() && change.after.is_none();
    names.into_iter().filter(is_changed).map(change).filter(|change| !is_empty(change)).collect()
}

fn object(text: Option<&str>) -> Map<String, Value> {
    match text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))) {
        Some(Value::Object(object)) => object,
        None => Map::new(),
        // Of a newer version.
        Some(other) => Map::from_iter([(String::new(), other)]),
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            Some(items.iter().filter_map(shown).collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown() {
        let change = |field: &str, before: Option<&str>, after: Option<&str>| Change {
            field: field.into(),
            before: before.map(Into::into),
            after: after.map(Into::into),
        };
        let (before, after) = (r#"{"a":1,"b":null,"c":["x","y"],"d":true}"#, r#"{"a":1,"b":"<b>","c":[],"e":{"f":2}}"#);
        let expected = [
            change("b", None, Some("<b>")),
            change("c", Some("x, y"), None),
            change("d", Some("true"), None),
            change("e", None, Some(r#"{"f":2}"#)),
        ];
        assert_eq!(changes(Some(before), Some(after)), expected);
        assert_eq!(changes(None, Some(r#"{"a":1,"b":null}"#)), [change("a", None, Some("1"))]);
        assert_eq!(changes(None, None), []);
    }

    #[test]
    fn junk_in_a_row_is_shown_as_it_is() {
        for junk in ["", "[", "3", "\"x\"", "\u{0}"] {
            assert!(changes(Some(junk), None).len() <= 1, "{junk:?}");
        }
    }
}
