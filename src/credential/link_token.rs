//! Random tokens of sessions (in cookies) and of links that work once.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::TokenDigest;

const RANDOM_BYTES: usize = 32;
/// Base64 characters for 256 bits.
const LENGTH: usize = 43;

/// 256 random bits in plain text. No `Display`, no `Serialize`, a redacted `Debug`.
pub struct PlainLinkToken(Zeroizing<String>);

impl PlainLinkToken {
    /// # Errors
    /// The system's random source fails.
    pub fn mint() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0_u8; RANDOM_BYTES]);
        getrandom::fill(bytes.as_mut())?;
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        URL_SAFE_NO_PAD.encode_string(bytes.as_ref(), &mut text);
        Ok(Self(text))
    }

    /// Parses a presented token; `None` if it cannot have been minted here.
    pub fn presented(text: &str) -> Option<Self> {
        if text.len() != LENGTH {
            return None;
        }
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        (bytes.len() == RANDOM_BYTES).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret, for the link or cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The stored form.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for PlainLinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainLinkToken([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_token_parses_and_no_two_are_equal() {
        let (one, other) = (PlainLinkToken::mint().unwrap(), PlainLinkToken::mint().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(PlainLinkToken::presented(one.reveal()).unwrap().digest(), one.digest());
        assert_eq!(format!("{one:?}"), "PlainLinkToken([redacted])");
    }

    #[test]
    fn junk_does_not_parse() {
        let token = PlainLinkToken::mint().unwrap();
        let whole = token.reveal();
        let end = format!("{}B", &whole[..LENGTH - 1]);
        let long = "A".repeat(100_000);
        let others =
            ["", "A", &whole[1..], &format!("{whole}A"), &format!("{}=", &whole[1..]), &end, &"+".repeat(43), &long];
        for junk in others {
            assert!(PlainLinkToken::presented(junk).is_none(), "{junk}");
        }
        assert!(PlainLinkToken::presented(&"ä".repeat(21)).is_none());
        assert!(PlainLinkToken::presented(&"\0".repeat(43)).is_none());
    }

    proptest::proptest! {
        #[test]
        fn a_parsed_token_reveals_the_presented_text(text in ".{0,60}") {
            if let Some(token) = PlainLinkToken::presented(&text) {
                proptest::prop_assert_eq!(token.reveal(), &text);
            }
        }
    }
}
