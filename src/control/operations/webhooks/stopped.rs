use crate::store::WebhookStop;

/// Why nothing is sent, as a clause: "nothing is sent: …".
pub fn explanation(stop: WebhookStop) -> &'static str {
    match stop {
        WebhookStop::Paused => "it is paused",
        WebhookStop::SwitchedOff => "it was switched off",
        WebhookStop::AccessOff => "API access of the account is off",
        WebhookStop::CredentialDisabled => "its credential is disabled",
        WebhookStop::CredentialCleared => "its credential has no secret",
        WebhookStop::CredentialExpired => "its credential has expired",
        WebhookStop::OwnerDisabled => "the user of its key is disabled",
        WebhookStop::MembersNotAllowed => "members of the account may not have keys of their own",
    }
}
