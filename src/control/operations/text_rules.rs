//! Names, descriptions and reasons: length and characters.

use crate::control::Sentence;

/// In characters, of names of credentials, accounts, users and operator tokens.
pub const MAX_NAME_LENGTH: usize = 200;
/// In characters, of descriptions and reasons.
pub const MAX_DESCRIPTION_LENGTH: usize = 2000;

/// Invisible characters that change the writing direction, and so make one text look like another.
pub(super) fn is_bidi_control(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(super) fn name_fault(text: &str) -> Option<Sentence> {
    line_fault(text, MAX_NAME_LENGTH)
}

/// What is wrong with a single line of visible text of at most `max_length` characters.
pub(super) fn line_fault(text: &str, max_length: usize) -> Option<Sentence> {
    let is_line_end = |letter| matches!(letter, '\u{2028}' | '\u{2029}');
    if !text.chars().any(is_visible) {
        return Some(Sentence::Empty);
    }
    text_fault(text, max_length, |letter| letter.is_control() || is_line_end(letter))
}

/// What is wrong with a description or a reason, which may have several lines.
pub(super) fn description_fault(text: &str) -> Option<Sentence> {
    text_fault(text, MAX_DESCRIPTION_LENGTH, |letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}

pub(super) fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
}

/// Trimmed; `None` for an empty text.
pub(super) fn non_empty(text: Option<String>) -> Option<String> {
    trimmed(text).filter(|text| !text.is_empty())
}

fn text_fault(text: &str, max_length: usize, is_control: impl Fn(char) -> bool) -> Option<Sentence> {
    if text.chars().count() > max_length {
        return Some(Sentence::TooLong { max: max_length.into() });
    }
    if text.chars().any(is_control) {
        return Some(Sentence::ControlCharacters);
    }
    text.chars().any(is_bidi_control).then_some(Sentence::DirectionCharacters)
}

/// False for white space and for the zero-width characters that Unicode does not count as white space.
fn is_visible(letter: char) -> bool {
    !letter.is_whitespace()
        && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_visible_text() {
        for fit in ["Billing", "Ärzte ohne Grenzen", "🧾 export", "مفتاح", "e\u{301}", "a\u{200d}b", &"ß".repeat(200)]
        {
            assert_eq!(name_fault(fit), None, "{fit}");
        }
        for empty in ["", " ", "\u{200b}\u{feff}", "\u{a0}\u{3000}"] {
            assert_eq!(name_fault(empty).unwrap(), Sentence::Empty, "{empty:?}");
        }
        assert_eq!(name_fault(&"ß".repeat(201)).unwrap().to_string(), "is longer than 200 characters");
        for control in ["a\nb", "a\0", "a\u{85}b", "a\u{2028}b", "a\u{1b}[31m"] {
            assert_eq!(name_fault(control).unwrap(), Sentence::ControlCharacters, "{control:?}");
        }
        for turned in ["invoice\u{202e}fdp", "\u{2066}x\u{2069}", "\u{202a}x"] {
            assert!(name_fault(turned) == Some(Sentence::DirectionCharacters), "{turned:?}");
        }
    }

    #[test]
    fn a_description_may_have_lines() {
        assert_eq!(description_fault("one\r\n\ttwo\nthree"), None);
        assert_eq!(description_fault(&"\u{1f9fe}".repeat(2000)), None);
        assert!(description_fault(&"x".repeat(2001)).is_some());
        assert!(description_fault("a\u{b}b").is_some() && description_fault("a\u{202e}b").is_some());
    }
}
