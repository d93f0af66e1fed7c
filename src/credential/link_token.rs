//! Tickets: what a browser holds while somebody is signed in, and what stands in a link that works once.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::TokenDigest;

const BYTES: usize = 32;
/// Six bits in each character, of which the last has four.
const LENGTH: usize = 43;

/// 256 random bits in the clear, fit for cookies and links. No `Display`, no `Serialize`, a redacted `Debug`.
pub struct PlainLinkToken(Zeroizing<String>);

impl PlainLinkToken {
    /// Makes a new one.
    ///
    /// # Errors
    /// When the system's random source fails.
    pub fn mint() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0_u8; BYTES]);
        getrandom::fill(bytes.as_mut())?;
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        URL_SAFE_NO_PAD.encode_string(bytes.as_ref(), &mut text);
        Ok(Self(text))
    }

    /// One that somebody brings; `None` for what was never made here.
    pub fn presented(text: &str) -> Option<Self> {
        if text.len() != LENGTH {
            return None;
        }
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        (bytes.len() == BYTES).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself, for the one place that gives it away.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for PlainLinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainTicket([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_known_again_and_no_two_are_the_same() {
        let (one, other) = (PlainLinkToken::mint().unwrap(), PlainLinkToken::mint().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(PlainLinkToken::presented(one.reveal()).unwrap().digest(), one.digest());
        assert_eq!(format!("{one:?}"), "PlainTicket([redacted])");
    }

    #[test]
    fn junk_is_no_ticket() {
        let ticket = PlainLinkToken::mint().unwrap();
        let whole = ticket.reveal();
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
        fn whatever_is_presented_is_taken_as_it_is_or_not_at_all(text in ".{0,60}") {
            if let Some(ticket) = PlainLinkToken::presented(&text) {
                proptest::prop_assert_eq!(ticket.reveal(), &text);
            }
        }
    }
}
