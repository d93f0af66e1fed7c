//! Password hashes: argon2id for new passwords, and the schemes of htpasswd files.

mod crypt;
mod overlap;

use std::fmt;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, Block, Params};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use self::crypt::{CryptHash, is_des, md5_crypt};
pub use self::overlap::Overlap;
use super::normalized_chars;

/// Bounds for stored parameters; without them one line of a file could exhaust the machine.
const ARGON2_MAX_KIB: u32 = 256 * 1024;
const ARGON2_MAX_PASSES: u32 = 16;
const ARGON2_MAX_LANES: u32 = 8;
/// Memory of new hashes.
const DEFAULT_KIB: u32 = 19 * 1024;
const GENERATED_LENGTH: usize = 24;
const KEPT_BLOCKS: usize = DEFAULT_KIB as usize;
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;
const APR1_ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A password in plain text, in NFC (RFC 8265): passwords are compared in the form in which they are hashed. No `Display`,
/// no `Serialize`, a redacted `Debug`, wiped when dropped.
#[derive(Clone)]
pub struct PlainPassword(Zeroizing<Box<[u8]>>);

impl PlainPassword {
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.is_ascii() {
            return Self(Zeroizing::new(bytes.into()));
        }
        // NFC has at most three times as many bytes; reallocation would leave an unwiped copy behind.
        let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
        text.extend(normalized_chars(bytes));
        Self(Zeroizing::new(text.as_bytes().into()))
    }

    /// 24 characters with 142 random bits.
    ///
    /// # Errors
    /// The system's random source fails.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut text = Zeroizing::new(String::new());
        super::base62::append_random(&mut text, GENERATED_LENGTH)?;
        Ok(Self::new(text.as_bytes()))
    }

    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PlainPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainPassword([redacted])")
    }
}

/// Working memory of argon2, reused by a hashing thread. Never keeps more than the default parameters need.
#[derive(Default)]
pub struct HashMemory(Vec<Block>);

impl HashMemory {
    fn at_least(&mut self, blocks: usize) -> &mut [Block] {
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::new());
        }
        &mut self.0[..blocks]
    }

    /// Frees the memory of a hash that cost more than the default.
    fn shrink(&mut self) {
        if self.0.len() > KEPT_BLOCKS {
            self.0 = Vec::new();
        }
    }
}

/// A stored password hash, in its original notation.
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordHash {
    /// `$argon2id$…` (RFC 9106, PHC string format).
    Argon2id(Box<str>),
    /// `$2a$`, `$2b$`, `$2y$` as htpasswd -B writes it; uses the first 72 bytes of the password.
    Bcrypt(Box<str>),
    /// `$apr1$`, Apache's MD5 crypt.
    Apr1(Box<str>),
    /// `{SHA}`, unsalted SHA-1 in base64.
    Sha1(Box<str>),
    /// `$1$`, `$5$` and `$6$` of crypt(3).
    Crypt(CryptHash),
    /// Never in a file.
    Overlap(Box<Overlap>),
}

/// The messages never repeat the text: it may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordHashError {
    /// Most likely the password itself.
    #[error("is not a password hash; write the hash here, never the password itself")]
    Plain,
    #[error("is a malformed {0} hash")]
    Malformed(&'static str),
    #[error(
        "exceeds the allowed cost (argon2id: 256 MiB, 16 passes, 8 lanes; bcrypt: cost 14; SHA-crypt: 700,000 rounds)"
    )]
    TooCostly,
    #[error(
        "uses an unsupported hash scheme; supported are argon2id, bcrypt, apr1, {{SHA}}, and $1$, $5$ and $6$ of crypt"
    )]
    Unsupported,
    #[error("looks like a DES hash, which is not supported: it compares the first 8 characters of a password only")]
    Des,
    #[error("could not be computed: the system has no memory or no randomness")]
    Failed,
}

impl FromStr for PasswordHash {
    type Err = PasswordHashError;

    fn from_str(text: &str) -> Result<Self, PasswordHashError> {
        if text.starts_with("$argon2id$") {
            argon2_parts(text).map(|_| Self::Argon2id(text.into()))
        } else if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix)) {
            let parts: bcrypt::HashParts = text.parse().map_err(|_| PasswordHashError::Malformed("bcrypt"))?;
            if !BCRYPT_COSTS.contains(&parts.get_cost()) {
                return Err(PasswordHashError::TooCostly);
            }
            Ok(Self::Bcrypt(text.into()))
        } else if let Some(rest) = text.strip_prefix("$apr1$") {
            let (salt, digest) = rest.split_once('$').ok_or(PasswordHashError::Malformed("apr1"))?;
            let plausible = (1..=8).contains(&salt.len())
                && digest.len() == 22
                && digest.bytes().all(|byte| APR1_ALPHABET.contains(&byte));
            plausible.then(|| Self::Apr1(text.into())).ok_or(PasswordHashError::Malformed("apr1"))
        } else if let Some(encoded) = text.strip_prefix("{SHA}") {
            let whole = STANDARD.decode(encoded).is_ok_and(|digest| digest.len() == 20);
            whole.then(|| Self::Sha1(text.into())).ok_or(PasswordHashError::Malformed("{SHA}"))
        } else if let Some(hash) = CryptHash::parse(text) {
            hash.map(Self::Crypt)
        } else if text.starts_with('$') || text.starts_with('{') {
            Err(PasswordHashError::Unsupported)
        } else if is_des(text) {
            Err(PasswordHashError::Des)
        } else {
            Err(PasswordHashError::Plain)
        }
    }
}

