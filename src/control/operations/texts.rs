//! What people write about things.

/// Why this cannot be kept as a line of text of so many characters; to follow the name of its field.
pub(super) fn fault_of_line(text: &str, most: usize) -> Option<String> {
    if text.trim().is_empty() {
        return Some("must not be empty".into());
    }
    if text.chars().count() > most {
        return Some(format!("must not be longer than {most} characters"));
    }
    text.chars().any(char::is_control).then(|| "must not hold control characters".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_something_and_is_one_line() {
        assert_eq!(fault_of_line(&"ä".repeat(200), 200), None);
        for odd in ["", "  ", &"x".repeat(201), "a\nb", "a\u{7f}", "a\0b", "a\u{9b}b"] {
            assert!(fault_of_line(odd, 200).is_some(), "{odd:?}");
        }
    }
}
