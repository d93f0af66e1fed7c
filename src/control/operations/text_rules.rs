//! Texts that people write for people.

/// Characters of a name, of a credential or of anything else.
const LONGEST_NAME: usize = 200;
/// Of what may be a few paragraphs.
const LONGEST_DESCRIPTION: usize = 2000;

/// True for what makes a text look like another one: it turns the direction of what follows, and cannot be seen.
pub(super) fn is_disguise(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is wrong with a name: one line that can be seen.
pub(super) fn name_fault(text: &str) -> Option<String> {
    fault_of_line(text, LONGEST_NAME)
}

/// What is wrong with a line of text that may have so many characters.
pub(super) fn fault_of_line(text: &str, most: usize) -> Option<String> {
    let is_line_end = |letter| matches!(letter, '\u{2028}' | '\u{2029}');
    if !text.chars().any(is_visible) {
        return Some("must not be empty".into());
    }
    unfit(text, most, |letter| letter.is_control() || is_line_end(letter))
}

/// What is wrong with a description, or with a reason.
pub(super) fn description_fault(text: &str) -> Option<String> {
    unfit(text, LONGEST_DESCRIPTION, |letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}

/// Without what stands around it.
pub(super) fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
}

/// The same, and nothing instead of an empty one.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    trimmed(text).filter(|text| !text.is_empty())
}

fn unfit(text: &str, longest: usize, is_control: impl Fn(char) -> bool) -> Option<String> {
    if text.chars().count() > longest {
        return Some(format!("is longer than {longest} characters"));
    }
    if text.chars().any(is_control) {
        return Some("holds control characters".into());
    }
    text.chars().any(is_disguise).then(|| "holds characters that turn the direction of writing".into())
}

/// Of those that cannot be seen, the ones that spaces are made of elsewhere.
fn is_visible(letter: char) -> bool {
    !letter.is_whitespace()
        && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_can_be_seen() {
        for fit in ["Billing", "Ärzte ohne Grenzen", "🧾 export", "مفتاح", "e\u{301}", "a\u{200d}b", &"ß".repeat(200)]
        {
            assert_eq!(name_fault(fit), None, "{fit}");
        }
        for empty in ["", " ", "\u{200b}\u{feff}", "\u{a0}\u{3000}"] {
            assert_eq!(name_fault(empty).unwrap(), "must not be empty", "{empty:?}");
        }
        assert_eq!(name_fault(&"ß".repeat(201)).unwrap(), "is longer than 200 characters");
        for control in ["a\nb", "a\0", "a\u{85}b", "a\u{2028}b", "a\u{1b}[31m"] {
            assert_eq!(name_fault(control).unwrap(), "holds control characters", "{control:?}");
        }
        for turned in ["invoice\u{202e}fdp", "\u{2066}x\u{2069}", "\u{202a}x"] {
            assert!(name_fault(turned).unwrap().contains("direction"), "{turned:?}");
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
