//! How a new secret gets to its user: the choice in forms, and the page after it.

use axum::response::IntoResponse;

use super::field_texts;
use super::paths::path_of;
use super::secret;
use crate::control::Sentence;
use crate::control::console::form_field::{Choice, Field};
use crate::control::console::form_state::Form;
use crate::control::console::page::Answer;
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Reader;
use crate::control::operations::{Created, Deliver, Invalid, PlainSecret, may_send_secret, may_show_secret};

const SEND: &str = "send";
const SHOW: &str = "show";
const FIELD: &str = "deliver";

/// The choice, or the one way there is.
pub(super) enum DeliveryChoice {
    Both(Box<Field>),
    Send,
    Show,
}

impl DeliveryChoice {
    pub(super) fn new(visit: &Visit, form: &mut Form<'_>) -> Self {
        let context = visit.context();
        match (may_send_secret(&context), may_show_secret(&context)) {
            (true, true) => {
                let choice =
                    |value: &str, label: &str, hint: &str| Choice::new(value, visit.t(label)).hint(visit.t(hint));
                let choices = vec![
                    choice(SEND, "credentials-deliver-send", "credentials-deliver-send-hint"),
                    choice(SHOW, "credentials-deliver-show", "credentials-deliver-show-hint"),
                ];
                let field = form.radios(FIELD, "credentials-deliver", choices).preset(SEND).required();
                Self::Both(Box::new(field))
            }
            (true, false) => Self::Send,
            (false, _) => Self::Show,
        }
    }

    /// A secret may be sent.
    pub(super) fn may_send(&self) -> bool {
        !matches!(self, Self::Show)
    }

    /// A password may be chosen.
    pub(super) fn may_show(&self) -> bool {
        !matches!(self, Self::Send)
    }
}

/// What was chosen; `None` where the form has no choice.
pub(super) fn read(visit: &Visit, reader: &mut Reader<'_>, faults: &mut Invalid) -> Option<Deliver> {
    match reader.text(FIELD) {
        "" => None,
        SEND => Some(Deliver::Send),
        SHOW => Some(Deliver::Show),
        _ => {
            faults.add(FIELD, Sentence::Localized(visit.t("credentials-fault-choose")));
            None
        }
    }
}

/// The secret, once; or the page of the credential, where it was sent. `heading` has the variable `$name`.
pub(super) fn after(visit: &Visit, created: &Created, heading: &str) -> Answer {
    match created.secret {
        PlainSecret::Sent => {
            let (path, title) = (path_of(&created.record.id), field_texts::title(&created.record));
            visit.done(&path, "done-credential-sent", title).map(IntoResponse::into_response)
        }
        PlainSecret::Token(_) | PlainSecret::Password(_) | PlainSecret::Chosen => secret::show(visit, created, heading),
    }
}
