//! How long somebody stays signed in.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::whole_millis;
use crate::store::SessionRecord;

/// When a session was seen is put down no more often than this.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// After how long a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without being used.
    pub idle: Duration,
    /// However much it is used.
    pub absolute: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(8 * 3600), absolute: Duration::from_secs(24 * 3600) }
    }
}

impl SessionLimits {
    /// When a session that begins now ends at the latest.
    pub(super) fn end(self, now: Timestamp) -> Timestamp {
        whole_millis(now.saturating_add(span(self.absolute)).unwrap_or(Timestamp::MAX))
    }

    /// False once it has ended. A clock that was put back makes a session look younger than it is, which ends none.
    pub(super) fn is_live(self, session: &SessionRecord, now: Timestamp) -> bool {
        now < session.ends_at && now.duration_since(session.seen_at) < span(self.idle)
    }

    /// What has to be put down about a session that is used now: when it was seen, and when it ends at the latest.
    /// The end never moves away, and is never further away than that of a session that begins now: so a clock that
    /// was put back lengthens none.
    pub(super) fn touch(self, session: &SessionRecord, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let ends_at = session.ends_at.min(self.end(now));
        let is_noted = now.duration_since(session.seen_at).abs() < SEEN_EVERY && ends_at == session.ends_at;
        (!is_noted).then_some((whole_millis(now), ends_at))
    }
}

fn span(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
