//! Remembers that a password was right, so that a Basic client pays for the slow hash once.

use std::net::IpAddr;

use moka::sync::Cache;
use ring::hmac;

use super::Network;
use crate::credential::Credential;

/// Positive results only. Keyed by a MAC, under a key drawn at start, over the credential's id, its
/// stored hash, the presented pair and where it comes from: a reset or another user never finds an old entry, and no
/// password is kept. Says nothing about enabled, expiry or rights: those are decided per request.
pub struct PasswordCache {
    key: hmac::Key,
    verified: Cache<[u8; 32], ()>,
}

/// The key of one verified pair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifiedKey([u8; 32]);

impl PasswordCache {
    /// A cache of at most this many verified pairs.
    ///
    /// # Errors
    /// When the system's random source fails.
    pub fn new(entries: u64) -> Result<Self, getrandom::Error> {
        let mut key = zeroize::Zeroizing::new([0_u8; 32]);
        getrandom::fill(key.as_mut())?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), verified: Cache::new(entries) })
    }

    /// The key for this pair against this credential as it is stored now. What was right from one place
    /// proves nothing from another: a hit there would be a look at a guess that the throttle never saw.
    pub fn key(&self, credential: &Credential, username: &str, password: &[u8], from: Option<Network>) -> VerifiedKey {
        let stored = credential.password_hash().map_or("", |hash| hash.as_str());
        let mut mac = hmac::Context::with_key(&self.key);
        let (v4, v6);
        let from: &[u8] = match from.map(Network::address) {
            None => &[],
            Some(IpAddr::V4(address)) => {
                v4 = address.octets();
                &v4
            }
            Some(IpAddr::V6(address)) => {
                v6 = address.octets();
                &v6
            }
        };
        for part in [credential.id.as_str().as_bytes(), stored.as_bytes(), username.as_bytes(), password, from] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        let mut key = [0; 32];
        key.copy_from_slice(mac.sign().as_ref());
        VerifiedKey(key)
    }

    /// True when this pair was right before.
    pub fn contains(&self, key: &VerifiedKey) -> bool {
        self.verified.get(&key.0).is_some()
    }

    /// Remembers that this pair was right.
    pub fn insert(&self, key: VerifiedKey) {
        self.verified.insert(key.0, ());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Account, StoredSecret};

    fn credential(id: &str, hash: &str) -> Credential {
        Credential {
            id: id.parse().unwrap(),
            account: Account { id: "acme".parse().unwrap(), access: true }.into(),
            name: None,
            secret: StoredSecret::Password { username: "user".into(), hash: hash.parse().unwrap() },
            enabled: true,
            version: None,
            scopes: None,
            expires_at: None,
            addresses: Box::default(),
            rate_limit: None,
            last_use: None,
        }
    }

    #[test]
    fn no_other_pair_or_credential_finds_an_entry() {
        let cache = PasswordCache::new(10).unwrap();
        let sha = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";
        let one = credential("one", sha);
        cache.insert(cache.key(&one, "user", b"secret", None));
        assert!(cache.contains(&cache.key(&one, "user", b"secret", None)));
        assert!(!cache.contains(&cache.key(&one, "user", b"secreT", None)));
        assert!(!cache.contains(&cache.key(&one, "users", b"ecret", None)));
        assert!(!cache.contains(&cache.key(&credential("two", sha), "user", b"secret", None)));
        let here = Some(Network::of([192, 0, 2, 1].into()));
        assert!(!cache.contains(&cache.key(&one, "user", b"secret", here)));
        let reset = credential("one", "$apr1$abcdefgh$sIQmFnT1CuEXAsyjuXjUX/");
        assert!(!cache.contains(&cache.key(&reset, "user", b"secret", None)));
    }

    #[test]
    fn another_process_has_another_key() {
        let one = credential("one", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=");
        let keys = [0, 1].map(|_| PasswordCache::new(1).unwrap().key(&one, "user", b"secret", None));
        assert!(keys[0] != keys[1]);
    }
}
