//! The form in which user names and passwords are compared (RFC 8265): Unicode normalization form C.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The characters of a presented text in NFC. Bytes that are not valid UTF-8 are read as ISO-8859-1, as some HTTP
/// clients send them.
pub fn normalized_chars(bytes: &[u8]) -> impl Iterator<Item = char> + '_ {
    let (text, latin1) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, &[][..]),
        Err(_) => ("", bytes),
    };
    text.chars().chain(latin1.iter().copied().map(char::from)).nfc()
}

pub fn normalized(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_characters_are_equal() {
        assert_eq!(normalized("ku\u{308}ster"), "k\u{fc}ster");
        assert_eq!(normalized_chars("ku\u{308}ster".as_bytes()).collect::<String>(), "k\u{fc}ster");
        assert!(matches!(normalized("k\u{fc}ster"), Cow::Borrowed(_)));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_iso_8859_1() {
        assert_eq!(normalized_chars(b"k\xfcster").collect::<String>(), "k\u{fc}ster");
        assert_eq!(normalized_chars(b"\xff\x00").collect::<String>(), "\u{ff}\0");
    }

    proptest::proptest! {
        #[test]
        fn normalization_is_idempotent(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
            let once: String = normalized_chars(&bytes).collect();
            proptest::prop_assert_eq!(normalized(&once), &*once);
            proptest::prop_assert_eq!(normalized_chars(once.as_bytes()).collect::<String>(), once);
        }
    }
}
