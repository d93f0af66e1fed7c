//! The deliveries of a webhook: their filter, and how far each has come in words.

use super::LIST;
use super::state_badge::stopped;
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::page_urls::page_of;
use crate::control::console::pages::url_params::word;
use crate::control::console::view::View;
use crate::control::operations::Invalid;
use crate::credential::Label;
use crate::store::{DeliveryRecord, DeliveryState, NotDelivered};

/// Words of the address, and the messages for them.
pub(super) const RESULTS: [(&str, DeliveryState, &str); 5] = [
    ("delivered", DeliveryState::Delivered, "webhooks-result-delivered"),
    ("failed", DeliveryState::Failed, "webhooks-result-failed"),
    ("waiting", DeliveryState::Waiting, "webhooks-result-waiting"),
    ("skipped", DeliveryState::Skipped, "webhooks-result-skipped"),
    ("dropped", DeliveryState::Dropped, "webhooks-result-dropped"),
];

/// One line of the list.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) delivery: DeliveryRecord,
    pub(super) progress: Progress,
}

/// How far a delivery has come.
pub(super) struct Progress {
    /// `on`, `wait` or `off`
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) text: String,
    /// What the newest attempt met, or why there was none.
    pub(super) detail: Option<String>,
}

impl Line {
    pub(super) fn new(visit: &Visit, delivery: DeliveryRecord) -> Self {
        let href = visit.url(&delivery_page(&delivery.webhook, &delivery.id));
        Self { href, progress: Progress::of(visit, &delivery), delivery }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.delivery.state == DeliveryState::Waiting
    }
}

impl Progress {
    pub(super) fn of(v: &View, delivery: &DeliveryRecord) -> Self {
        let (class, sign, text) = match delivery.state {
            DeliveryState::Waiting if delivery.is_sending(v.now) => ("wait", "…", "webhooks-result-sending"),
            DeliveryState::Waiting if delivery.replay_of.is_some() => ("wait", "…", "webhooks-result-replay"),
            DeliveryState::Waiting => ("wait", "…", "webhooks-result-waiting"),
            DeliveryState::Delivered => ("on", "✓", "webhooks-result-delivered"),
            DeliveryState::Failed => ("off", "✕", "webhooks-result-failed"),
            DeliveryState::Skipped => ("off", "–", "webhooks-result-skipped"),
            DeliveryState::Dropped => ("off", "–", "webhooks-result-dropped"),
        };
        Self { class, sign, text: v.t(text), detail: detail(v, delivery) }
    }
}

fn detail(v: &View, delivery: &DeliveryRecord) -> Option<String> {
    match delivery.state {
        DeliveryState::Delivered => None,
        DeliveryState::Skipped | DeliveryState::Dropped | DeliveryState::Failed if delivery.why.is_some() => {
            delivery.why.map(|why| v.t(not_delivered(why)))
        }
        DeliveryState::Waiting | DeliveryState::Skipped | DeliveryState::Dropped | DeliveryState::Failed => {
            let error = delivery.last_error.as_deref()?;
            Some(error_in_words(v, error, delivery.last_status))
        }
    }
}

/// A message.
fn not_delivered(why: NotDelivered) -> &'static str {
    match why {
        NotDelivered::Stopped(stop) => stopped(stop, None),
        NotDelivered::TooMany => "webhooks-why-too-many",
        NotDelivered::NotAllowed => "webhooks-why-not-allowed",
        NotDelivered::Gone => "webhooks-switched-off-gone",
        NotDelivered::Unreadable => "webhooks-why-unreadable",
    }
}

/// Why an attempt failed; the word itself where it is of another version.
pub(super) fn error_in_words(v: &View, error: &str, status: Option<u16>) -> String {
    let message = match error {
        "redirect_not_followed" => "webhooks-error-redirect",
        "address_not_public" => "webhooks-error-address",
        "name_not_found" => "webhooks-error-name",
        "connection_failed" => "webhooks-error-connection",
        "tls_failed" => "webhooks-error-tls",
        "timed_out" => "webhooks-error-time",
        "response_status" => return v.t1("webhooks-error-status", "status", &status.unwrap_or_default()),
        "destination_not_allowed" => "webhooks-error-not-allowed",
        other => return other.to_owned(),
    };
    v.t(message)
}

/// The state that a filter asks for.
pub(super) fn wanted_state(invalid: &mut Invalid, result: &str) -> Option<DeliveryState> {
    word(invalid, "result", result, &RESULTS.map(|(word, state, _)| (word, state)))
}

/// The page of a delivery.
pub(super) fn delivery_page(webhook: &Label, delivery: &Label) -> String {
    page_of(&format!("{}/deliveries", page_of(LIST, webhook)), delivery)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_can_be_filtered_by() {
        for state in DeliveryState::ALL {
            let mut invalid = Invalid::default();
            assert_eq!(wanted_state(&mut invalid, state.as_str()), Some(state));
            assert!(invalid.0.is_empty());
        }
        let mut invalid = Invalid::default();
        assert_eq!((wanted_state(&mut invalid, ""), invalid.0.len()), (None, 0));
        for junk in ["Failed", "x", "\u{0}"] {
            assert_eq!(wanted_state(&mut invalid, junk), None);
        }
        assert_eq!(invalid.0.len(), 3);
    }
}
