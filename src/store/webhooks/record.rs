//! A webhook, as the control plane handles it.

use jiff::Timestamp;

use super::stop::{WebhookState, WebhookStop};
use crate::credential::Label;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRecord {
    pub id: Label,
    pub account: Label,
    /// It is sent no more than this credential may read, and only while the credential is valid.
    pub credential: Label,
    pub url: String,
    /// `*` for any.
    pub entity: String,
    /// `*` for any.
    pub operation: String,
    pub kind: WebhookKind,
    /// `KIND:ID` of the author.
    pub created_by: String,
    pub secret: WebhookSecretRef,
    /// Signs too, until its end.
    pub previous_secret: Option<PreviousWebhookSecret>,
    pub paused: bool,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    pub last_failure_at: Option<Timestamp>,
    pub last_success_at: Option<Timestamp>,
    /// The last day of failures that a warning was queued for; 0 for none.
    pub warned_days: u32,
    pub switched_off: Option<SwitchedOff>,
    pub created_at: Timestamp,
    /// Incremented by each edit; not by attempts and warnings.
    pub revision: i64,
    /// Why nothing is sent, as of the time of reading; not written with the record.
    pub stop: Option<WebhookStop>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookKind {
    /// Of the console or the management API.
    Console,
    /// Subscribed by a program with the API key itself.
    RestHook,
}

/// What its secret is derived with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSecretRef {
    /// Of the installation key.
    pub key_id: String,
    /// Incremented with each new secret, from 1.
    pub generation: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousWebhookSecret {
    pub secret: WebhookSecretRef,
    /// Signs no more from here on.
    pub until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchedOff {
    pub at: Timestamp,
    pub why: SwitchedOffWhy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SwitchedOffWhy {
    /// Days of failures.
    Failures,
    /// The receiver answered 410.
    Gone,
}

impl WebhookRecord {
    /// Events are sent, as of the time of reading.
    pub fn is_effective(&self) -> bool {
        self.stop.is_none()
    }

    /// As of the time of reading.
    pub fn state(&self) -> WebhookState {
        match (self.stop, self.failing_since) {
            (Some(WebhookStop::Paused), _) => WebhookState::Paused,
            (Some(WebhookStop::SwitchedOff), _) => WebhookState::SwitchedOff,
            (Some(_), _) => WebhookState::Stopped,
            (None, Some(_)) => WebhookState::Failing,
            (None, None) => WebhookState::Active,
        }
    }
}

impl WebhookKind {
    pub const ALL: [Self; 2] = [Self::Console, Self::RestHook];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::RestHook => "rest_hook",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl SwitchedOffWhy {
    pub const ALL: [Self; 2] = [Self::Failures, Self::Gone];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failures => "failures",
            Self::Gone => "gone",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }
}
