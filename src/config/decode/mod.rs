//! Decodes a tree of [`Node`]s with serde without stopping at the first fault: a faulty value is reported and removed,
//! and decoding starts again.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::suggest::{closest, suggested_path, unknown_key};
use super::{Diagnostic, Diagnostics, Key, Node, Origin, Value};

const MAX_FAULTS: usize = 100;

/// A value that is decoded as a whole. Its keys must have a value, because an emptied restriction, such as a list whose
/// lines are commented out, must not open anything.
pub trait Document: DeserializeOwned {
    /// Keys that `null` switches off. A path of keys, with `*` for the names of a mapping; elements of lists add nothing.
    const NULLABLE: &'static [&'static str] = &[];
    /// Lists that permit nothing when they are empty.
    const MAY_BE_EMPTY: &'static [&'static str] = &[];
}

/// Keys whose absence permits more than any value.
const RESTRICTIONS: [&str; 15] = [
    "accounts",
    "addresses",
    "body_bytes",
    "body_time",
    "burst",
    "ca",
    "client_ca",
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

/// A fault that collects its path while it propagates.
#[derive(Debug)]
struct DecodeError {
    steps: Vec<Step>,
    origin: Option<Origin>,
    problem: String,
    hint: Option<String>,
    about: About,
}

/// What a fault refers to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    /// A value.
    Written,
    /// A missing key.
    Missing(&'static str),
    /// A key that is not one of these.
    Unknown(&'static [&'static str]),
    /// A key that a fault must not repeat.
    Hidden,
    /// A duplicate key.
    Duplicate,
}

impl DecodeError {
    /// The key may be a secret.
    fn of_key(self, key: &Key) -> Self {
        let About::Unknown(known) = self.about else {
            return Self { problem: format!("a key here {}", self.problem), about: About::Hidden, ..self };
        };
        let fault = unknown_key(key, known);
        let about = if fault.path.is_empty() { About::Hidden } else { About::Written };
        Self { problem: fault.problem, hint: fault.hint, about, ..self }
    }

    fn here(mut self, origin: &Origin) -> Self {
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }

    fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for DecodeError {}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { steps: Vec::new(), origin: None, problem: message.to_string(), hint: None, about: About::Written }
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        let expected = describe(expected);
        let found = kind(&found);
        let error = Self::custom(format!("must be {expected}, not {found}"));
        let quotable = matches!(found, "a number" | "true or false");
        if expected == "text" && quotable { error.hint("put it in quotes") } else { error }
    }

    fn invalid_value(_: Unexpected, expected: &dyn Expected) -> Self {
        Self::custom(format!("must be {}", describe(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { about: About::Missing(field), ..Self::custom("is missing") }
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        let error = Self::custom(format!("must be one of {}", known.join(", ")));
        match closest(variant, known) {
            Some(name) => error.hint(format!("did you mean {name}?")),
            None => error,
        }
    }

    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        Self { about: About::Unknown(known), ..Self::custom("is not a known key") }
    }
}

fn describe(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" | "a borrowed string" | "path string" => "text".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a map" => "a mapping".into(),
        "u8" | "u16" | "u32" | "u64" | "usize" | "a nonzero u16" | "a nonzero u32" | "a nonzero usize" => {
            "a whole number".into()
        }
        other if other.starts_with("struct ") => "a mapping".into(),
        other => other.to_owned(),
    }
}

fn kind(found: &Unexpected) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::Bytes(_) => "text",
        Unexpected::Unit | Unexpected::Option => "empty",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a mapping",
        _ => "this",
    }
}

/// The keys that lead to a value.
struct Path<'p> {
    nullable: &'static [&'static str],
    may_be_empty: &'static [&'static str],
    key: &'p str,
    parent: Option<&'p Path<'p>>,
}

impl<'p> Path<'p> {
    fn root<T: Document>() -> Self {
        Self { nullable: T::NULLABLE, may_be_empty: T::MAY_BE_EMPTY, key: "", parent: None }
    }

    fn key(&'p self, key: &'p str) -> Self {
        Self { nullable: self.nullable, may_be_empty: self.may_be_empty, key, parent: Some(self) }
    }

