//! Caches verified passwords, so that a Basic client pays for the slow hash once.

use std::net::IpAddr;

use moka::sync::Cache;
use ring::hmac;

use super::Network;
use crate::credential::Credential;

/// Holds positive results only. The key is a MAC, under a random key of this process, over the credential's id, its
/// stored hash, the presented pair and the client's network: after a reset no old entry matches, and no password is
/// stored. Enabled, expiry and rights are decided per request.
pub struct PasswordCache {
    key: hmac::Key,
    verified: Cache<[u8; 32], ()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifiedKey([u8; 32]);

impl PasswordCache {
    /// Holds at most `entries` pairs.
    ///
    /// # Errors
    /// The system's random source fails.
    pub fn new(entries: u64) -> Result<Self, getrandom::Error> {
        let mut key = zeroize::Zeroizing::new([0_u8; 32]);
        getrandom::fill(key.as_mut())?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), verified: Cache::new(entries) })
    }

    /// The network is part of the key: a cache hit from another network would answer a guess that the throttle
    /// never counted.
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

    pub fn contains(&self, key: &VerifiedKey) -> bool {
        self.verified.get(&key.0).is_some()
    }

    pub fn insert(&self, key: VerifiedKey) {
        self.verified.insert(key.0, ());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Account, StoredSecret};

    fn credential(id: &str, hash: &str) -> Credential {
        let account = Account { id: "acme".parse().unwrap(), access: true };
        let secret = StoredSecret::Password { username: "user".into(), hash: hash.parse().unwrap() };
        Credential::unrestricted(id.parse().unwrap(), account.into(), secret)
    }

    #[test]
    fn only_the_same_pair_credential_hash_and_network_find_an_entry() {
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
    fn each_process_has_a_key_of_its_own() {
        let one = credential("one", "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=");
        let keys = [0, 1].map(|_| PasswordCache::new(1).unwrap().key(&one, "user", b"secret", None));
        assert!(keys[0] != keys[1]);
    }
}
