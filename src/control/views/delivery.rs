use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::store::{DeliveryProgress, MessageProgress, MessageState, RevealState, SupersededBy};

/// How a secret reaches the contact: by a link in a mail, and a code in a text message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    pub state: DeliveryStateName,
    /// Why the link ended before its time.
    pub superseded_by: Option<SupersededByName>,
    /// Where the link was sent.
    pub email: String,
    /// Where the codes are sent (E.164).
    pub mobile: String,
    #[schema(format = "date-time")]
    pub created_at: String,
    /// The link is not valid from this moment on.
    #[schema(format = "date-time")]
    pub ends_at: String,
    /// Codes tried so far; the link is locked after 5.
    #[schema(minimum = 0, maximum = 5)]
    pub tries: u32,
    /// Text messages that were sent, or wait to be.
    #[schema(minimum = 0)]
    pub texts: u32,
    /// When the secret was shown.
    #[schema(format = "date-time")]
    pub revealed_at: Option<String>,
    /// Client address to which it was shown.
    pub revealed_from: Option<String>,
    /// The newest mail with a link; null after 30 days.
    pub mail: Option<MessageView>,
    /// The newest text message with a code; null after 30 days.
    pub text: Option<MessageView>,
}

/// A message, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageView {
    pub state: MessageStateName,
    #[schema(format = "date-time")]
    pub queued_at: String,
    /// When the server accepted it.
    #[schema(format = "date-time")]
    pub sent_at: Option<String>,
    /// Of the next attempt.
    #[schema(format = "date-time")]
    pub next_at: Option<String>,
    /// Why the newest attempt failed: a stable word.
    pub error: Option<String>,
    /// What the server said then.
    pub error_detail: Option<String>,
}

macro_rules! names {
    ($(#[$doc:meta])* $name:ident as $schema:ident of $of:ident { $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = $schema)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl From<$of> for $name {
            fn from(stored: $of) -> Self {
                match stored { $($of::$variant => Self::$variant,)* }
            }
        }
    };
}

names! {
    /// State of a link to a secret.
    DeliveryStateName as DeliveryState of RevealState {
        /// A right code shows the secret.
        Waiting,
        /// The secret was shown.
        Revealed,
        /// By wrong codes.
        Locked,
        Expired,
        /// It ended before its time.
        Superseded,
    }
}

names! {
    /// Why a link ended before its time.
    SupersededByName as SupersededBy of SupersededBy {
        /// Another link was sent.
        Resent,
        /// The credential was reset once more.
        Reset,
        /// The secret of the credential was removed.
        Cleared,
        /// The contact was changed.
        Contact,
        Voided,
    }
}

names! {
    /// State of a message.
    MessageStateName as MessageState of Progress {
        /// For its first attempt, or for another one.
        Waiting,
        /// An attempt is under way.
        Sending,
        /// By the server.
        Accepted,
        /// To the phone.
        Delivered,
        /// Never to the phone.
        Undelivered,
        /// Refused for good.
        Failed,
        /// No attempt got through in time, or the link has ended.
        GivenUp,
    }
}

/// The state of a message, its claim included.
enum Progress {
    Waiting,
    Sending,
    Accepted,
    Delivered,
    Undelivered,
    Failed,
    GivenUp,
}

impl Progress {
    fn at(message: &MessageProgress, now: Timestamp) -> Self {
        match message.state {
            MessageState::Waiting if message.is_sending(now) => Self::Sending,
            MessageState::Waiting => Self::Waiting,
            MessageState::Accepted => Self::Accepted,
            MessageState::Delivered => Self::Delivered,
            MessageState::Undelivered => Self::Undelivered,
            MessageState::Failed => Self::Failed,
            MessageState::GivenUp => Self::GivenUp,
        }
    }
}

impl DeliveryView {
    /// As of now.
    pub(crate) fn at(delivery: &DeliveryProgress, now: Timestamp) -> Self {
        let reveal = &delivery.reveal;
        let message = |message: &Option<MessageProgress>| message.as_ref().map(|message| MessageView::at(message, now));
        Self {
            state: reveal.state(now).into(),
            superseded_by: reveal.superseded.map(|(_, by)| by.into()),
            email: reveal.email.clone(),
            mobile: reveal.mobile.clone(),
            created_at: reveal.created_at.to_string(),
            ends_at: reveal.ends_at.to_string(),
            tries: reveal.tries,
            texts: reveal.texts_in_all,
            revealed_at: reveal.revealed_at.map(|at| at.to_string()),
            revealed_from: reveal.revealed_from.clone(),
            mail: message(&delivery.mail),
            text: message(&delivery.text),
        }
    }
}

impl MessageView {
    fn at(message: &MessageProgress, now: Timestamp) -> Self {
        let moment = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
        Self {
            state: Progress::at(message, now).into(),
            queued_at: message.queued_at.to_string(),
            sent_at: moment(message.sent_at),
            next_at: moment(message.next_at),
            error: message.error_code.clone(),
            error_detail: message.error_text.clone(),
        }
    }
}
