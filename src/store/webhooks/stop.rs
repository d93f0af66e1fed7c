//! Why a webhook is sent nothing, and its state.

use jiff::Timestamp;

use crate::store::CredentialRecord;
use crate::store::credentials::has_secret;

/// The first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookStop {
    SwitchedOff,
    /// The account has no access: not granted, or not switched on.
    AccessOff,
    CredentialDisabled,
    CredentialCleared,
    CredentialExpired,
    /// Of a user's own key.
    OwnerDisabled,
    /// It is a member's own key, and the account allows members none.
    MembersNotAllowed,
    /// The last: a test is sent to a webhook that nothing else stops.
    Paused,
}

/// The first that applies, but for `Active`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookState {
    Active,
    /// Its newest attempt failed.
    Failing,
    Paused,
    SwitchedOff,
    /// By its credential, the owner of that, or the account.
    Stopped,
}

/// The stop of webhook `w`, or NULL, from credential `c`, account `a` and owner `u`; see [`super::read::JOINS`].
pub(in crate::store) fn stop_expression(now: Timestamp) -> String {
    let (millis, has_secret) = (now.as_millisecond(), has_secret(now));
    format!(
        "CASE WHEN w.switched_off_at IS NOT NULL THEN 'switched_off'
        WHEN NOT (a.granted AND a.switched_on) OR c.account <> w.account THEN 'access_off'
        WHEN NOT c.enabled THEN 'credential_disabled' WHEN NOT {has_secret} THEN 'credential_cleared'
        WHEN c.expires_at <= {millis} THEN 'credential_expired'
        WHEN c.owner IS NOT NULL AND NOT COALESCE(u.enabled, FALSE) THEN 'owner_disabled'
        WHEN u.role = 'member' AND NOT a.members_allowed THEN 'members_not_allowed'
        WHEN w.paused THEN 'paused' END"
    )
}

/// The state of webhook `w`: as [`super::WebhookRecord::state`].
pub(super) fn state_expression(now: Timestamp) -> String {
    let stop = stop_expression(now);
    format!(
        "CASE COALESCE({stop}, '') WHEN '' THEN CASE WHEN w.failing_since IS NULL THEN 'active' ELSE 'failing' END
        WHEN 'paused' THEN 'paused' WHEN 'switched_off' THEN 'switched_off' ELSE 'stopped' END"
    )
}

impl WebhookStop {
    /// Why the webhooks of a credential stop with this change of it.
    pub fn of_change(before: &CredentialRecord, after: &CredentialRecord) -> Option<Self> {
        if before.enabled && !after.enabled {
            Some(Self::CredentialDisabled)
        } else if !before.secret.is_cleared() && after.secret.is_cleared() {
            Some(Self::CredentialCleared)
        } else {
            None
        }
    }

    /// In the order in which they apply.
    pub const ALL: [Self; 8] = [
        Self::SwitchedOff,
        Self::AccessOff,
        Self::CredentialDisabled,
        Self::CredentialCleared,
        Self::CredentialExpired,
        Self::OwnerDisabled,
        Self::MembersNotAllowed,
        Self::Paused,
    ];

    /// A stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::SwitchedOff => "switched_off",
            Self::AccessOff => "access_off",
            Self::CredentialDisabled => "credential_disabled",
            Self::CredentialCleared => "credential_cleared",
            Self::CredentialExpired => "credential_expired",
            Self::OwnerDisabled => "owner_disabled",
            Self::MembersNotAllowed => "members_not_allowed",
        }
    }

    pub(in crate::store) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stop| stop.as_str() == text)
    }
}

impl WebhookState {
    pub const ALL: [Self; 5] = [Self::Active, Self::Failing, Self::Paused, Self::SwitchedOff, Self::Stopped];

    /// A stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::SwitchedOff => "switched_off",
            Self::Stopped => "stopped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_is_read_as_it_is_written_and_junk_is_none() {
        let sql = stop_expression(Timestamp::UNIX_EPOCH);
        for stop in WebhookStop::ALL {
            assert_eq!(WebhookStop::of(stop.as_str()), Some(stop));
            assert!(sql.contains(&format!("THEN '{}'", stop.as_str())), "{stop:?}");
        }
        assert_eq!(sql.matches("THEN '").count(), WebhookStop::ALL.len());
        for junk in ["", "Paused", "paused ", "stopped", "\0"] {
            assert_eq!(WebhookStop::of(junk), None);
        }
    }
}
