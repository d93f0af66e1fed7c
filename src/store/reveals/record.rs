//! A reveal: the one chance to see a secret, and how it stands.

use jiff::Timestamp;

use super::minting::MAX_TRIES;
use crate::credential::Label;
use crate::store::StoreError;
use crate::store::timestamps::from_millis;

/// How a secret gets to the contact of a credential. Links and codes are minted when they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealRecord {
    pub id: String,
    pub credential: Label,
    /// Where the link is sent.
    pub email: String,
    /// Where the codes are sent (E.164).
    pub mobile: String,
    /// The language of its messages; `None`: the first one of the console.
    pub locale: Option<String>,
    /// `KIND:ID` of the author.
    pub created_by: Option<String>,
    pub created_at: Timestamp,
    /// The link is invalid from here on.
    pub ends_at: Timestamp,
    /// When the newest code was minted.
    pub code_made_at: Option<Timestamp>,
    /// When that code ends.
    pub code_ends_at: Option<Timestamp>,
    /// Codes tried so far, right or wrong.
    pub tries: u32,
    /// Text messages queued within the hour that began at `texts_since`.
    pub texts_in_hour: u32,
    pub texts_since: Option<Timestamp>,
    /// Text messages queued in all.
    pub texts_in_all: u32,
    pub old_stops: OldStops,
    pub revealed_at: Option<Timestamp>,
    /// Client address.
    pub revealed_from: Option<String>,
    pub superseded: Option<(Timestamp, SupersededBy)>,
}

/// When the previous secret of a credential stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldStops {
    /// There was none.
    NoSecret,
    /// With the reset, or at an end that the reset has set.
    AtReset,
    /// Seconds from the showing of the new secret.
    WhenShown { seconds: u64 },
}

/// What has made a link invalid before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupersededBy {
    /// Another link was sent.
    Resent,
    /// The credential got another secret, or another reset is under way.
    Reset,
    /// The secret of the credential was removed.
    Cleared,
    /// The credential has another contact.
    Contact,
    /// A person of the account voided it.
    Voided,
}

/// The first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevealState {
    Revealed,
    Superseded,
    /// By wrong codes.
    Locked,
    Expired,
    /// A right code shows the secret.
    Waiting,
}

/// The columns of a reveal `r`, which may be missing: of an outer join.
pub(in crate::store) const COLUMNS: &str =
    "r.id AS reveal_id, r.credential AS reveal_credential, r.email AS reveal_email,
    r.mobile AS reveal_mobile, r.locale AS reveal_locale, r.created_by AS reveal_created_by,
    r.created_at AS reveal_created_at, r.ends_at AS reveal_ends_at, r.sent_at AS code_made_at, r.code_ends_at, r.tries,
    r.sends, r.sends_since, r.sends_total, r.old_stops, r.overlap, r.revealed_at, r.revealed_from, r.superseded_at,
    r.superseded_by";

#[derive(sqlx::FromRow)]
pub(in crate::store) struct RevealRow {
    reveal_id: Option<String>,
    reveal_credential: Option<String>,
    reveal_email: Option<String>,
    reveal_mobile: Option<String>,
    reveal_locale: Option<String>,
    reveal_created_by: Option<String>,
    reveal_created_at: Option<i64>,
    reveal_ends_at: Option<i64>,
    code_made_at: Option<i64>,
    code_ends_at: Option<i64>,
    tries: Option<i64>,
    sends: Option<i64>,
    sends_since: Option<i64>,
    sends_total: Option<i64>,
    old_stops: Option<String>,
    overlap: Option<i64>,
    revealed_at: Option<i64>,
    revealed_from: Option<String>,
    superseded_at: Option<i64>,
    superseded_by: Option<String>,
}

impl RevealRecord {
    pub fn state(&self, now: Timestamp) -> RevealState {
        if self.revealed_at.is_some() {
            RevealState::Revealed
        } else if self.superseded.is_some() {
            RevealState::Superseded
        } else if i64::from(self.tries) >= MAX_TRIES {
            RevealState::Locked
        } else if self.ends_at <= now {
            RevealState::Expired
        } else {
            RevealState::Waiting
        }
    }

    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.state(now) == RevealState::Waiting
    }

    /// Wrong codes that are left.
    pub fn tries_left(&self) -> u32 {
        u32::try_from(MAX_TRIES).unwrap_or_default().saturating_sub(self.tries)
    }
}

impl OldStops {
    const NO_SECRET: &str = "no_secret";
    const AT_RESET: &str = "at_reset";
    const WHEN_SHOWN: &str = "when_shown";

