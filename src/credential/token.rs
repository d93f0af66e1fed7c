//! Tokens: minted ones with a checksum, and the SHA-256 digests of all.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::base62::ALPHABET;

/// 27 base62 characters carry 160.7 bits.
const RANDOM_LENGTH: usize = 27;
const CHECKSUM_LENGTH: usize = 6;

/// A token in plain text. Shown once, never stored: no `Display`, no `Serialize`, a redacted `Debug`.
pub struct PlainToken(Zeroizing<String>);

impl PlainToken {
    /// The secret, to be shown to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The stored form.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken([redacted])")
    }
}

/// The format of minted tokens: prefix, 160 random bits, CRC-32 of both, in base62. The checksum allows junk to be
/// refused without a lookup and leaked tokens to be found by scanners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFormat {
    prefix: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 2 to 16 lower-case letters and digits, then an underscore")]
pub struct TokenFormatError;

impl Default for TokenFormat {
    fn default() -> Self {
        Self { prefix: "clv_".into() }
    }
}

impl FromStr for TokenFormat {
    type Err = TokenFormatError;

    fn from_str(prefix: &str) -> Result<Self, TokenFormatError> {
        let name = prefix.strip_suffix('_').ok_or(TokenFormatError)?;
        let fits = (2..=16).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if fits { Ok(Self { prefix: prefix.into() }) } else { Err(TokenFormatError) }
    }
}

impl TokenFormat {
    /// Tokens of the management API; no gate accepts them.
    pub fn operator() -> Self {
        Self { prefix: "clvop_".into() }
    }

    /// Tokens with which the API behind posts its events; neither a gate nor the rest of the management API accepts them.
    pub fn publisher() -> Self {
        Self { prefix: "clvpub_".into() }
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// # Errors
    /// The system's random source fails.
    pub fn mint(&self) -> Result<PlainToken, getrandom::Error> {
        let length = self.prefix.len() + RANDOM_LENGTH + CHECKSUM_LENGTH;
        let mut token = Zeroizing::new(String::with_capacity(length));
        token.push_str(&self.prefix);
        super::base62::append_random(&mut token, RANDOM_LENGTH)?;
        let checksum = checksum(token.as_bytes());
        token.extend(checksum.iter().copied().map(char::from));
        Ok(PlainToken(token))
    }

    /// True for a text with our prefix that cannot have been minted: no lookup can find it.
    pub fn is_junk(&self, presented: &[u8]) -> bool {
        let Some(rest) = presented.strip_prefix(self.prefix.as_bytes()) else {
            return false;
        };
        if rest.len() != RANDOM_LENGTH + CHECKSUM_LENGTH {
            return true;
        }
        let (body, stated) = presented.split_at(presented.len() - CHECKSUM_LENGTH);
        checksum(body) != stated
    }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let mut rest = crc32fast::hash(body);
    let mut text = [b'0'; CHECKSUM_LENGTH];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    text
}

/// The SHA-256 of a token. Tokens have enough entropy for a fast hash (OWASP ASVS 5, 6.5.2), and the digest is the key
/// of a map lookup.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenDigest([u8; 32]);

/// The messages never repeat the text: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Without `sha256:`; most likely the secret itself.
    #[error("is not a token digest; write the digest here, never the token itself")]
    Plain,
    #[error("is not 64 hexadecimal digits after sha256:")]
    Malformed,
    #[error("is the digest of an empty token")]
    Empty,
}

