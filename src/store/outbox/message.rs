//! What a message is about, how it travels, and how far it has come.

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    Mail,
    Sms,
}

/// What a message is about. `target` of its row is the id of an entity of the kind named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The link to a reveal; target: reveal.
    RevealLink,
    /// The code for a reveal, as a text message; target: reveal.
    RevealCode,
    /// Target: user.
    Invitation,
    /// Target: user.
    LostPassword,
    /// To staff; target: access request.
    AccessAsked,
    /// Target: access request.
    AccessApproved,
    /// With the reason; target: access request.
    AccessDeclined,
    /// To staff: the account takes its request back; target: access request.
    RequestWithdrawn,
    /// To the account: it may no longer use the API; target: account.
    AccessWithdrawn,
    /// A secret was shown; target: reveal.
    SecretShown,
    /// A secret was replaced; target: credential.
    SecretReset,
    /// To the former contact; target: credential.
    ContactChanged,
    /// Target: credential.
    ExpiringIn14Days,
    /// Target: credential.
    ExpiringIn3Days,
    /// Target: credential.
    Expired,
    /// Deliveries fail; target: webhook.
    WebhookFailing,
    /// Switched off after days of failure; target: webhook.
    WebhookStopped,
    /// The webhooks of a credential have stopped with it; target: credential.
    WebhooksHalted,
    /// The same for credentials of an account, by a change of the account; target: account.
    AccountWebhooksHalted,
}

/// As stored. Only the claim shows that an attempt is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageState {
    /// For its first or a further attempt.
    Waiting,
    /// By the server of the mail, or the provider of text messages.
    Accepted,
    /// To the phone, as the provider says.
    Delivered,
    /// Never to the phone, as the provider says.
    Undelivered,
    /// Refused for good.
    Failed,
    /// No attempt got through in time, or what it was about has ended.
    GivenUp,
}

/// Why a message was not sent, without the word of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotSent {
    /// What it was about has ended.
    Ended,
    /// No attempt began in time.
    Expired,
    /// Not now: the credential, API access or delivery is off.
    Off,
    /// A newer text message has the code.
    Replaced,
    /// The number has had all text messages of the day.
    UsedUp,
    /// Its row holds a value that is never written.
    Unreadable,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::Mail, Self::Sms];

    /// As stored, and as a metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
}

impl Purpose {
    pub const ALL: [Self; 19] = [
        Self::RevealLink,
        Self::RevealCode,
        Self::Invitation,
        Self::LostPassword,
        Self::AccessAsked,
        Self::AccessApproved,
        Self::AccessDeclined,
        Self::RequestWithdrawn,
        Self::AccessWithdrawn,
        Self::SecretShown,
        Self::SecretReset,
        Self::ContactChanged,
        Self::ExpiringIn14Days,
        Self::ExpiringIn3Days,
        Self::Expired,
        Self::WebhookFailing,
        Self::WebhookStopped,
        Self::WebhooksHalted,
        Self::AccountWebhooksHalted,
    ];

    pub fn channel(self) -> Channel {
        if self == Self::RevealCode { Channel::Sms } else { Channel::Mail }
    }

    /// As stored, and as part of the names of its texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RevealLink => "reveal_link",
            Self::RevealCode => "reveal_code",
            Self::Invitation => "invitation",
            Self::LostPassword => "lost_password",
            Self::AccessAsked => "access_asked",
            Self::AccessApproved => "access_approved",
            Self::AccessDeclined => "access_declined",
            Self::RequestWithdrawn => "request_withdrawn",
            Self::AccessWithdrawn => "access_withdrawn",
            Self::SecretShown => "secret_shown",
            Self::SecretReset => "secret_reset",
            Self::ContactChanged => "contact_changed",
            Self::ExpiringIn14Days => "expiring_14",
            Self::ExpiringIn3Days => "expiring_3",
            Self::Expired => "expired",
            Self::WebhookFailing => "webhook_failing",
            Self::WebhookStopped => "webhook_stopped",
            Self::WebhooksHalted => "webhooks_halted",
            Self::AccountWebhooksHalted => "account_webhooks_halted",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
}

impl NotSent {
    pub const ALL: [Self; 6] = [Self::Ended, Self::Expired, Self::Off, Self::Replaced, Self::UsedUp, Self::Unreadable];

    /// As stored, among the words of failures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Off => "off",
            Self::Replaced => "replaced",
            Self::UsedUp => "used_up",
            Self::Unreadable => "unreadable",
        }
    }
}

impl MessageState {
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Accepted, Self::Delivered, Self::Undelivered, Self::Failed, Self::GivenUp];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }

    /// It does not reach the recipient, and no attempt follows.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Waiting | Self::Accepted | Self::Delivered => false,
            Self::Undelivered | Self::Failed | Self::GivenUp => true,
        }
    }

    pub(in crate::store) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_stored_and_junk_is_none() {
        assert!(Channel::ALL.into_iter().all(|channel| Channel::of(channel.as_str()) == Some(channel)));
        assert!(Purpose::ALL.into_iter().all(|purpose| Purpose::of(purpose.as_str()) == Some(purpose)));
        assert!(MessageState::ALL.into_iter().all(|state| MessageState::of(state.as_str()) == Some(state)));
        for junk in ["", "Mail", "waiting ", "sending", "reveal-link", "\0"] {
            assert!(Channel::of(junk).is_none() && Purpose::of(junk).is_none() && MessageState::of(junk).is_none());
        }
    }
}
