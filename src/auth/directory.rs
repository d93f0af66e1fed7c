//! The set of usable credentials as the gate sees it.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::credential::{Credential, PasswordHash, TokenDigest};

/// What a directory can say at once.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// This one, as it is stored now.
    Found(Arc<Credential>),
    /// This one, as it was stored when it was last asked for; changes end that at once.
    Remembered(Arc<Credential>),
    /// There is none.
    Absent,
    /// Only [`Directory::fetch`] can tell.
    Unsettled,
}

impl Lookup {
    /// The credential, if one is known.
    pub fn credential(self) -> Option<Arc<Credential>> {
        match self {
            Self::Found(credential) | Self::Remembered(credential) => Some(credential),
            Self::Absent | Self::Unsettled => None,
        }
    }
}

/// By what a credential is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LookupKey {
    /// The digest of a token.
    Token(TokenDigest),
    /// The user name of a Basic pair.
    Username(Box<str>),
}

/// Nobody can tell now; never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credentials cannot be asked for now")]
pub struct Unavailable;

/// Finds credentials. The `find` functions answer at once and without allocating.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The credential whose token has this digest.
    fn find_token(&self, digest: &TokenDigest) -> Lookup;

    /// The Basic credential of this user name.
    fn find_username(&self, username: &str) -> Lookup;

    /// Asks where the credentials are kept; `None` for no such credential. What is found is remembered.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no answer in time.
    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable>;

    /// A hash to verify against for a user name that nobody has. The same name always gets the same,
    /// and over all names they cost what the stored ones cost, so that time tells nothing.
    fn decoy(&self, username: &str) -> PasswordHash;

    /// True where a hash that is not argon2id is to be replaced once its password has been seen to be right.
    fn replaces_hashes(&self) -> bool {
        false
    }

    /// Replaces the hash of this credential, unless it has been changed meanwhile. In its own time.
    fn replace_hash(&self, _credential: &Arc<Credential>, _hash: PasswordHash) {}

    /// Takes note that this credential was used just now.
    fn note_use(&self, _credential: &Arc<Credential>, _from: Option<IpAddr>, _now: Timestamp) {}
}