impl TokenDigest {
    pub fn of(token: &[u8]) -> Self {
        // ring is faster than sha2 on processors without SHA instructions, and as fast on others.
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token).as_ref());
        Self(bytes)
    }

    /// `None` unless it is 32 bytes and not the digest of an empty token.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().map(Self).ok().filter(|digest| *digest != Self::of(b""))
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for TokenDigest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hex = text.strip_prefix("sha256:").ok_or(DigestError::Plain)?.as_bytes();
        let mut digest = [0_u8; 32];
        if hex.len() != 2 * digest.len() {
            return Err(DigestError::Malformed);
        }
        for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or(DigestError::Malformed)?;
            let low = char::from(pair[1]).to_digit(16).ok_or(DigestError::Malformed)?;
            *byte = (high * 16 + low) as u8;
        }
        let digest = Self(digest);
        if digest == Self::of(b"") { Err(DigestError::Empty) } else { Ok(digest) }
    }
}

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenDigest({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_token_passes_its_own_checksum_and_no_other_does() {
        let format = TokenFormat::default();
        let token = format.mint().unwrap();
        assert_eq!(token.reveal().len(), 37);
        assert!(!format.is_junk(token.reveal().as_bytes()));
        for index in 4..37 {
            let mut wrong = token.reveal().as_bytes().to_vec();
            wrong[index] = if wrong[index] == b'x' { b'y' } else { b'x' };
            assert!(format.is_junk(&wrong), "a change at {index} went unnoticed");
        }
        assert!(format.is_junk(b"clv_"));
        assert!(!format.is_junk(b"a token that the API already had"));
    }

    #[test]
    fn minted_tokens_differ() {
        let format = TokenFormat::default();
        assert_ne!(format.mint().unwrap().reveal(), format.mint().unwrap().reveal());
    }

    /// Tokens in use were minted by earlier versions.
    #[test]
    fn tokens_of_earlier_versions_are_not_junk() {
        let format = TokenFormat::default();
        for token in ["clv_ujGTpwCmfUMu90FAif0PVJ74BnZ3sNJx5", "clv_TibCqFwq1OXfVgUeBEhDlsTBrne1gge2L"] {
            assert!(!format.is_junk(token.as_bytes()), "{token}");
        }
    }

    #[test]
    fn every_character_is_as_likely_as_any_other() {
        let format = TokenFormat::default();
        let mut counts = [0_usize; 62];
        for _ in 0..1000 {
            let token = format.mint().unwrap();
            for letter in &token.reveal().as_bytes()[4..4 + RANDOM_LENGTH] {
                counts[ALPHABET.iter().position(|known| known == letter).unwrap()] += 1;
            }
        }
        // 435 each on average; the odds against a fair source leaving this range are some 10^12 to one.
        assert!(counts.iter().all(|count| (280..590).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_prefix_is_short_and_plain_and_ends_in_an_underscore() {
        for fine in ["clv_", "ab_", "a1b2c3d4e5f6g7h8_"] {
            assert_eq!(fine.parse::<TokenFormat>().unwrap().prefix(), fine);
        }
        for odd in ["", "_", "a_", "clv", "a1b2c3d4e5f6g7h8i_", "Clv_", "cl-v_", "cl_v_", "clé_"] {
            assert_eq!(odd.parse::<TokenFormat>(), Err(TokenFormatError), "{odd}");
        }
        let format: TokenFormat = "acme_".parse().unwrap();
        assert!(!format.is_junk(format.mint().unwrap().reveal().as_bytes()));
        assert!(!format.is_junk(b"clv_ujGTpwCmfUMu90FAif0PVJ74BnZ3sNJx6"));
    }

    #[test]
    fn a_digest_reads_back_what_it_prints() {
        let digest = TokenDigest::of(b"abc");
        assert_eq!(digest.to_string(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!((digest.as_bytes()[0], digest.as_bytes()[31]), (0xba, 0xad));
    }

    #[test]
    fn a_text_that_is_no_digest_is_refused_without_repeating_it() {
        assert_eq!("hunter2".parse::<TokenDigest>(), Err(DigestError::Plain));
        assert_eq!("sha256:".parse::<TokenDigest>(), Err(DigestError::Malformed));
        assert_eq!(format!("sha256:{}", "g".repeat(64)).parse::<TokenDigest>(), Err(DigestError::Malformed));
        assert_eq!(TokenDigest::of(b"").to_string().parse::<TokenDigest>(), Err(DigestError::Empty));
        assert!(!DigestError::Plain.to_string().contains("hunter2"));
    }

    #[test]
    fn debug_output_contains_no_plain_token() {
        let token = TokenFormat::default().mint().unwrap();
        assert_eq!(format!("{token:?}"), "PlainToken([redacted])");
        assert_eq!(format!("{:?}", TokenDigest::of(b"abc")), "TokenDigest(ba78…)");
    }
}
