//! Proves a presented credential against the directory.

use std::sync::Arc;

use super::password_cache::VerifiedKey;
use super::{
    BasicCredentials, Directory, HashPool, HashQueueFull, Lookup, LookupKey, Network, PasswordCache, Presented,
    Rejection, Unavailable,
};
use crate::credential::{Credential, PasswordHash, PlainPassword, TokenDigest, TokenFormat};

/// Identifies credentials by their secret. Rights are decided by [`super::Rules`].
pub struct Authenticator {
    passwords: PasswordCache,
    hash_pool: HashPool,
}

/// Result of [`Authenticator::lookup`] and [`Authenticator::resolve`].
pub enum AuthOutcome {
    /// The secret is right.
    Authenticated(Arc<Credential>),
    Rejected(Rejection),
    /// To be passed to [`Authenticator::resolve`].
    NeedsFetch(NeedsFetch),
    /// To be passed to [`Authenticator::verify`].
    Pending(Box<PendingPassword>),
}

/// A presented credential that only [`Directory::fetch`] can find.
pub enum NeedsFetch {
    Token(TokenDigest),
    Basic(Box<UnresolvedBasic>),
}

/// A Basic pair whose user name the directory has to fetch. Since a slow hash follows in any case, cached user names
/// are fetched too: otherwise a faster answer would show which users are active.
pub struct UnresolvedBasic {
    username: Box<str>,
    password: PlainPassword,
    from: Option<Network>,
    cached: Option<Arc<Credential>>,
}

/// A Basic pair that waits for its slow hash. Unknown user names are verified against a dummy hash.
pub struct PendingPassword {
    username: Box<str>,
    password: PlainPassword,
    hash: PasswordHash,
    candidate: Option<VerifiedKey>,
    is_confirmed: bool,
}

impl PendingPassword {
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Whether a credential has this user name.
    pub fn is_known(&self) -> bool {
        self.candidate.is_some()
    }

    /// `None` for an unknown user name, which is verified against a dummy hash.
    pub fn stored_hash(&self) -> Option<&PasswordHash> {
        self.candidate.is_some().then_some(&self.hash)
    }

    /// The rejection for a wrong password. While the directory is unavailable, a wrong password cannot be distinguished
    /// from a changed one, and callers must not be able to tell a cached user from an unknown one.
    pub fn rejection(&self) -> Rejection {
        if self.is_confirmed { Rejection::CredentialInvalid } else { Rejection::DirectoryUnavailable }
    }
}

impl Authenticator {
    pub fn new(passwords: PasswordCache, hash_pool: HashPool) -> Self {
        Self { passwords, hash_pool }
    }

    /// Passwords that wait for a hashing thread.
    pub fn queue_depth(&self) -> usize {
        self.hash_pool.depth()
    }

