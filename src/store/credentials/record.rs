//! Everything that is kept of a credential.

use ipnet::IpNet;
use jiff::Timestamp;

use crate::credential::{Label, PasswordHash, RateLimit, StoredSecret, TokenDigest};

/// A credential as people handle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Unique for good.
    pub id: Label,
    /// The account it belongs to.
    pub account: Label,
    /// The user it stands and falls with, for a user's own key.
    pub owner: Option<Label>,
    /// For people.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// The person at the integrator.
    pub contact_email: Option<String>,
    /// Their mobile, as E.164.
    pub contact_mobile: Option<String>,
    /// What is kept of the secret.
    pub secret: RecordSecret,
    /// What is kept of the one before, while it still counts.
    pub previous: Option<PreviousSecret>,
    /// The last four characters of a token.
    pub hint: Option<String>,
    /// Switched on.
    pub enabled: bool,
    /// Why it was switched off.
    pub disabled_reason: Option<String>,
    /// The API version it is pinned to.
    pub version: Option<Label>,
    /// What it may call; `None` means everything.
    pub scopes: Option<Vec<Label>>,
    /// Where it may be used from; empty means anywhere.
    pub addresses: Vec<IpNet>,
    /// Refused from this moment on.
    pub expires_at: Option<Timestamp>,
    /// How often it may be used; `None` means as the settings say.
    pub rate_limit: Option<RateLimit>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When its current secret was made.
    pub secret_made_at: Timestamp,
    /// When the integrator has seen the secret, where it was handed over.
    pub handed_over_at: Option<Timestamp>,
    /// When it was last used, to a few seconds.
    pub last_used_at: Option<Timestamp>,
    /// From where.
    pub last_used_from: Option<String>,
    /// From how many addresses lately, of those that are kept ([`crate::credential::RecentUses`]).
    pub recent_addresses: i64,
    /// Counts changes.
    pub revision: i64,
}

/// What is kept of a secret, as long as there is one: cleared, nothing is recognised by it until the next reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordSecret {
    /// The digest of a token.
    Token(Option<TokenDigest>),
    /// A Basic pair.
    Password {
        /// Stays when it is cleared, so that nobody else takes it.
        username: Box<str>,
        /// What the password is verified against.
        hash: Option<PasswordHash>,
    },
}

/// The secret before the last reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviousSecret {
    /// Of a token.
    Token {
        /// Its digest.
        digest: TokenDigest,
        /// Refused from this moment on.
        ends_at: Timestamp,
    },
    /// Of a Basic pair.
    Password {
        /// Its hash.
        hash: PasswordHash,
        /// Refused from this moment on.
        ends_at: Timestamp,
    },
}

impl CredentialRecord {
    /// One that was just made, with nothing but what it needs: switched on, and without any bound.
    pub fn new(id: Label, account: Label, secret: impl Into<RecordSecret>, made_at: Timestamp, made_by: &str) -> Self {
        Self {
            id,
            account,
            owner: None,
            name: None,
            description: None,
            contact_email: None,
            contact_mobile: None,
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
            created_at: made_at,
            created_by: made_by.to_owned(),
            secret_made_at: made_at,
            handed_over_at: None,
            last_used_at: None,
            last_used_from: None,
            recent_addresses: 0,
            revision: 1,
        }
    }

    /// The user name, of a Basic pair.
    pub fn username(&self) -> Option<&str> {
        match &self.secret {
            RecordSecret::Token(_) => None,
            RecordSecret::Password { username, .. } => Some(username),
        }
    }
}

impl RecordSecret {
    /// True when nothing is recognised by it.
    pub fn is_cleared(&self) -> bool {
        matches!(self, Self::Token(None) | Self::Password { hash: None, .. })
    }

    /// The same without what it is recognised by.
    pub fn cleared(&self) -> Self {
        match self {
            Self::Token(_) => Self::Token(None),
            Self::Password { username, .. } => Self::Password { username: username.clone(), hash: None },
        }
    }

    /// As gates know it, unless it is cleared.
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
