//! A sentence as a page shows it: in the language of the reader, or marked as English.

use std::fmt;

use askama::filters::HtmlSafe;

use super::view::View;
use crate::control::Sentence;

/// Written into a template as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wording {
    /// Before the sentence; empty where it stands alone.
    subject: String,
    text: String,
    /// Pages in another language mark it, so that screen readers pronounce it right.
    is_foreign: bool,
}

impl Wording {
    pub(super) fn new(v: &View, sentence: &Sentence) -> Self {
        let is_foreign = matches!(sentence, Sentence::Untranslated(_)) && !v.language.is_english();
        Self { subject: String::new(), text: v.language.sentence(sentence), is_foreign }
    }

    /// With a capital letter. A message of the console is a whole sentence already, and may begin with a name.
    pub(super) fn capitalised(v: &View, sentence: &Sentence) -> Self {
        let wording = Self::new(v, sentence);
        match sentence {
            Sentence::Localized(_) => wording,
            _ => Self { text: capitalised(&wording.text), ..wording },
        }
    }

    /// With a capital letter and a full stop.
    pub(super) fn full(v: &View, sentence: &Sentence) -> Self {
        let mut wording = Self::capitalised(v, sentence);
        if wording.text.ends_with(char::is_alphanumeric) {
            wording.text.push('.');
        }
        wording
    }

    /// Behind a subject.
    pub(super) fn behind(v: &View, subject: &str, fault: &Sentence) -> Self {
        Self { subject: subject.to_owned(), ..Self::new(v, fault) }
    }

    /// Behind the label of its field, unless it is a sentence of its own.
    pub(super) fn of_field(v: &View, label: &str, fault: &Sentence) -> Self {
        let wording = Self::new(v, fault);
        let is_predicate = match fault.message() {
            // Other scripts have no lower case.
            Some(_) => is_predicate(&fault.to_string()),
            None => is_predicate(&wording.text),
        };
        if is_predicate { Self { subject: label.to_owned(), ..wording } } else { wording }
    }
}

fn is_predicate(text: &str) -> bool {
    text.starts_with(char::is_lowercase)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl fmt::Display for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = |text| askama::filters::escape(text, askama::filters::Html).map_err(|_| fmt::Error);
        if !self.subject.is_empty() {
            write!(f, "{} ", escape(&self.subject)?)?;
        }
        let text = escape(&self.text)?;
        if self.is_foreign { write!(f, "<span lang=\"en\">{text}</span>") } else { write!(f, "{text}") }
    }
}

impl HtmlSafe for Wording {}
