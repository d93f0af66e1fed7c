//! Fields as they are written, into what they mean. Every fault is found, not only the first.

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::control::operations::{Invalid, Patch};
use crate::credential::Label;

/// A field that was given, even as null; one that was left out stays `None` by default.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// What an edit says of a field.
pub(super) fn said<T, U>(given: Option<Option<T>>, read: impl FnOnce(T) -> Option<U>) -> Patch<U> {
    match given {
        None => Patch::Keep,
        Some(None) => Patch::Clear,
        // What cannot be read is among the faults.
        Some(Some(value)) => read(value).map_or(Patch::Keep, Patch::Set),
    }
}

/// Reads fields, and keeps what is wrong with them.
#[derive(Default)]
pub(super) struct Fields(Invalid);

impl Fields {
    /// # Errors
    /// Everything that was wrong.
    pub(super) fn finish(self) -> Result<(), Invalid> {
        self.0.into_result()
    }

    /// A label. One that is none gives a stand-in, which nobody gets to see.
    pub(super) fn label(&mut self, field: &'static str, text: &str) -> Option<Label> {
        text.parse().map_err(|error: crate::credential::LabelError| self.0.add(field, error.to_string())).ok()
    }

    /// One that may be left out.
    pub(super) fn maybe_label(&mut self, field: &'static str, text: Option<&str>) -> Option<Label> {
        text.and_then(|text| self.label(field, text))
    }

    /// Many of them.
    pub(super) fn labels(&mut self, field: &'static str, texts: &[String], most: usize) -> Vec<Label> {
        if texts.len() > most {
            self.0.add(field, format!("has more than {most} entries"));
            return Vec::new();
        }
        texts.iter().filter_map(|text| self.label(field, text)).collect()
    }

    /// One line of text.
    pub(super) fn line(&mut self, field: &'static str, text: Option<String>, most: usize) -> Option<String> {
        let text = self.fitting(field, text, most)?;
        if text.chars().any(char::is_control) {
            self.0.add(field, "holds control characters");
        }
        Some(text)
    }

    /// Some lines of text.
    pub(super) fn lines(&mut self, field: &'static str, text: Option<String>, most: usize) -> Option<String> {
        let text = self.fitting(field, text, most)?;
        if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
            self.0.add(field, "holds control characters");
        }
        Some(text)
    }

    /// One of these words.
    pub(super) fn word<T: Copy>(
        &mut self,
        field: &'static str,
        text: Option<&str>,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = text?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.0.add(field, format!("must be one of {}", known.join(", ")));
        }
        found
    }

    /// A moment (RFC 3339).
    pub(super) fn moment(&mut self, field: &'static str, text: Option<&str>) -> Option<Timestamp> {
        let moment = text?.parse();
        moment.map_err(|_| self.0.add(field, "must be a moment such as 2027-01-01T00:00:00Z (RFC 3339)")).ok()
    }

    /// Addresses and ranges of them.
    pub(super) fn addresses(&mut self, field: &'static str, texts: &[String], most: usize) -> Vec<IpNet> {
        if texts.len() > most {
            self.0.add(field, format!("has more than {most} entries"));
            return Vec::new();
        }
        let read =
            |text: &String| text.parse().ok().or_else(|| text.parse().ok().map(|one: std::net::IpAddr| one.into()));
        let mut ranges = Vec::with_capacity(texts.len());
        for text in texts {
            match read(text) {
                Some(range) => ranges.push(range),
                None => self.0.add(field, "must hold addresses or ranges, such as 192.0.2.7 or 10.0.0.0/8"),
            }
        }
        ranges
    }

    /// Adds what an operation finds wrong, but not twice of the same field.
    pub(super) fn merge(&mut self, found: Invalid) {
        for fault in found.0 {
            if !self.0.0.iter().any(|known| known.field == fault.field) {
                self.0.0.push(fault);
            }
        }
    }

    /// Something else that is wrong.
    pub(super) fn add(&mut self, field: &'static str, problem: impl Into<String>) {
        self.0.add(field, problem);
    }

    fn fitting(&mut self, field: &'static str, text: Option<String>, most: usize) -> Option<String> {
        let text = text?;
        if text.is_empty() {
            self.0.add(field, "must not be empty; leave it out");
        } else if text.chars().count() > most {
            self.0.add(field, format!("is longer than {most} characters"));
        }
        Some(text)
    }
}