    /// The fast path: one SHA-256 and one map read for a token; one MAC and two reads for a Basic pair that was
    /// verified before from the same network.
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
                    Lookup::Found(credential) | Lookup::Cached(credential) => AuthOutcome::Authenticated(credential),
                    Lookup::Absent => AuthOutcome::Rejected(Rejection::CredentialInvalid),
                    Lookup::NeedsFetch => AuthOutcome::NeedsFetch(NeedsFetch::Token(digest)),
                }
            }
            Presented::Password(basic) => self.lookup_basic(directory, basic, from),
        }
    }

    fn lookup_basic(&self, directory: &dyn Directory, basic: &BasicCredentials, from: Option<Network>) -> AuthOutcome {
        let (username, password) = (basic.username(), basic.password());
        let (found, is_current) = match directory.find_username(username) {
            Lookup::Found(credential) => (Some(credential), true),
            Lookup::Cached(credential) => (Some(credential), false),
            Lookup::Absent => (None, true),
            Lookup::NeedsFetch => (None, false),
        };
        let found = found.map(|credential| (self.passwords.key(&credential, username, password, from), credential));
        if let Some((_, credential)) = found.as_ref().filter(|(key, _)| self.passwords.contains(key)) {
            return AuthOutcome::Authenticated(credential.clone());
        }
        if is_current {
            return AuthOutcome::Pending(pending(directory, username.into(), PlainPassword::new(password), found));
        }
        AuthOutcome::NeedsFetch(NeedsFetch::Basic(Box::new(UnresolvedBasic {
            username: username.into(),
            password: PlainPassword::new(password),
            from,
            cached: found.map(|(_, credential)| credential),
        })))
    }

    /// Fetches from the directory. Never returns [`AuthOutcome::NeedsFetch`].
    pub async fn resolve(&self, directory: &dyn Directory, unresolved: NeedsFetch) -> AuthOutcome {
        match unresolved {
            NeedsFetch::Token(digest) => match directory.fetch(LookupKey::Token(digest)).await {
                Ok(Some(credential)) => AuthOutcome::Authenticated(credential),
                Ok(None) => AuthOutcome::Rejected(Rejection::CredentialInvalid),
                Err(Unavailable) => AuthOutcome::Rejected(Rejection::DirectoryUnavailable),
            },
            NeedsFetch::Basic(basic) => self.resolve_basic(directory, *basic).await,
        }
    }

    async fn resolve_basic(&self, directory: &dyn Directory, basic: UnresolvedBasic) -> AuthOutcome {
        let UnresolvedBasic { username, password, from, cached } = basic;
        let fetched = directory.fetch(LookupKey::Username(username.clone())).await;
        let is_confirmed = fetched.is_ok();
        let found = fetched.unwrap_or(cached);
        let found =
            found.map(|credential| (self.passwords.key(&credential, &username, password.reveal(), from), credential));
        if let Some((_, credential)) = found.as_ref().filter(|(key, _)| self.passwords.contains(key)) {
            return AuthOutcome::Authenticated(credential.clone());
        }
        let mut pending = pending(directory, username, password, found);
        pending.is_confirmed = is_confirmed;
        AuthOutcome::Pending(pending)
    }

    /// The slow path. `current` returns the directory in force once the hash is computed: the credential may have
    /// changed or been removed meanwhile.
    ///
    /// # Errors
    /// [`Rejection::CredentialInvalid`]; [`Rejection::DirectoryUnavailable`] when the hash queue is full or the
    /// directory cannot answer.
    pub async fn verify(
        &self,
        pending: PendingPassword,
        current: impl FnOnce() -> Arc<dyn Directory>,
    ) -> Result<Arc<Credential>, Rejection> {
        let PendingPassword { username, password, hash, candidate, .. } = pending;
        let to_rehash = (candidate.is_some() && hash.is_outdated(&password)).then(|| password.clone());
        let verdict = self.hash_pool.verify(hash.clone(), password).await;
        let is_right = verdict.map_err(|HashQueueFull| Rejection::DirectoryUnavailable)?;
        let (true, Some(key)) = (is_right, candidate) else { return Err(Rejection::CredentialInvalid) };
        self.passwords.insert(key);
        let directory = current();
        let credential = match directory.find_username(&username) {
            Lookup::Found(credential) | Lookup::Cached(credential) => Some(credential),
            Lookup::Absent => None,
            Lookup::NeedsFetch => {
                let fetched = directory.fetch(LookupKey::Username(username)).await;
                fetched.map_err(|Unavailable| Rejection::DirectoryUnavailable)?
            }
        };
        let credential = credential.filter(|credential| credential.password_hash() == Some(&hash));
        let credential = credential.ok_or(Rejection::CredentialInvalid)?;
        if let Some(password) = to_rehash.filter(|_| directory.replaces_hashes()) {
            let owner = credential.clone();
            self.hash_pool.rehash(password, move |hash| directory.replace_hash(&owner, hash));
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
        None => (None, directory.dummy_hash(&username)),
    };
    Box::new(PendingPassword { username, password, hash, candidate, is_confirmed: true })
}

#[cfg(test)]
#[path = "authenticator_tests.rs"]
mod tests;