impl PasswordHash {
    /// Hashes a password: argon2id, 19 MiB, t=2, p=1 (OWASP), a random 16-byte salt.
    ///
    /// # Errors
    /// [`PasswordHashError::Failed`] without memory or randomness.
    pub fn of(password: &PlainPassword) -> Result<Self, PasswordHashError> {
        let failed = |_| PasswordHashError::Failed;
        let mut salt = [0_u8; 16];
        getrandom::fill(&mut salt).map_err(|_| PasswordHashError::Failed)?;
        let params = Params::new(DEFAULT_KIB, 2, 1, Some(32)).map_err(failed)?;
        let mut output = [0_u8; 32];
        Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(password.reveal(), &salt, &mut output)
            .map_err(failed)?;
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD;
        let text = format!("$argon2id$v=19$m=19456,t=2,p=1${}${}", base64.encode(salt), base64.encode(output));
        Ok(Self::Argon2id(text.into()))
    }

    /// A hash that no password matches, at the cost of a default one.
    pub fn dummy() -> Self {
        let zeros = "A".repeat(43);
        Self::Argon2id(format!("$argon2id$v=19$m=19456,t=2,p=1$Y2xhdmlnZXIgZGVjb3kgIQ${zeros}").into())
    }

    /// Takes the same time for right and wrong passwords: tens of milliseconds, so never call it on an async thread.
    pub fn verify(&self, password: &[u8], memory: &mut HashMemory) -> bool {
        match self {
            Self::Argon2id(text) => verify_argon2(text, password, memory),
            Self::Bcrypt(text) => bcrypt::verify(password, text).unwrap_or(false),
            Self::Apr1(text) => {
                let mut parts = text.splitn(4, '$').skip(2);
                let (Some(salt), Some(digest)) = (parts.next(), parts.next()) else { return false };
                md5_crypt(b"$apr1$", password, salt.as_bytes()).ct_eq(digest.as_bytes()).into()
            }
            Self::Sha1(text) => {
                let stored = STANDARD.decode(text.trim_start_matches("{SHA}")).unwrap_or_default();
                Sha1::digest(password).as_slice().ct_eq(&stored).into()
            }
            Self::Crypt(hash) => hash.verify(password),
            Self::Overlap(both) => both.verify(password, memory),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Argon2id(text) | Self::Bcrypt(text) | Self::Apr1(text) | Self::Sha1(text) => text,
            Self::Crypt(hash) => hash.as_str(),
            Self::Overlap(both) => both.as_str(),
        }
    }

    /// Scheme and parameters. Hashes with equal cost take the same time to verify.
    pub fn cost(&self) -> &str {
        match self {
            // Without salt and digest.
            Self::Argon2id(text) => text.rsplitn(3, '$').nth(2).unwrap_or(text),
            Self::Bcrypt(text) => text.get(.."$2y$10".len()).unwrap_or(text),
            Self::Apr1(_) | Self::Sha1(_) => self.scheme(),
            Self::Crypt(hash) => hash.cost(),
            Self::Overlap(both) => both.cost(),
        }
    }

    /// True when the hash should be replaced by argon2id. Not for a bcrypt hash of a longer password: bcrypt ignores
    /// what follows the first 72 bytes, so a new hash could refuse passwords that the old one accepts. Not for an
    /// overlap either: it is unknown which of the two passwords matched.
    pub fn is_outdated(&self, password: &PlainPassword) -> bool {
        match self {
            Self::Argon2id(_) | Self::Overlap(_) => false,
            Self::Bcrypt(_) => password.reveal().len() <= 72,
            // A password that is too long for crypt(3) never matched.
            Self::Apr1(_) | Self::Sha1(_) | Self::Crypt(_) => true,
        }
    }

    /// The name of the scheme in messages and documentation.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Argon2id(_) => "argon2id",
            Self::Bcrypt(_) => "bcrypt",
            Self::Apr1(_) => "apr1",
            Self::Sha1(_) => "{SHA}",
            Self::Crypt(hash) => hash.scheme(),
            Self::Overlap(both) => both.current().scheme(),
        }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({})", self.scheme())
    }
}

fn argon2_parts(text: &str) -> Result<(Argon2<'static>, argon2::PasswordHash), PasswordHashError> {
    let malformed = PasswordHashError::Malformed("argon2id");
    let parsed = argon2::PasswordHash::new(text).map_err(|_| malformed)?;
    if parsed.version.is_some_and(|version| version != 0x13) || parsed.salt.is_none() || parsed.hash.is_none() {
        return Err(malformed);
    }
    let params = Params::try_from(&parsed).map_err(|_| malformed)?;
    let within = params.m_cost() <= ARGON2_MAX_KIB
        && params.t_cost() <= ARGON2_MAX_PASSES
        && params.p_cost() <= ARGON2_MAX_LANES;
    if !within {
        return Err(PasswordHashError::TooCostly);
    }
    Ok((Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params), parsed))
}

fn verify_argon2(text: &str, password: &[u8], memory: &mut HashMemory) -> bool {
    let Ok((argon2, parsed)) = argon2_parts(text) else { return false };
    let (Some(salt), Some(stored)) = (parsed.salt, parsed.hash) else { return false };
    let mut output = [0_u8; argon2::password_hash::phc::Output::MAX_LENGTH];
    let output = &mut output[..stored.len()];
    let blocks = memory.at_least(argon2.params().block_count());
    let hashed = argon2.hash_password_into_with_memory(password, salt.as_ref(), output, blocks);
    memory.shrink();
    hashed.is_ok() && bool::from(output[..].ct_eq(stored.as_bytes()))
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;
