use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::store::{SessionRecord, whole_millis};

/// The last use of a session is written at most this often.
const TOUCH_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// When a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Time without use.
    pub idle: Duration,
    /// Time since sign-in.
    pub absolute: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(8 * 3600), absolute: Duration::from_secs(24 * 3600) }
    }
}

impl SessionLimits {
    /// Absolute end of a session that begins now.
    pub(super) fn end(self, now: Timestamp) -> Timestamp {
        whole_millis(now.saturating_add(span(self.absolute)).unwrap_or(Timestamp::MAX))
    }

    /// False once it has ended. A clock that was put back ends no session.
    pub(super) fn is_live(self, session: &SessionRecord, now: Timestamp) -> bool {
        now < session.ends_at && now.duration_since(session.seen_at) < span(self.idle)
    }

    /// Last use and absolute end to write for a session that is used now; `None` where nothing is due. The end is the
    /// stored one or that of a session that begins now, whichever comes first: so a clock that was put back lengthens
    /// no session.
    pub(super) fn touch(self, session: &SessionRecord, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let ends_at = session.ends_at.min(self.end(now));
        let is_current = now.duration_since(session.seen_at).abs() < TOUCH_INTERVAL && ends_at == session.ends_at;
        (!is_current).then_some((whole_millis(now), ends_at))
    }
}

fn span(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