    /// The word and the milliseconds, as stored.
    pub(super) fn stored(self) -> (&'static str, Option<i64>) {
        match self {
            Self::NoSecret => (Self::NO_SECRET, None),
            Self::AtReset => (Self::AT_RESET, None),
            Self::WhenShown { seconds } => {
                (Self::WHEN_SHOWN, Some(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)))
            }
        }
    }

    fn from_stored(word: Option<&str>, overlap: Option<i64>) -> Option<Self> {
        match (word, overlap) {
            // Of rows from before this column, which have no secret behind them.
            (None | Some(Self::NO_SECRET), _) => Some(Self::NoSecret),
            (Some(Self::AT_RESET), _) => Some(Self::AtReset),
            (Some(Self::WHEN_SHOWN), Some(millis)) => {
                Some(Self::WhenShown { seconds: u64::try_from(millis).ok()? / 1000 })
            }
            (Some(_), _) => None,
        }
    }
}

impl SupersededBy {
    pub const ALL: [Self; 5] = [Self::Resent, Self::Reset, Self::Cleared, Self::Contact, Self::Voided];

    /// The secret was set or removed since: the choice of when the previous one stops is void, and no new link follows.
    pub fn is_of_secret(self) -> bool {
        matches!(self, Self::Reset | Self::Cleared)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resent => "resent",
            Self::Reset => "reset",
            Self::Cleared => "cleared",
            Self::Contact => "contact",
            Self::Voided => "voided",
        }
    }

    fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}

impl RevealState {
    pub const ALL: [Self; 5] = [Self::Revealed, Self::Superseded, Self::Locked, Self::Expired, Self::Waiting];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revealed => "revealed",
            Self::Superseded => "superseded",
            Self::Locked => "locked",
            Self::Expired => "expired",
            Self::Waiting => "waiting",
        }
    }
}

impl RevealRow {
    /// `None` where the outer join has found no reveal.
    pub(in crate::store) fn record(self) -> Result<Option<RevealRecord>, StoreError> {
        let Some(id) = self.reveal_id else { return Ok(None) };
        let broken = |column| StoreError::Inconsistent { table: "reveals", column, id: id.clone() };
        let instant = |millis: Option<i64>, column| {
            millis.map(|millis| from_millis(millis).map_err(|()| broken(column))).transpose()
        };
        let count = |count: Option<i64>, column| u32::try_from(count.unwrap_or(0)).map_err(|_| broken(column));
        let superseded_by = self.superseded_by.as_deref().map(SupersededBy::from_stored);
        let superseded = match (instant(self.superseded_at, "superseded_at")?, superseded_by) {
            (None, None) => None,
            (Some(at), Some(Some(cause))) => Some((at, cause)),
            (_, _) => return Err(broken("superseded_by")),
        };
        Ok(Some(RevealRecord {
            credential: self
                .reveal_credential
                .as_deref()
                .unwrap_or_default()
                .parse()
                .map_err(|_| broken("credential"))?,
            created_at: instant(self.reveal_created_at, "created_at")?.ok_or_else(|| broken("created_at"))?,
            ends_at: instant(self.reveal_ends_at, "ends_at")?.ok_or_else(|| broken("ends_at"))?,
            code_made_at: instant(self.code_made_at, "sent_at")?,
            code_ends_at: instant(self.code_ends_at, "code_ends_at")?,
            tries: count(self.tries, "tries")?,
            texts_in_hour: count(self.sends, "sends")?,
            texts_since: instant(self.sends_since, "sends_since")?,
            texts_in_all: count(self.sends_total, "sends_total")?,
            old_stops: OldStops::from_stored(self.old_stops.as_deref(), self.overlap)
                .ok_or_else(|| broken("old_stops"))?,
            revealed_at: instant(self.revealed_at, "revealed_at")?,
            superseded,
            email: self.reveal_email.unwrap_or_default(),
            mobile: self.reveal_mobile.unwrap_or_default(),
            locale: self.reveal_locale,
            created_by: self.reveal_created_by,
            revealed_from: self.revealed_from,
            id,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_stored_and_junk_is_none() {
        for cause in SupersededBy::ALL {
            assert_eq!(SupersededBy::from_stored(cause.as_str()), Some(cause));
        }
        for stops in [
            OldStops::NoSecret,
            OldStops::AtReset,
            OldStops::WhenShown { seconds: 0 },
            OldStops::WhenShown { seconds: 3600 },
        ] {
            let (word, overlap) = stops.stored();
            assert_eq!(OldStops::from_stored(Some(word), overlap), Some(stops));
        }
        for junk in ["", "Resent", "voided ", "\0"] {
            assert_eq!(SupersededBy::from_stored(junk), None, "{junk:?}");
            assert_eq!(OldStops::from_stored(Some(junk), Some(1)), None, "{junk:?}");
        }
        assert_eq!(OldStops::from_stored(Some("when_shown"), None), None);
        assert_eq!(OldStops::from_stored(Some("when_shown"), Some(-1)), None);
    }
}
