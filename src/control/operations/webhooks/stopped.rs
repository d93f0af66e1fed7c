use crate::control::Sentence;
use crate::store::WebhookStop;

/// Why nothing is sent, as a clause: "nothing is sent: …".
pub fn explanation(stop: WebhookStop) -> Sentence {
    match stop {
        WebhookStop::Paused => Sentence::WebhookPaused,
        WebhookStop::SwitchedOff => Sentence::WebhookSwitchedOff,
        WebhookStop::AccessOff => Sentence::WebhookAccessOff,
        WebhookStop::CredentialDisabled => Sentence::WebhookCredentialDisabled,
        WebhookStop::CredentialCleared => Sentence::WebhookCredentialCleared,
        WebhookStop::CredentialExpired => Sentence::WebhookCredentialExpired,
        WebhookStop::OwnerDisabled => Sentence::WebhookOwnerDisabled,
        WebhookStop::MembersNotAllowed => Sentence::WebhookMembersNotAllowed,
    }
}
