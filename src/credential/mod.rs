//! What a credential is: stored digests, state and rights. No I/O, no clock.

mod ambiguous_paths;
mod api_version;
mod base62;
mod installation_key;
mod label;
mod link_token;
mod network;
mod password;
mod rate_limit;
mod restrictions;
mod reveal_code;
mod scope;
mod set;
mod time_ordered_id;
mod token;
mod unicode_normalization;
mod use_recorder;
mod uses_by_network;
mod webhook_secret;

use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;

pub use installation_key::{INSTALLATION_KEY_BYTES, InstallationKey, InstallationKeyError, InstallationKeys};
pub use label::{Label, LabelError};
pub use link_token::PlainLinkToken;
pub use network::Network;
pub use scope::{PublicCredential, PublicRoute, RoutePath, RoutePathError, RouteRule, ScopeCatalog, ScopeSet};
pub use unicode_normalization::{normalized, normalized_chars};
pub use use_recorder::UseRecorder;

pub use ambiguous_paths::{PathException, Spellings};
pub use api_version::{
    PathTemplate, PathTemplateError, PathVersion, Version, VersionCatalog, VersionRule, WhenUnstated, midnight,
};
pub use password::{HashMemory, Overlap, PasswordHash, PasswordHashError, PlainPassword};
pub use rate_limit::RateLimit;
pub use restrictions::{Restriction, Restrictions};
pub use reveal_code::{REVEAL_CODE_DIGITS, RevealCode};
pub use set::{CredentialSet, DuplicateField};
pub use time_ordered_id::time_ordered_id;
pub use token::{DigestError, PlainToken, TokenDigest, TokenFormat, TokenFormatError};
pub use uses_by_network::{RecentUses, Use};
pub use webhook_secret::WebhookSecret;

#[derive(Debug)]
pub struct Credential {
    /// Unique within a directory; in logs and identity headers.
    pub id: Label,
    pub account: Arc<Account>,
    /// For people; decisions do not depend on it.
    pub name: Option<Box<str>>,
    pub secret: StoredSecret,
    /// A disabled credential is refused only after its secret has matched.
    pub enabled: bool,
    /// The API version it is pinned to; `None` only where no versions are configured.
    pub version: Option<Label>,
    /// `None` permits every request, an empty set none.
    pub scopes: Option<Arc<ScopeSet>>,
    /// The first instant at which it is refused.
    pub expires_at: Option<Timestamp>,
    /// Client networks; empty permits every address.
    pub addresses: Box<[IpNet]>,
    /// `None` for the default of the settings.
    pub rate_limit: Option<RateLimit>,
    /// `None` where uses are not recorded.
    pub last_use: Option<Box<UseRecorder>>,
}

/// The customer that credentials belong to.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    /// Unique; in logs and identity headers.
    pub id: Label,
    /// `false` refuses every credential of the account (`access_off`).
    pub access: bool,
}

/// The stored form of a secret. The secret cannot be recovered from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredSecret {
    /// A bearer token or API key.
    Token(TokenDigest),
    /// A Basic pair; the user name is in NFC, see [`normalized`].
    Password { username: Box<str>, hash: PasswordHash },
}

/// Whether a text can be the user name of a Basic pair (RFC 7617): 1 to 256 bytes, no colon, no control characters.
pub fn is_username(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.chars().any(|letter| letter == ':' || letter.is_control())
}

impl Credential {
    /// An enabled credential without version, scopes, expiry, address list or limit of its own.
    pub fn unrestricted(id: Label, account: Arc<Account>, secret: StoredSecret) -> Self {
        Self {
            id,
            account,
            name: None,
            secret,
            enabled: true,
            version: None,
            scopes: None,
            expires_at: None,
            addresses: Box::default(),
            rate_limit: None,
            last_use: None,
        }
    }

    /// `None` for a token.
    pub fn username(&self) -> Option<&str> {
        match &self.secret {
            StoredSecret::Token(_) => None,
            StoredSecret::Password { username, .. } => Some(username),
        }
    }

    /// `None` for a token.
    pub fn password_hash(&self) -> Option<&PasswordHash> {
        match &self.secret {
            StoredSecret::Token(_) => None,
            StoredSecret::Password { hash, .. } => Some(hash),
        }
    }
}
