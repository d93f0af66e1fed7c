//! How far a delivery has come.

use crate::store::WebhookStop;

/// As stored. Only the claim shows that an attempt is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// For its first or a further attempt.
    Waiting,
    Delivered,
    /// No attempt follows.
    Failed,
    /// The webhook was stopped.
    Skipped,
    /// Too many waited.
    Dropped,
}

/// Why a delivery was skipped or dropped, or failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotDelivered {
    Stopped(WebhookStop),
    TooMany,
    /// Its credential may not have the event any more.
    NotAllowed,
    /// The receiver answered 410.
    Gone,
    /// Its row, its event or its webhook cannot be read.
    Unreadable,
}

impl DeliveryState {
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Delivered, Self::Failed, Self::Skipped, Self::Dropped];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Dropped => "dropped",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl NotDelivered {
    /// A stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped(stop) => stop.as_str(),
            Self::TooMany => "too_many",
            Self::NotAllowed => "not_allowed",
            Self::Gone => "gone",
            Self::Unreadable => "unreadable",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        let others = [Self::TooMany, Self::NotAllowed, Self::Gone, Self::Unreadable];
        let other = others.into_iter().find(|why| why.as_str() == text);
        other.or_else(|| WebhookStop::of(text).map(Self::Stopped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_stored_and_junk_is_none() {
        assert!(DeliveryState::ALL.into_iter().all(|state| DeliveryState::of(state.as_str()) == Some(state)));
        let stops = WebhookStop::ALL.into_iter().map(NotDelivered::Stopped);
        let others = [NotDelivered::TooMany, NotDelivered::NotAllowed, NotDelivered::Gone, NotDelivered::Unreadable];
        let all = stops.chain(others);
        for why in all {
            assert_eq!(NotDelivered::of(why.as_str()), Some(why));
        }
        for junk in ["", "Waiting", "waiting ", "sending", "\0"] {
            assert!(DeliveryState::of(junk).is_none() && NotDelivered::of(junk).is_none(), "{junk:?}");
        }
    }
}
