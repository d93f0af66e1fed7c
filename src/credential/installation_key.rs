//! The secret of an installation, which every process of a fleet has and no database holds.

use std::fmt;

use ring::{hkdf, hmac};
use zeroize::Zeroizing;

/// Length of a key, and of what is derived from it, in bytes.
pub const INSTALLATION_KEY_BYTES: usize = 32;
/// Bytes of a key id, which rows name.
const ID_BYTES: usize = 8;

/// 32 random bytes. No `Display`, no `Serialize`, a redacted `Debug`.
pub struct InstallationKey {
    id: String,
    bytes: Zeroizing<[u8; INSTALLATION_KEY_BYTES]>,
}

/// The key of new values, and previous ones for as long as something derives from them.
#[derive(Debug)]
pub struct InstallationKeys {
    current: InstallationKey,
    old: Vec<InstallationKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InstallationKeyError {
    #[error("holds {0} bytes; a key is exactly 32 random bytes")]
    Length(usize),
    #[error("holds one byte 32 times; a key is 32 random bytes")]
    Constant,
}

impl InstallationKey {
    /// # Errors
    /// The system's random source fails.
    pub fn mint() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; INSTALLATION_KEY_BYTES]);
        getrandom::fill(bytes.as_mut())?;
        Ok(Self::of(bytes))
    }

    /// # Errors
    /// When this is no key.
    pub fn parse(content: &[u8]) -> Result<Self, InstallationKeyError> {
        let bytes: [u8; INSTALLATION_KEY_BYTES] =
            content.try_into().map_err(|_| InstallationKeyError::Length(content.len()))?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(InstallationKeyError::Constant);
        }
        Ok(Self::of(Zeroizing::new(bytes)))
    }

    fn of(bytes: Zeroizing<[u8; INSTALLATION_KEY_BYTES]>) -> Self {
        let id = expand(&bytes, &["key id"]);
        Self { id: id[..ID_BYTES].iter().map(|byte| format!("{byte:02x}")).collect(), bytes }
    }

    /// What rows name it by; tells nothing about the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The content of its file.
    pub fn reveal(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// A secret of this kind for the entity with this id (HKDF-SHA-256); another generation gives another secret.
    pub fn derive(&self, kind: &str, id: &str, generation: u64) -> Zeroizing<[u8; INSTALLATION_KEY_BYTES]> {
        expand(&self.bytes, &[kind, id, &generation.to_string()])
    }

    /// The stored form of a code, which without this key cannot be tried out (HMAC-SHA-256).
    pub fn code_digest(&self, reveal: &str, code: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&self.code_key(reveal), code.as_bytes()).as_ref());
        digest
    }

    /// Whether this is the code of that digest, in constant time.
    pub fn is_code(&self, reveal: &str, code: &str, digest: &[u8]) -> bool {
        hmac::verify(&self.code_key(reveal), code.as_bytes(), digest).is_ok()
    }

    fn code_key(&self, reveal: &str) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.derive("reveal code", reveal, 0).as_ref())
    }
}

impl InstallationKeys {
    pub fn new(current: InstallationKey, old: Vec<InstallationKey>) -> Self {
        Self { current, old }
    }

    pub fn current(&self) -> &InstallationKey {
        &self.current
    }

    /// The current or an old key.
    pub fn with_id(&self, id: &str) -> Option<&InstallationKey> {
        [&self.current].into_iter().chain(&self.old).find(|key| key.id == id)
    }

    pub fn old(&self) -> &[InstallationKey] {
        &self.old
    }
}

/// Each part with its length before it: no two lists of parts are the same bytes.
fn expand(key: &[u8; INSTALLATION_KEY_BYTES], parts: &[&str]) -> Zeroizing<[u8; INSTALLATION_KEY_BYTES]> {
    let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
    let info: Vec<&[u8]> =
        parts.iter().zip(&lengths).flat_map(|(part, length)| [length.as_slice(), part.as_bytes()]).collect();
    let mut derived = Zeroizing::new([0; INSTALLATION_KEY_BYTES]);
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, b"claviger installation key").extract(key);
    // Fails only for outputs of more than 8,160 bytes.
    let filled = pseudorandom.expand(&info, hkdf::HKDF_SHA256).and_then(|material| material.fill(derived.as_mut()));
    assert!(filled.is_ok(), "HKDF gives 32 bytes");
    derived
}

impl fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstallationKey({} [redacted])", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(first: u8) -> InstallationKey {
        let mut bytes = [7; INSTALLATION_KEY_BYTES];
        bytes[0] = first;
        InstallationKey::parse(&bytes).unwrap()
    }

    #[test]
    fn what_is_derived_depends_on_every_part() {
        let secrets = [
            key(1).derive("webhook", "a", 1),
            key(2).derive("webhook", "a", 1),
            key(1).derive("totp", "a", 1),
            key(1).derive("webhook", "b", 1),
            key(1).derive("webhook", "a", 2),
            key(1).derive("webhooka", "", 1),
        ];
        let different: std::collections::BTreeSet<_> = secrets.iter().map(|secret| secret.to_vec()).collect();
        assert_eq!(different.len(), secrets.len());
        assert_eq!(key(1).derive("webhook", "a", 1), key(1).derive("webhook", "a", 1));
    }

    #[test]
    fn a_code_matches_its_own_digest_alone() {
        let digest = key(1).code_digest("rev_1", "48219037");
        assert!(key(1).is_code("rev_1", "48219037", &digest));
        assert!(!key(1).is_code("rev_2", "48219037", &digest) && !key(2).is_code("rev_1", "48219037", &digest));
        assert!(!key(1).is_code("rev_1", "48219038", &digest) && !key(1).is_code("rev_1", "", &digest));
        assert!(!key(1).is_code("rev_1", "48219037", &digest[..31]) && !key(1).is_code("rev_1", "48219037", b""));
    }

    #[test]
    fn junk_is_no_key_and_a_key_is_never_shown() {
        for junk in [&b""[..], b"short", &[1; 31], &[1; 33], &[0; 32], &[0xff; 32]] {
            assert!(InstallationKey::parse(junk).is_err(), "{junk:?}");
        }
        let minted = InstallationKey::mint().unwrap();
        assert_eq!(InstallationKey::parse(minted.reveal()).unwrap().id(), minted.id());
        assert_eq!(format!("{minted:?}"), format!("InstallationKey({} [redacted])", minted.id()));
    }

    #[test]
    fn a_key_is_found_by_its_id_among_old_ones() {
        let keys = InstallationKeys::new(key(1), vec![key(2), key(3)]);
        assert_eq!(keys.with_id(key(3).id()).map(InstallationKey::id), Some(key(3).id()));
        assert!(keys.with_id(key(4).id()).is_none() && keys.with_id("").is_none());
        assert_eq!(keys.current().id(), key(1).id());
    }
}
