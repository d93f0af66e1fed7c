//! Parses the fields of a body or query, and reports every fault at once.

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::control::Sentence;
use crate::control::operations::{Invalid, Patch};
use crate::credential::Label;

/// Tells null (`Some(None)`) from a field that is left out (`None`, by `#[serde(default)]`).
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    field: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// For optional fields whose absence lifts a restriction: null is refused, so that an empty variable of a program does not
/// lift it by mistake. Needs `#[serde(default)]`.
pub(super) fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

pub(super) fn patch<T, U>(given: Option<Option<T>>, read: impl FnOnce(T) -> Option<U>) -> Patch<U> {
    match given {
        None => Patch::Keep,
        Some(None) => Patch::Clear,
        // `read` has reported the fault.
        Some(Some(value)) => read(value).map_or(Patch::Keep, Patch::Set),
    }
}

#[derive(Default)]
pub(super) struct FieldReader(Invalid);

impl FieldReader {
    /// # Errors
    /// With every fault that was found.
    pub(super) fn finish(self) -> Result<(), Invalid> {
        self.0.into_result()
    }

    pub(super) fn label(&mut self, field: &'static str, text: &str) -> Option<Label> {
        text.parse().map_err(|error: crate::credential::LabelError| self.0.add(field, error.into())).ok()
    }

    pub(super) fn optional_label(&mut self, field: &'static str, text: Option<&str>) -> Option<Label> {
        text.and_then(|text| self.label(field, text))
    }

    pub(super) fn labels(&mut self, field: &'static str, texts: &[String], max: usize) -> Vec<Label> {
        if texts.len() > max {
            self.0.add(field, Sentence::english(format!("has more than {max} entries")));
            return Vec::new();
        }
        texts.iter().filter_map(|text| self.label(field, text)).collect()
    }

    /// The labels of a restriction: an empty list is a fault, because it would lift it.
    pub(super) fn some_labels(&mut self, field: &'static str, texts: &[String], max: usize) -> Vec<Label> {
        self.not_empty(field, texts);
        self.labels(field, texts, max)
    }

    fn not_empty(&mut self, field: &'static str, texts: &[String]) {
        if texts.is_empty() {
            self.0.add(field, Sentence::EmptyRestriction);
        }
    }

    /// At most `max` characters.
    pub(super) fn line(&mut self, field: &'static str, text: Option<String>, max: usize) -> Option<String> {
        let text = self.bounded(field, text, max)?;
        if text.chars().any(char::is_control) {
            self.0.add(field, Sentence::ControlCharacters);
        }
        Some(text)
    }

    /// Like [`FieldReader::line`], with line breaks and tabs.
    pub(super) fn lines(&mut self, field: &'static str, text: Option<String>, max: usize) -> Option<String> {
        let text = self.bounded(field, text, max)?;
        if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
            self.0.add(field, Sentence::ControlCharacters);
        }
        Some(text)
    }

    pub(super) fn word<T: Copy>(
        &mut self,
        field: &'static str,
        text: Option<&str>,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = text?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let allowed: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.0.add(field, Sentence::english(format!("must be one of {}", allowed.join(", "))));
        }
        found
    }

    /// RFC 3339.
    pub(super) fn timestamp(&mut self, field: &'static str, text: Option<&str>) -> Option<Timestamp> {
        let time = text?.parse();
        time.map_err(|_| self.0.add(field, Sentence::english("must be a time such as 2027-01-01T00:00:00Z (RFC 3339)")))
            .ok()
    }

    /// An empty list is a fault, because it would lift the restriction.
    pub(super) fn addresses(&mut self, field: &'static str, texts: &[String], max: usize) -> Vec<IpNet> {
        if texts.len() > max {
            self.0.add(field, Sentence::english(format!("has more than {max} entries")));
            return Vec::new();
        }
        self.not_empty(field, texts);
        let read =
            |text: &String| text.parse().ok().or_else(|| text.parse().ok().map(|one: std::net::IpAddr| one.into()));
        let mut ranges = Vec::with_capacity(texts.len());
        for text in texts {
            match read(text) {
                Some(range) => ranges.push(range),
                None => self
                    .0
                    .add(field, Sentence::english("must hold addresses or ranges, such as 192.0.2.7 or 10.0.0.0/8")),
            }
        }
        ranges
    }

    /// Adds the faults that an operation found in other fields.
    pub(super) fn merge(&mut self, found: Invalid) {
        for fault in found.0 {
            if !self.0.0.iter().any(|other| other.field == fault.field) {
                self.0.0.push(fault);
            }
        }
    }

    pub(super) fn add(&mut self, field: &'static str, problem: Sentence) {
        self.0.add(field, problem);
    }

    fn bounded(&mut self, field: &'static str, text: Option<String>, max: usize) -> Option<String> {
        let text = text?;
        if text.is_empty() {
            self.0.add(field, Sentence::english("must not be empty; leave it out"));
        } else if text.chars().count() > max {
            self.0.add(field, Sentence::TooLong { max: max.into() });
        }
        Some(text)
    }
}
