//! The forms of the page: the request for access, and the policy for members.

use crate::control::console::confirmation::Confirmation;
use crate::control::console::form_field::{Choice, Control, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::access_request_summary::USE_CASES;

/// Values of the policy for members.
pub(super) const ALLOWED: &str = "allowed";
pub(super) const NOT_ALLOWED: &str = "not_allowed";

/// A form of the page that is shown again.
pub(super) enum Refused<'f> {
    Ask(Form<'f>),
    /// The policy for members, a switch, or the withdrawal of a request.
    Other(Form<'f>),
    /// The policy for members, which takes something away.
    Confirm(Form<'f>, Confirmation),
}

pub(super) struct AskFields {
    pub(super) start_on: Field,
    pub(super) use_cases: Field,
    pub(super) other: Field,
    pub(super) privacy_policy: Field,
}

impl AskFields {
    pub(super) fn new(visit: &Visit, form: &mut Form<'_>) -> Self {
        let choices = USE_CASES.iter().map(|(word, message)| Choice::new(*word, visit.t(message))).collect();
        Self {
            start_on: form.date("start_on", "access-start").required(),
            use_cases: form.checkboxes("use_cases", "access-uses", choices),
            other: form.line("other", "access-other"),
            privacy_policy: form.field("privacy_policy", "access-policy", Control::Input("url")).autocomplete("url"),
        }
    }
}

pub(super) fn policy_choices(visit: &Visit) -> Vec<Choice> {
    vec![
        Choice::new(ALLOWED, visit.t("access-members-allowed")),
        Choice::new(NOT_ALLOWED, visit.t("access-members-not-allowed")),
    ]
}
