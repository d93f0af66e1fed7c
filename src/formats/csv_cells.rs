//! Cells of CSV: formula injection, and positions.

use crate::config::Origin;

/// First characters that make a spreadsheet take a cell for a formula, full-width forms included.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Prefixes text that a spreadsheet would take for a formula with an apostrophe.
pub(super) fn escape_formula(text: &str) -> String {
    if is_formula(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// Undoes [`escape_formula`].
pub(super) fn original(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(FORMULA)
}

/// Tracks the positions of cells.
pub(super) struct Places {
    line: u32,
    column: u32,
    /// The open quote, if any.
    quoted: Option<Origin>,
}

impl Places {
    pub(super) fn new() -> Self {
        Self { line: 1, column: 1, quoted: None }
    }

    /// The quote that is not closed at the end.
    pub(super) fn open_quote(&self) -> Option<Origin> {
        self.quoted.clone()
    }

    /// The positions of the cells of the next record. `text` includes the line ends around it.
    pub(super) fn of(&mut self, text: &str) -> Vec<Origin> {
        let record = text.trim_start_matches(['\r', '\n']);
        self.skip(&text[..text.len() - record.len()]);
        let mut cells = vec![self.here()];
        let mut is_first = true;
        let mut was_closed = false;
        for letter in record.chars() {
            let origin = self.here();
            self.skip(letter.encode_utf8(&mut [0; 4]));
            match (letter, self.quoted.is_some()) {
                ('"', true) => (self.quoted, was_closed) = (None, true),
                (_, true) => {}
                // Two quotes within a quoted cell are an escaped one.
                ('"', false) if is_first || was_closed => (self.quoted, was_closed) = (Some(origin), false),
                (',', false) => {
                    cells.push(self.here());
                    was_closed = false;
                }
                _ => was_closed = false,
            }
            is_first = letter == ',' && self.quoted.is_none();
        }
        cells
    }

    fn here(&self) -> Origin {
        Origin::File { line: self.line, column: self.column }
    }

    fn skip(&mut self, text: &str) {
        for letter in text.chars() {
            if letter == '\n' {
                (self.line, self.column) = (self.line.saturating_add(1), 1);
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_formula_is_escaped_and_restored() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+441632960961", "'+441632960961"),
            ("-x", "'-x"),
            ("@x", "'@x"),
            ("'=1", "''=1"),
            ("'quoted'", "'quoted'"),
            ("plain", "plain"),
            ("", ""),
            ("＝1", "'＝1"),
        ] {
            assert_eq!(escape_formula(text), cell);
            assert_eq!(original(cell), text);
        }
        // As typed by hand.
        assert_eq!(original("+441632960961"), "+441632960961");
    }

    proptest! {
        #[test]
        fn any_text_is_restored(text in "['=+@a-]{0,6}") {
            let cell = escape_formula(&text);
            prop_assert!(!is_formula(&cell));
            prop_assert_eq!(original(&cell), text);
        }
    }

    #[test]
    fn positions_account_for_quotes_and_line_ends() {
        let mut places = Places::new();
        let at = |origins: Vec<Origin>| origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(at(places.of("id,name")), "1:1 1:4");
        assert_eq!(at(places.of("\r\n\r\n\"a \"\"b\"\", \nc\",d,\"\"")), "3:1 4:4 4:6");
        assert_eq!(at(places.of("\nx\"y,z")), "5:1 5:5");
        assert!(places.open_quote().is_none());
    }
}
