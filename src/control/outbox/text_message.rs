//! The text of an SMS: GSM-7, at most 160 characters, nothing of users in it.

use unicode_normalization::UnicodeNormalization as _;

const MAX_LENGTH: usize = 160;
const MAX_BRAND: usize = 30;
/// The basic alphabet (GSM 03.38) but ASCII letters and digits.
const BASIC: &str = "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Each takes two places.
const EXTENDED: &str = "^{}\\[~]|€";

/// Places that a text takes; `None` when it has a character that GSM-7 has not.
fn places(text: &str) -> Option<usize> {
    text.chars()
        .map(|letter| match letter {
            letter if letter.is_ascii_alphanumeric() || BASIC.contains(letter) => Some(1),
            letter if EXTENDED.contains(letter) => Some(2),
            _ => None,
        })
        .sum()
}

/// The provider's name as a phone shows it: without marks that GSM-7 lacks, and not too long.
pub(super) fn brand(name: &str) -> String {
    let mut shown = String::new();
    for letter in name.chars().filter(|letter| !letter.is_control()) {
        if places(&letter.to_string()) == Some(1) {
            shown.push(letter);
        } else {
            shown.extend(letter.nfkd().filter(|part| places(&part.to_string()) == Some(1)));
        }
        if shown.chars().count() >= MAX_BRAND {
            break;
        }
    }
    shown.trim().to_owned()
}

/// `sentence` with the line that lets a browser fill the code in on `host` alone; the line goes, or the fallback is
/// taken, where the whole would not fit into one message.
pub(super) fn with_code(sentence: &str, fallback: &str, host: &str, code: &str) -> String {
    let bound = |sentence: &str| format!("{sentence}\n@{host} #{code}");
    let fits = |text: &String| places(text).is_some_and(|places| places <= MAX_LENGTH);
    [bound(sentence), bound(fallback), sentence.to_owned()]
        .into_iter()
        .find(fits)
        .unwrap_or_else(|| fallback.to_owned())
}

/// `4821 9037`
pub(super) fn spaced(code: &str) -> String {
    let (first, second) = code.split_at_checked(code.len() / 2).unwrap_or((code, ""));
    format!("{first} {second}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_has_letters_of_every_phone() {
        assert_eq!(brand("Bücher & Söhne"), "Bücher & Söhne");
        assert_eq!(brand("Café Ősz Łódź"), "Café Osz odz");
        assert_eq!(brand("名前\r\n\u{202e}"), "");
        assert_eq!(brand(&"x".repeat(500)).len(), MAX_BRAND);
    }

    #[test]
    fn a_message_fits_into_160_places() {
        let text =
            with_code("B: code 4821 9037, valid 10 min (message 2).", "4821 9037", "keys.example.org", "48219037");
        assert_eq!(text, "B: code 4821 9037, valid 10 min (message 2).\n@keys.example.org #48219037");
        let long = "h".repeat(250);
        assert_eq!(with_code("B: 4821 9037", "4821 9037", &long, "48219037"), "B: 4821 9037");
        assert_eq!(with_code("名: 4821 9037", "4821 9037", "h.org", "48219037"), "4821 9037\n@h.org #48219037");
        assert_eq!(with_code(&"€".repeat(90), "4821 9037", "h.org", "1"), "4821 9037\n@h.org #1");
    }
}
