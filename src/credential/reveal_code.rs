//! Codes that are sent to a phone.

use std::fmt;

use zeroize::Zeroizing;

/// Digits of a code.
pub const REVEAL_CODE_DIGITS: usize = 8;
const COUNT: u32 = 100_000_000;

/// Eight random digits in plain text. No `Display`, no `Serialize`, a redacted `Debug`.
pub struct RevealCode(Zeroizing<String>);

impl RevealCode {
    /// # Errors
    /// The system's random source fails.
    pub fn mint() -> Result<Self, getrandom::Error> {
        loop {
            let mut bytes = Zeroizing::new([0; 4]);
            getrandom::fill(bytes.as_mut())?;
            let number = u32::from_be_bytes(*bytes);
            // The remainder of larger numbers would favour the first codes.
            if number < u32::MAX - u32::MAX % COUNT {
                return Ok(Self(Zeroizing::new(format!("{:08}", number % COUNT))));
            }
        }
    }

    /// Parses a code as people type it, with spaces and hyphens; `None` if it is not exactly eight digits.
    pub fn presented(text: &str) -> Option<Self> {
        // Longer than any spelling of eight digits.
        if text.len() > 64 {
            return None;
        }
        let digits: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
        let digits = Zeroizing::new(digits);
        (digits.len() == REVEAL_CODE_DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit()))
            .then_some(Self(digits))
    }

    /// The secret, for the text message.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RevealCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RevealCode([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_with_spaces_and_hyphens_and_nothing_else() {
        for fine in ["48219037", "4821 9037", " 4821-9037\n", "4 8 2 1 9 0 3 7"] {
            assert_eq!(RevealCode::presented(fine).unwrap().reveal(), "48219037", "{fine:?}");
        }
        let long = "1".repeat(100_000);
        for junk in ["", "4821903", "482190377", "4821903x", "+48219037", "４８２１９０３７", "4821.9037", "\0", &long]
        {
            assert!(RevealCode::presented(junk).is_none(), "{junk:?}");
        }
    }

    #[test]
    fn minted_codes_parse_and_differ() {
        let codes: std::collections::BTreeSet<_> =
            (0..100).map(|_| RevealCode::mint().unwrap().reveal().to_owned()).collect();
        assert!(codes.len() > 95 && codes.iter().all(|code| RevealCode::presented(code).is_some()));
        assert_eq!(format!("{:?}", RevealCode::mint().unwrap()), "RevealCode([redacted])");
    }
}
