//! Faults of decoding, in words for people who edit the file.

use std::fmt;

use serde::de::{Expected, Unexpected};

use super::Step;
use crate::config::suggest::{closest, unknown_key_in};
use crate::config::{Key, Origin};

/// A fault that collects its path while it propagates.
#[derive(Debug)]
pub(super) struct DecodeError {
    pub(super) steps: Vec<Step>,
    pub(super) origin: Option<Origin>,
    pub(super) problem: String,
    pub(super) hint: Option<String>,
    pub(super) about: About,
}

/// What a fault refers to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum About {
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
    /// For a key of the mapping at `section`, in a document with the keys `paths`. The key may be a secret.
    pub(super) fn of_key(self, key: &Key, section: &str, paths: impl FnOnce() -> Vec<String>) -> Self {
        let About::Unknown(known) = self.about else {
            return Self { problem: format!("a key here {}", self.problem), about: About::Hidden, ..self };
        };
        let fault = unknown_key_in(section, key, known, paths);
        let about = if fault.path.is_empty() { About::Hidden } else { About::Written };
        Self { problem: fault.problem, hint: fault.hint, about, ..self }
    }

    pub(super) fn here(mut self, origin: &Origin) -> Self {
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }

    pub(super) fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
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
