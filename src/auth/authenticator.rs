//! Proves a presented credential against the directory.

use std::sync::Arc;

use super::password_cache::VerifiedKey;
use super::{
    BasicCredentials, Directory, HashPool, HashQueueFull, Lookup, LookupKey, Network, PasswordCache, Presented,
    Rejection, Unavailable,
};
use crate::credential::{Credential, PasswordHash, PlainPassword, TokenDigest, TokenFormat};

/// Recognises credentials by their secret. Says nothing about rights: that is for [`super::Rules`].
pub struct Authenticator {
    passwords: PasswordCache,
    hashing: HashPool,
}

/// What became of a presented credential so far.
pub enum AuthOutcome {
    /// The secret is right.
    Known(Arc<Credential>),
    /// It is not, or there is no such credential.
    Rejected(Rejection),
    /// The directory has to be asked first.
    Unsettled(Unsettled),
    /// A slow hash has to be verified first.
    Pending(Box<PendingPassword>),
}

/// A credential that the directory could not find, or not surely enough, without waiting.
pub enum Unsettled {
    /// A token.
    Token(TokenDigest),
    /// A Basic pair.
    Pair(Box<UnresolvedBasic>),
}

/// A Basic pair before it is known whose it may be. A slow hash is to come in any case, so the directory is
/// asked even for a user name that it remembers: else its answers would be quicker for the users who are active.
pub struct UnresolvedBasic {
    username: Box<str>,
    password: PlainPassword,
    from: Option<Network>,
    remembered: Option<Arc<Credential>>,
}

/// A Basic pair on its way to the hashing threads. Unknown user names take the same way.
pub struct PendingPassword {
    username: Box<str>,
    password: PlainPassword,
    hash: PasswordHash,
    candidate: Option<VerifiedKey>,
    is_vouched_for: bool,
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

