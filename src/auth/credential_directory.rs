//! Credentials as the gate sees them; the rules decide later whether they are usable.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::credential::{Credential, PasswordHash, TokenDigest};

#[derive(Debug, Clone)]
pub enum Lookup {
    /// Current.
    Found(Arc<Credential>),
    /// Cached by an earlier fetch; every change invalidates it.
    Cached(Arc<Credential>),
    Absent,
    /// Only [`Directory::fetch`] can answer.
    NeedsFetch,
}

impl Lookup {
    pub fn credential(self) -> Option<Arc<Credential>> {
        match self {
            Self::Found(credential) | Self::Cached(credential) => Some(credential),
            Self::Absent | Self::NeedsFetch => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LookupKey {
    Token(TokenDigest),
    /// The user name of a Basic pair.
    Username(Box<str>),
}

/// The directory cannot answer now. Never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential directory is unavailable")]
pub struct Unavailable;

/// Finds credentials. The `find` functions neither wait nor allocate.
#[async_trait]
pub trait Directory: Send + Sync {
    fn find_token(&self, digest: &TokenDigest) -> Lookup;

    fn find_username(&self, username: &str) -> Lookup;

    /// Reads from the source of the credentials and caches the result; `None` for no such credential.
    ///
    /// # Errors
    /// [`Unavailable`] without an answer in time.
    async fn fetch(&self, key: LookupKey) -> Result<Option<Arc<Credential>>, Unavailable>;

    /// The hash to verify against for an unknown user name. A name always gets the same hash, and over all names the
    /// hashes cost what the stored ones cost, so that response times do not show which names exist.
    fn dummy_hash(&self, username: &str) -> PasswordHash;

    /// Whether hashes other than argon2id are replaced once their password was verified.
    fn replaces_hashes(&self) -> bool {
        false
    }

    /// Replaces the hash of this credential in the background, unless the credential has changed meanwhile.
    fn replace_hash(&self, _credential: &Arc<Credential>, _hash: PasswordHash) {}

    fn note_use(&self, _credential: &Arc<Credential>, _from: Option<IpAddr>, _now: Timestamp) {}
}
