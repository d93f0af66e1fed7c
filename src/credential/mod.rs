//! What a credential is: stored digests, state and rights. Pure: no I/O, no clock, no HTTP traffic.

mod access;
mod label;
mod last_use;
mod link_token;
mod network;
mod overlap;
mod password;
mod random;
mod rate_limit;
mod recent_uses;
mod set;
mod token;
mod version;

use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;

pub use self::link_token::PlainLinkToken;
pub use access::{RoutePath, RoutePathError, RouteRule, ScopeCatalog, ScopeSet};
pub use label::{Label, LabelError};
pub use last_use::LastUse;
pub use network::Network;
pub use overlap::Overlap;
pub use password::{HashMemory, PasswordHash, PasswordHashError, PlainPassword};
pub use rate_limit::RateLimit;
pub use recent_uses::{RecentUses, Use};
pub use set::{CredentialSet, Duplicate};
pub use token::{DigestError, PlainToken, TokenDigest, TokenFormat, TokenFormatError};
pub use version::{
    PathTemplate, PathTemplateError, PathVersion, Version, VersionCatalog, VersionRule, WhenUnstated, midnight,
};

/// A stored credential: who owns it, how its secret is recognised, and what it may do.
#[derive(Debug)]
pub struct Credential {
    /// Unique within a set; shown in logs and identity headers.
    pub id: Label,
    /// The customer it belongs to.
    pub account: Arc<Account>,
    /// For people; never used to decide.
    pub name: Option<Box<str>>,
    /// How the presented secret is recognised.
    pub secret: StoredSecret,
    /// Switched off credentials are refused once their secret has matched.
    pub enabled: bool,
    /// The API version it is pinned to; `None` only where no versions are configured.
    pub version: Option<Label>,
    /// What it may call; `None` means everything.
    pub scopes: Option<Arc<ScopeSet>>,
    /// Refused from this moment on.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from; empty means anywhere.
    pub addresses: Box<[IpNet]>,
    /// How often it may be used; `None` means as the settings say.
    pub rate_limit: Option<RateLimit>,
    /// Where it is kept, where that is wanted.
    pub last_use: Option<Box<LastUse>>,
}

/// The customer that credentials belong to.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    /// Unique; shown in logs and identity headers.
    pub id: Label,
    /// Off refuses every credential of the account (`access_off`).
    pub access: bool,
}

/// What is kept of a secret: never enough to present it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredSecret {
    /// A bearer token or API key, known by its SHA-256.
    Token(TokenDigest),
    /// A Basic pair, known by its user name and a slow hash.
    Password {
        /// As presented before the first colon.
        username: Box<str>,
        /// What the password is verified against.
        hash: PasswordHash,
    },
}

/// True for what a Basic pair may have in front of its colon (RFC 7617): 1 to 256 bytes.
pub fn is_username(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.chars().any(|letter| letter == ':' || letter.is_control())
}

impl Credential {
    /// The Basic user name, where there is one.
    pub fn username(&self) -> Option<&str> {
        match &self.secret {
            StoredSecret::Token(_) => None,
            StoredSecret::Password { username, .. } => Some(username),
        }
    }

    /// The slow hash of a Basic pair, where there is one.
    pub fn password_hash(&self) -> Option<&PasswordHash> {
        match &self.secret {
            StoredSecret::Token(_) => None,
            StoredSecret::Password { hash, .. } => Some(hash),
        }
    }
}