    /// What a wrong password is answered with. While the directory cannot be asked, nobody can tell a wrong
    /// password from one that was changed, nor should a caller tell a remembered user from an unknown one.
    pub fn rejection(&self) -> Rejection {
        if self.is_vouched_for { Rejection::CredentialInvalid } else { Rejection::DirectoryUnavailable }
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
    pub fn lookup(
        &self,
        format: &TokenFormat,
        directory: &dyn Directory,
        presented: &Presented,
        from: Option<Network>,
    ) -> AuthOutcome {
        match presented {
            Presented::Token { token, .. } => {
                if format.is_junk(token) {
                    return AuthOutcome::Rejected(Rejection::CredentialInvalid);
                }
                let digest = TokenDigest::of(token);
                match directory.find_token(&digest) {
                    Lookup::Found(credential) | Lookup::Remembered(credential) => AuthOutcome::Known(credential),
                    Lookup::Absent => AuthOutcome::Rejected(Rejection::CredentialInvalid),
                    Lookup::Unsettled => AuthOutcome::Unsettled(Unsettled::Token(digest)),
                }
            }
            Presented::Password(pair) => self.recognise_pair(directory, pair, from),
        }
    }

    fn recognise_pair(&self, directory: &dyn Directory, pair: &BasicCredentials, from: Option<Network>) -> AuthOutcome {
        let (username, password) = (pair.username(), pair.password());
        let (found, is_settled) = match directory.find_username(username) {
            Lookup::Found(credential) => (Some(credential), true),
            Lookup::Remembered(credential) => (Some(credential), false),
            Lookup::Absent => (None, true),
            Lookup::Unsettled => (None, false),
        };
        let found = found.map(|credential| (self.passwords.key(&credential, username, password, from), credential));
        if let Some((_, credential)) = found.as_ref().filter(|(key, _)| self.passwords.contains(key)) {
            return AuthOutcome::Known(credential.clone());
        }
        if is_settled {
            return AuthOutcome::Pending(pending(directory, username.into(), PlainPassword::new(password), found));
        }
        AuthOutcome::Unsettled(Unsettled::Pair(Box::new(UnresolvedBasic {
            username: username.into(),
            password: PlainPassword::new(password),
            from,
            remembered: found.map(|(_, credential)| credential),
        })))
    }

    /// Asks the directory, where the quick part could not tell.
    pub async fn settle(&self, directory: &dyn Directory, unsettled: Unsettled) -> AuthOutcome {
        match unsettled {
            Unsettled::Token(digest) => match directory.fetch(LookupKey::Token(digest)).await {
                Ok(Some(credential)) => AuthOutcome::Known(credential),
                Ok(None) => AuthOutcome::Rejected(Rejection::CredentialInvalid),
                Err(Unavailable) => AuthOutcome::Rejected(Rejection::DirectoryUnavailable),
            },
            Unsettled::Pair(pair) => self.settle_pair(directory, *pair).await,
        }
    }

    async fn settle_pair(&self, directory: &dyn Directory, pair: UnresolvedBasic) -> AuthOutcome {
        let UnresolvedBasic { username, password, from, remembered } = pair;
        let answer = directory.fetch(LookupKey::Username(username.clone())).await;
        let is_vouched_for = answer.is_ok();
        let found = answer.unwrap_or(remembered);
        let found =
            found.map(|credential| (self.passwords.key(&credential, &username, password.reveal(), from), credential));
        if let Some((_, credential)) = found.as_ref().filter(|(key, _)| self.passwords.contains(key)) {
            return AuthOutcome::Known(credential.clone());
        }
        let mut pending = pending(directory, username, password, found);
        pending.is_vouched_for = is_vouched_for;
        AuthOutcome::Pending(pending)
    }

    /// The slow part. `current` gives the directory as it is when the hash is done, because the
    /// credential may have been changed or removed while it was computed.
    ///
    /// # Errors
    /// [`Rejection::CredentialInvalid`], or [`Rejection::DirectoryUnavailable`] when too many wait or the
    /// directory cannot tell any more.
    pub async fn verify(
        &self,
        pending: PendingPassword,
        current: impl FnOnce() -> Arc<dyn Directory>,
    ) -> Result<Arc<Credential>, Rejection> {
        let PendingPassword { username, password, hash, candidate, .. } = pending;
        // Kept for the case that it is right and its hash is one of yesterday.
        let again = (candidate.is_some() && hash.is_outdated(&password)).then(|| password.clone());
        let verdict = self.hashing.verify(hash.clone(), password).await;
        let right = verdict.map_err(|HashQueueFull| Rejection::DirectoryUnavailable)?;
        let (true, Some(key)) = (right, candidate) else { return Err(Rejection::CredentialInvalid) };
        self.passwords.insert(key);
        let directory = current();
        let now = match directory.find_username(&username) {
            Lookup::Found(credential) | Lookup::Remembered(credential) => Some(credential),
            Lookup::Absent => None,
            Lookup::Unsettled => {
                let answer = directory.fetch(LookupKey::Username(username)).await;
                answer.map_err(|Unavailable| Rejection::DirectoryUnavailable)?
            }
        };
        let credential = now.filter(|credential| credential.password_hash() == Some(&hash));
        let credential = credential.ok_or(Rejection::CredentialInvalid)?;
        if let Some(password) = again.filter(|_| directory.replaces_hashes()) {
            let of = credential.clone();
            self.hashing.rehash(password, move |hash| directory.replace_hash(&of, hash));
        }
        Ok(credential)
    }
}

fn pending(
    directory: &dyn Directory,
    username: Box<str>,
    password: PlainPassword,
    found: Option<(VerifiedKey, Arc<Credential>)>,
) -> Box<PendingPassword> {
    let stored = found.and_then(|(key, credential)| Some((key, credential.password_hash()?.clone())));
    let (candidate, hash) = match stored {
        Some((key, hash)) => (Some(key), hash),
        None => (None, directory.decoy(&username)),
    };
    Box::new(PendingPassword { username, password, hash, candidate, is_vouched_for: true })
}

#[cfg(test)]
#[path = "authenticator_tests.rs"]
mod tests;