    fn is_one_of(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.matches(pattern))
    }

    fn matches(&self, pattern: &str) -> bool {
        let (before, last) = pattern.rsplit_once('.').unwrap_or(("", pattern));
        match self.parent {
            None => pattern.is_empty(),
            Some(parent) => !pattern.is_empty() && (last == "*" || last == self.key) && parent.matches(before),
        }
    }
}

struct NodeDeserializer<'n> {
    node: &'n Node,
    path: &'n Path<'n>,
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let outcome = match &self.node.value {
            Value::Null | Value::Removed => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items { items, path: self.path, next: 0 }),
            Value::Map(entries) => visitor.visit_map(Entries { entries, path: self.path, next: 0 }),
        };
        outcome.map_err(|error| error.here(&self.node.origin))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A derived struct would accept a list too, with fields by position.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::List(_) => Err(DecodeError::invalid_type(Unexpected::Seq, &visitor).here(&self.node.origin)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let outcome = match &self.node.value {
            Value::Text(text) => visitor.visit_enum(Variant(text)),
            _ => Err(DecodeError::custom(format!("must be one of {}", variants.join(", ")))),
        };
        outcome.map_err(|error| error.here(&self.node.origin))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'n> {
    items: &'n [Node],
    path: &'n Path<'n>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        while let Some(item) = self.items.get(self.next) {
            let index = self.next;
            self.next += 1;
            if item.value != Value::Removed {
                let value = seed.deserialize(NodeDeserializer { node: item, path: self.path });
                return value.map(Some).map_err(|error| error.here(&item.origin).within(Step::Index(index)));
            }
        }
        Ok(None)
    }
}

struct Entries<'n> {
    entries: &'n [(Key, Node)],
    path: &'n Path<'n>,
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, _)) = self.entries.get(self.next) else { return Ok(None) };
        let name: StrDeserializer<DecodeError> = key.name.as_str().into_deserializer();
        let value = seed.deserialize(name).map_err(|error| error.of_key(key).here(&key.origin));
        let value = value.and_then(|value| self.only_once(key).map(|()| Some(value)));
        value.map_err(|error| error.within(Step::Key(key.name.clone())))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some((key, value)) = self.entries.get(self.next) else {
            return Err(DecodeError::custom("has a key without a value"));
        };
        self.next += 1;
        let path = self.path.key(&key.name);
        let is_empty = match &value.value {
            Value::Null => !path.is_one_of(path.nullable),
            Value::List(items) => items.is_empty() && !path.is_one_of(path.may_be_empty),
            _ => false,
        };
        if is_empty {
            let Diagnostic { origin, problem, hint, .. } = empty(key.origin.clone(), "", &key.name);
            let error = DecodeError { hint, ..DecodeError::custom(problem) };
            return Err(error.here(&origin).within(Step::Key(key.name.clone())));
        }
        let outcome = seed.deserialize(NodeDeserializer { node: value, path: &path });
        outcome.map_err(|error| error.here(&value.origin).within(Step::Key(key.name.clone())))
    }
}

impl Entries<'_> {
    /// Reports a later duplicate of the key.
    fn only_once(&self, key: &Key) -> Result<(), DecodeError> {
        let behind = self.entries.iter().skip(self.next + 1);
        match behind.map(|(other, _)| other).find(|other| other.name == key.name) {
            Some(again) => {
                let error = DecodeError::custom(format!("is a duplicate of the key at {}", key.origin));
                Err(DecodeError { about: About::Duplicate, ..error.here(&again.origin) })
            }
            None => Ok(()),
        }
    }
}

struct Variant<'n>(&'n str);

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = DecodeError;
    type Variant = UnitOnly;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, UnitOnly), DecodeError> {
        let name: StrDeserializer<DecodeError> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, UnitOnly))
    }
}

struct UnitOnly;

impl<'de> VariantAccess<'de> for UnitOnly {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, DecodeError> {
        Err(DecodeError::custom("must be a single word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom("must be a single word"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::custom("must be a single word"))
    }
}
