//! One field of a form: label, hint, fault and control belong together.

use askama::Template;
use askama::filters::HtmlSafe;

use super::wording::Wording;

/// Written into a template as it is: `{{ name }}`.
#[derive(Template)]
#[template(path = "field.html")]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) control: Control,
    pub(super) label: String,
    pub(super) hint: Option<String>,
    pub(super) fault: Option<Wording>,
    pub(super) value: String,
    /// The text before a value that another person has saved meanwhile, and the value.
    pub(super) present: Option<(String, String)>,
    pub(super) autocomplete: &'static str,
    pub(super) is_required: bool,
    /// The form was posted: `value` is the person's.
    pub(super) is_posted: bool,
    /// The form is stale: a value that differs from the stored one is shown with it.
    pub(super) present_words: Option<PresentWords>,
}

/// How the stored value stands beside the posted one.
#[derive(Debug, Clone)]
pub(super) struct PresentWords {
    /// Before the value.
    pub(super) label: String,
    pub(super) empty: String,
    /// Of a checkbox.
    pub(super) checked: String,
    pub(super) unchecked: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Control {
    /// The `type` of an `input`.
    Input(&'static str),
    /// Number of rows.
    Area(u8),
    Select(Vec<Choice>),
    /// One of several.
    Radios(Vec<Choice>),
    /// Any of several.
    Checkboxes(Vec<Choice>),
    /// Yes or no; the label stands behind it.
    Checkbox {
        is_checked: bool,
    },
}

/// An option of a select, a radio button or a checkbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) hint: Option<String>,
    pub(super) is_chosen: bool,
}

impl Choice {
    pub(super) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None, is_chosen: false }
    }

    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Field {
    /// The stored value, or the one to begin with. What was posted stays.
    #[must_use]
    pub(super) fn value(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        if self.is_posted {
            if let Some(words) = self.present_words.as_ref().filter(|_| self.differs(&value)) {
                self.present = Some((words.label.clone(), self.in_words(words, value)));
            }
            return self;
        }
        match &mut self.control {
            Control::Select(choices) | Control::Radios(choices) | Control::Checkboxes(choices) => {
                for choice in choices {
                    choice.is_chosen |= choice.value == value;
                }
            }
            Control::Checkbox { is_checked } => *is_checked = !value.is_empty(),
            Control::Input(_) | Control::Area(_) => {}
        }
        Self { value, ..self }
    }

    fn differs(&self, stored: &str) -> bool {
        match &self.control {
            Control::Checkbox { is_checked } => *is_checked == stored.is_empty(),
            _ => stored != self.value,
        }
    }

    /// As the page shows it: of a choice, its label.
    fn in_words(&self, words: &PresentWords, stored: String) -> String {
        let choices: &[Choice] = match &self.control {
            Control::Checkbox { .. } if stored.is_empty() => return words.unchecked.clone(),
            Control::Checkbox { .. } => return words.checked.clone(),
            Control::Select(choices) | Control::Radios(choices) | Control::Checkboxes(choices) => choices,
            Control::Input(_) | Control::Area(_) => &[],
        };
        match choices.iter().find(|choice| choice.value == stored) {
            Some(choice) => choice.label.clone(),
            None if stored.is_empty() => words.empty.clone(),
            None => stored,
        }
    }

    /// A value to begin with that is not stored.
    #[must_use]
    pub(super) fn preset(self, value: impl Into<String>) -> Self {
        Self { present: None, ..self.value(value) }
    }

    /// The token of the HTML attribute, such as `email` or `new-password`.
    #[must_use]
    pub(super) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    #[must_use]
    pub(super) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// A phone shows digits to type.
    fn is_code(&self) -> bool {
        self.autocomplete == "one-time-code"
    }

    /// The ids of what describes the control.
    fn described_by(&self) -> String {
        let ids = [("hint", self.hint.is_some()), ("fault", self.fault.is_some()), ("present", self.present.is_some())];
        let ids = ids.iter().filter(|(_, is_there)| *is_there).map(|(part, _)| format!("{}-{part}", self.name));
        ids.collect::<Vec<_>>().join(" ")
    }
}

impl HtmlSafe for Field {}
