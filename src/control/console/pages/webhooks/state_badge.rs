//! The state of a webhook in words.

use askama::Template;
use jiff::Timestamp;

use crate::control::console::view::View;
use crate::control::views::FAILURES_UNTIL_OFF;
use crate::store::{SwitchedOffWhy, WebhookRecord, WebhookState, WebhookStop};

/// A state in words, with a sign and a colour.
#[derive(Template)]
#[template(path = "webhook_state.html")]
pub(super) struct StateBadge {
    /// `on`, `wait` or `off`
    class: &'static str,
    sign: &'static str,
    text: String,
}

impl askama::filters::HtmlSafe for StateBadge {}

impl StateBadge {
    pub(super) fn of(v: &View, webhook: &WebhookRecord) -> Self {
        let (class, sign) = match webhook.state() {
            WebhookState::Active => ("on", "✓"),
            WebhookState::Failing => ("wait", "!"),
            WebhookState::Paused => ("wait", "‖"),
            WebhookState::SwitchedOff | WebhookState::Stopped => ("off", "✕"),
        };
        let text = match (webhook.stop, webhook.failing_since) {
            (Some(stop), _) => v.t(stopped(stop, webhook.switched_off.map(|off| off.why))),
            (None, Some(since)) => v.t1("webhooks-failing-since", "time", &v.date_and_time(&since)),
            (None, None) => v.t("webhooks-on"),
        };
        Self { class, sign, text }
    }
}

/// A message: a state in a word or two.
pub(in crate::control::console::pages) fn state_message(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Active => "webhooks-state-active",
        WebhookState::Failing => "webhooks-state-failing",
        WebhookState::Paused => "webhooks-state-paused",
        WebhookState::Stopped => "webhooks-state-stopped",
        WebhookState::SwitchedOff => "webhooks-state-switched-off",
    }
}

/// A message: why nothing is sent.
pub(super) fn stopped(stop: WebhookStop, why: Option<SwitchedOffWhy>) -> &'static str {
    match stop {
        WebhookStop::Paused => "webhooks-paused",
        WebhookStop::SwitchedOff if why == Some(SwitchedOffWhy::Gone) => "webhooks-switched-off-gone",
        WebhookStop::SwitchedOff => "webhooks-switched-off",
        WebhookStop::AccessOff => "webhooks-stopped-access",
        WebhookStop::CredentialDisabled => "webhooks-stopped-disabled",
        WebhookStop::CredentialCleared => "webhooks-stopped-cleared",
        WebhookStop::CredentialExpired => "webhooks-stopped-expired",
        WebhookStop::OwnerDisabled => "webhooks-stopped-user",
        WebhookStop::MembersNotAllowed => "webhooks-stopped-members",
    }
}

/// When it is switched off unless a delivery succeeds before.
pub(super) fn switches_off_at(webhook: &WebhookRecord) -> Option<Timestamp> {
    let since = webhook.failing_since.filter(|_| webhook.switched_off.is_none())?;
    since.checked_add(FAILURES_UNTIL_OFF).ok()
}
