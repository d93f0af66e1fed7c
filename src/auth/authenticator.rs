//! Proves a presented credential against the directory.

use std::sync::Arc;

use super::password_cache::VerifiedKey;
use super::{BasicPair, Directory, HashPool, Network, PasswordCache, Presented, Rejection};
use crate::credential::{Credential, PasswordHash, PlainPassword, TokenDigest, TokenFormat};

/// Recognises credentials by their secret. Says nothing about rights: that is for [`super::Rules`].
pub struct Authenticator {
    passwords: PasswordCache,
    hashing: HashPool,
}

/// What became of a presented credential without waiting.
pub enum Recognition {
    /// The secret is right.
    Known(Arc<Credential>),
    /// It is not, or there is no such credential.
    Rejected(Rejection),
    /// A slow hash has to be verified first.
    Pending(Box<PendingPassword>),
}

/// A Basic pair on its way to the hashing threads. Unknown user names take the same way.
pub struct PendingPassword {
    username: Box<str>,
    password: PlainPassword,
    hash: PasswordHash,
    candidate: Option<VerifiedKey>,
}

impl PendingPassword {
    /// As it was presented.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// True when somebody has this user name.
    pub fn is_known(&self) -> bool {
        self.candidate.is_some()
    }
}

impl Authenticator {
    /// From its two parts.
    pub fn new(passwords: PasswordCache, hashing: HashPool) -> Self {
        Self { passwords, hashing }
    }

    /// Passwords that wait for a hashing thread.
    pub fn queue_depth(&self) -> usize {
        self.hashing.depth()
    }

    /// The quick part: one SHA-256 and one map read for a token, one MAC and two reads for a pair
    /// that was right before, `from` the same place.
    pub fn recognise(
        &self,
        format: &TokenFormat,
        directory: &dyn Directory,
        presented: &Presented,
        from: Option<Network>,
    ) -> Recognition {
        match presented {
            Presented::Token { token, .. } => {
                if format.is_junk(token) {
                    return Recognition::Rejected(Rejection::CredentialInvalid);
                }
                match directory.find_token(&TokenDigest::of(token)) {
                    Some(credential) => Recognition::Known(credential),
                    None => Recognition::Rejected(Rejection::CredentialInvalid),
                }
            }
            Presented::Password(pair) => self.recognise_pair(directory, pair, from),
        }
    }

    fn recognise_pair(&self, directory: &dyn Directory, pair: &BasicPair, from: Option<Network>) -> Recognition {
        let (username, password) = (pair.username(), pair.password());
        let found = directory.find_username(username).map(|credential| {
            let key = self.passwords.key(&credential, username, password, from);
            (key, credential)
        });
        if let Some((_, credential)) = found.as_ref().filter(|(key, _)| self.passwords.contains(key)) {
            return Recognition::Known(credential.clone());
        }
        let stored = found.as_ref().and_then(|(key, credential)| Some((*key, credential.password_hash()?.clone())));
        let (candidate, hash) = match stored {
            Some((key, hash)) => (Some(key), hash),
            None => (None, directory.decoy(username)),
        };
        Recognition::Pending(Box::new(PendingPassword {
            username: username.into(),
            password: PlainPassword::new(password),
            hash,
            candidate,
        }))
    }

    /// The slow part. `current` gives the directory as it is when the hash is done, because the
    /// credential may have been changed or removed while it was computed.
    ///
    /// # Errors
    /// [`Rejection::CredentialInvalid`], or [`Rejection::DirectoryUnavailable`] when too many wait.
    pub async fn verify<D: AsRef<dyn Directory>>(
        &self,
        pending: PendingPassword,
        current: impl FnOnce() -> D,
    ) -> Result<Arc<Credential>, Rejection> {
        let PendingPassword { username, password, hash, candidate } = pending;
        let right = self.hashing.verify(hash.clone(), password).await?;
        let (true, Some(key)) = (right, candidate) else { return Err(Rejection::CredentialInvalid) };
        self.passwords.insert(key);
        current()
            .as_ref()
            .find_username(&username)
            .filter(|credential| credential.password_hash() == Some(&hash))
            .ok_or(Rejection::CredentialInvalid)
    }
}

#[cfg(test)]
#[path = "authenticator_tests.rs"]
mod tests;
