//! A whole credential, as the control plane handles it.

use ipnet::IpNet;
use jiff::Timestamp;

use super::delivery::DeliveryProgress;
use crate::credential::{Label, PasswordHash, RateLimit, Restrictions, StoredSecret, TokenDigest};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Never reused while its row exists.
    pub id: Label,
    pub account: Label,
    /// Of a user's own key: the user whose role and state it depends on.
    pub owner: Option<Label>,
    pub name: Option<String>,
    pub description: Option<String>,
    /// The integrator's contact.
    pub contact_email: Option<String>,
    /// E.164.
    pub contact_mobile: Option<String>,
    /// Further addresses that receive notices.
    pub developer_emails: Vec<String>,
    pub secret: RecordSecret,
    /// Valid until its end, after a reset with an overlap.
    pub previous: Option<PreviousSecret>,
    /// The last four characters of a token.
    pub hint: Option<String>,
    pub enabled: bool,
    pub disabled_reason: Option<String>,
    /// The API version that it is pinned to.
    pub version: Option<Label>,
    /// `None` allows everything, an empty list nothing.
    pub scopes: Option<Vec<Label>>,
    /// Networks that it may be used from; empty allows any.
    pub addresses: Vec<IpNet>,
    /// Refused from here on.
    pub expires_at: Option<Timestamp>,
    /// `None`: the limit of the settings.
    pub rate_limit: Option<RateLimit>,
    pub created_at: Timestamp,
    /// Id of the actor.
    pub created_by: String,
    /// When the current secret was created.
    pub secret_made_at: Timestamp,
    /// When the secret was revealed to the integrator, if it was delivered.
    pub handed_over_at: Option<Timestamp>,
    /// To a few seconds.
    pub last_used_at: Option<Timestamp>,
    pub last_used_from: Option<String>,
    /// Number of stored addresses, at most [`crate::credential::RecentUses::MAX_NETWORKS`].
    pub recent_addresses: i64,
    /// The newest attempt to bring its secret to its contact; not written with the record.
    pub delivery: Option<Box<DeliveryProgress>>,
    /// Incremented by each write.
    pub revision: i64,
}

/// What is stored of a secret: nothing once it is cleared, until the next reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordSecret {
    Token(Option<TokenDigest>),
    Password {
        /// Stays reserved when the password is cleared.
        username: Box<str>,
        hash: Option<PasswordHash>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviousSecret {
    Token {
        digest: TokenDigest,
        /// Refused from here on.
        ends_at: Timestamp,
    },
    Password {
        hash: PasswordHash,
        /// Refused from here on.
        ends_at: Timestamp,
    },
}

impl CredentialRecord {
    /// A new credential: enabled, and without restrictions.
    pub fn new(
        id: Label,
        account: Label,
        secret: impl Into<RecordSecret>,
        created_at: Timestamp,
        created_by: &str,
    ) -> Self {
        Self {
            id,
            account,
            owner: None,
            name: None,
            description: None,
            contact_email: None,
            contact_mobile: None,
            developer_emails: Vec::new(),
            secret: secret.into(),
            previous: None,
            hint: None,
            enabled: true,
            disabled_reason: None,
            version: None,
            scopes: None,
            addresses: Vec::new(),
            expires_at: None,
            rate_limit: None,
            created_at,
            created_by: created_by.to_owned(),
            secret_made_at: created_at,
            handed_over_at: None,
            last_used_at: None,
            last_used_from: None,
            recent_addresses: 0,
            delivery: None,
            revision: 1,
        }
    }

    /// True while a link waits to show its secret.
    pub fn is_delivered(&self, now: Timestamp) -> bool {
        self.delivery.as_ref().is_some_and(|delivery| delivery.reveal.is_waiting(now))
    }

    /// Of Basic credentials.
    pub fn username(&self) -> Option<&str> {
        match &self.secret {
            RecordSecret::Token(_) => None,
            RecordSecret::Password { username, .. } => Some(username),
        }
    }
}

impl From<&CredentialRecord> for Restrictions {
    fn from(record: &CredentialRecord) -> Self {
        Self {
            version: record.version.clone(),
            scopes: record.scopes.clone(),
            addresses: record.addresses.clone(),
            expires_at: record.expires_at,
            rate_limit: record.rate_limit,
        }
    }
}

impl PreviousSecret {
    pub fn ends_at(&self) -> Timestamp {
        match self {
            Self::Token { ends_at, .. } | Self::Password { ends_at, .. } => *ends_at,
        }
    }

    /// The same with this end, where it had a later one.
    #[must_use]
    pub fn ending_by(mut self, end: Timestamp) -> Self {
        let (Self::Token { ends_at, .. } | Self::Password { ends_at, .. }) = &mut self;
        *ends_at = end.min(*ends_at);
        self
    }
}

impl RecordSecret {
    pub fn is_cleared(&self) -> bool {
        matches!(self, Self::Token(None) | Self::Password { hash: None, .. })
    }

    /// Without digest or hash.
    pub fn cleared(&self) -> Self {
        match self {
            Self::Token(_) => Self::Token(None),
            Self::Password { username, .. } => Self::Password { username: username.clone(), hash: None },
        }
    }

    /// `None` when it is cleared.
    pub fn stored(&self) -> Option<StoredSecret> {
        match self {
            Self::Token(digest) => digest.map(StoredSecret::Token),
            Self::Password { username, hash } => {
                Some(StoredSecret::Password { username: username.clone(), hash: hash.clone()? })
            }
        }
    }
}

impl From<StoredSecret> for RecordSecret {
    fn from(secret: StoredSecret) -> Self {
        match secret {
            StoredSecret::Token(digest) => Self::Token(Some(digest)),
            StoredSecret::Password { username, hash } => Self::Password { username, hash: Some(hash) },
        }
    }
}
