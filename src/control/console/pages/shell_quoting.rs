//! Commands that people copy into a terminal.

/// One word of a POSIX shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_is_quoted() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("O'Brien; $(x)"), "'O'\\''Brien; $(x)'");
    }
}
