//! A form on its page: empty, or with what was posted and what is wrong with it.

use std::fmt;

use askama::filters::HtmlSafe;
use axum::http::StatusCode;
use jiff::Timestamp;

use super::form_field::{Choice, Control, Field, PresentWords};
use super::posted_form::{Fields, ONCE, Posted, REVISION, is_secret};
use super::view::View;
use super::wording::Wording;
use crate::control::Sentence;
use crate::control::web::problem::{Code, FieldProblem, Problem};
use crate::credential::PlainLinkToken;

/// Makes the fields of one form. As `{{ form }}` within `<form>` it writes the hidden fields.
pub(super) struct Form<'f> {
    view: &'f View,
    posted: Option<&'f Fields>,
    faults: Vec<FieldProblem>,
    /// Sentences that stand at a field without its label.
    at_fields: Vec<(&'static str, Sentence)>,
    /// What is wrong, but with no field.
    detail: Option<Sentence>,
    /// In seconds.
    retry_after: Option<u32>,
    status: StatusCode,
    is_stale: bool,
    once: String,
    revision: Option<i64>,
    /// Names and labels of the fields made so far.
    labels: Vec<(&'static str, String)>,
}

impl<'f> Form<'f> {
    pub(super) fn new(view: &'f View) -> Self {
        Self {
            view,
            posted: None,
            faults: Vec::new(),
            at_fields: Vec::new(),
            detail: None,
            retry_after: None,
            status: StatusCode::OK,
            is_stale: false,
            once: PlainLinkToken::mint().map(|token| token.reveal().to_owned()).unwrap_or_default(),
            revision: None,
            labels: Vec::new(),
        }
    }

    /// A form that was refused, to be shown again.
    ///
    /// # Errors
    /// The problem, where correcting the form does not help: the error page shows it then.
    pub(super) fn refused(view: &'f View, posted: &'f Posted, problem: Problem) -> Result<Self, Problem> {
        let is_stale = problem.code == Code::Stale;
        let status = match problem.code {
            Code::Stale => StatusCode::CONFLICT,
            Code::Invalid | Code::SignInFailed => StatusCode::UNPROCESSABLE_ENTITY,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            code if code.status() == StatusCode::CONFLICT && code != Code::IdempotencyKeyBusy => StatusCode::CONFLICT,
            _ => return Err(problem),
        };
        let (revision, retry_after) = (posted.revision, problem.retry_after);
        let detail = problem.fields.is_empty().then_some(*problem.detail);
        Ok(Self {
            posted: Some(&posted.fields),
            faults: problem.fields,
            detail,
            retry_after,
            status,
            is_stale,
            revision,
            ..Self::new(view)
        })
    }

    /// A form with what was posted, of which nothing is refused and nothing has taken effect: a button has changed a field.
    pub(super) fn again(view: &'f View, posted: &'f Posted) -> Self {
        Self {
            posted: Some(&posted.fields),
            status: StatusCode::UNPROCESSABLE_ENTITY,
            revision: posted.revision,
            ..Self::new(view)
        }
    }

    /// Puts a fault that belongs to no field at this one.
    #[must_use]
    pub(super) fn at(mut self, field: &'static str) -> Self {
        if let Some(detail) = self.detail.take() {
            self.at_fields.push((field, detail));
        }
        self
    }

    /// Moves the faults of one field to another: the operation has another name for it.
    #[must_use]
    pub(super) fn renamed(mut self, from: &str, to: &'static str) -> Self {
        for fault in self.faults.iter_mut().filter(|fault| fault.field == from) {
            fault.field = to.into();
        }
        self
    }

    /// Without faults at fields, which this page does not have.
    #[must_use]
    pub(super) fn without_fields(mut self) -> Self {
        self.faults.clear();
        self.at_fields.clear();
        self
    }

    /// Replaces the words of a fault that belongs to no field.
    #[must_use]
    pub(super) fn detail(self, text: String) -> Self {
        Self { detail: Some(Sentence::Localized(text)), ..self }
    }

    /// The revision of what the form changes.
    #[must_use]
    pub(super) fn revision(mut self, current: i64) -> Self {
        // What was posted stays until the person has seen that it is stale.
        if self.is_stale || self.revision.is_none() {
            self.revision = Some(current);
        }
        self
    }

    /// Says who has changed it meanwhile, where the form is stale.
    #[must_use]
    pub(super) fn changed(mut self, by: Option<(String, Timestamp)>) -> Self {
        if self.is_stale {
            self.detail = Some(Sentence::Localized(match by {
                Some((name, at)) => {
                    self.view.t2("form-stale-by", ("name", &name), ("time", &self.view.date_and_time(&at)))
                }
                None => self.view.t("form-stale"),
            }));
        }
        self
    }

    /// One line of text. `label` is a message; its attribute `.hint`, if there is one, becomes the hint.
    pub(super) fn line(&mut self, name: &'static str, label: &str) -> Field {
        self.field(name, label, Control::Input("text"))
    }

    pub(super) fn email(&mut self, name: &'static str, label: &str) -> Field {
        self.field(name, label, Control::Input("email"))
    }

    /// Never filled in. The name begins with `password`.
    pub(super) fn password(&mut self, name: &'static str, label: &str) -> Field {
        self.field(name, label, Control::Input("password"))
    }

    /// `YYYY-MM-DD`
    pub(super) fn date(&mut self, name: &'static str, label: &str) -> Field {
        self.field(name, label, Control::Input("date"))
    }

    pub(super) fn area(&mut self, name: &'static str, label: &str) -> Field {
        self.field(name, label, Control::Area(3))
    }

    pub(super) fn checkbox(&mut self, name: &'static str, label: &str) -> Field {
        let is_checked = self.posted.is_some_and(|posted| posted.get(name).is_some());
        self.field(name, label, Control::Checkbox { is_checked })
    }

    pub(super) fn select(&mut self, name: &'static str, label: &str, choices: Vec<Choice>) -> Field {
        let choices = self.chosen(name, choices);
        self.field(name, label, Control::Select(choices))
    }

    pub(super) fn radios(&mut self, name: &'static str, label: &str, choices: Vec<Choice>) -> Field {
        let choices = self.chosen(name, choices);
        self.field(name, label, Control::Radios(choices))
    }

    pub(super) fn checkboxes(&mut self, name: &'static str, label: &str, choices: Vec<Choice>) -> Field {
        let choices = self.chosen(name, choices);
        self.field(name, label, Control::Checkboxes(choices))
    }

    fn chosen(&self, name: &str, mut choices: Vec<Choice>) -> Vec<Choice> {
        if let Some(posted) = self.posted {
            for choice in &mut choices {
                choice.is_chosen = posted.all(name).any(|value| value == choice.value);
            }
        }
        choices
    }

    /// Any control.
    pub(super) fn field(&mut self, name: &'static str, label: &str, control: Control) -> Field {
        let text = self.view.t(label);
        self.labels.push((name, text.clone()));
        let posted = self.posted.and_then(|posted| posted.get(name)).filter(|_| !is_secret(name));
        let fault = self.faults.iter().find(|fault| is_at(&fault.field, name));
        let fault = fault.map(|fault| Wording::of_field(self.view, &text, &fault.problem));
        let sentence = self.at_fields.iter().find(|(field, _)| *field == name);
        let sentence = sentence.map(|(_, sentence)| Wording::capitalised(self.view, sentence));
        Field {
            name,
            control,
            hint: self.view.find(&format!("{label}.hint")),
            fault: fault.or(sentence),
            label: text,
            value: posted.unwrap_or_default().to_owned(),
            present: None,
            autocomplete: "off",
            is_required: false,
            is_posted: self.posted.is_some() && !is_secret(name),
            present_words: self.is_stale.then(|| PresentWords {
                label: self.view.t("form-present"),
                empty: self.view.t("form-present-empty"),
                checked: self.view.t("form-present-checked"),
                unchecked: self.view.t("form-present-unchecked"),
            }),
        }
    }

    pub(super) fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// It was posted and is shown again.
    pub(super) fn is_refused(&self) -> bool {
        self.posted.is_some()
    }

    /// For the error summary: the anchor of the field, if there is one, and the fault.
    pub(super) fn summary(&self) -> Vec<(Option<&'static str>, Wording)> {
        let of_field = |fault: &FieldProblem| match self.labels.iter().find(|(name, _)| is_at(&fault.field, name)) {
            Some((name, label)) => (Some(*name), Wording::of_field(self.view, label, &fault.problem)),
            None => (None, Wording::of_field(self.view, &fault.field, &fault.problem)),
        };
        let detail = self.detail.iter().map(|detail| (None, Wording::capitalised(self.view, detail)));
        let at_field = |(field, sentence): &(&'static str, Sentence)| {
            let is_there = self.labels.iter().any(|(name, _)| name == field);
            (is_there.then_some(*field), Wording::capitalised(self.view, sentence))
        };
        detail.chain(self.faults.iter().map(of_field)).chain(self.at_fields.iter().map(at_field)).collect()
    }
}

/// `addresses[2]` is at `addresses`.
fn is_at(fault: &str, name: &str) -> bool {
    fault.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
}

impl fmt::Display for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<input type=\"hidden\" name=\"{ONCE}\" value=\"{}\">", self.once)?;
        match self.revision {
            Some(revision) => write!(f, "<input type=\"hidden\" name=\"{REVISION}\" value=\"{revision}\">"),
            None => Ok(()),
        }
    }
}

impl HtmlSafe for Form<'_> {}
