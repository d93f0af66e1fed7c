//! Cells of a table: what a spreadsheet would take for a formula, and where in the text each stands.

use crate::config::Origin;

/// What a cell begins with that a spreadsheet would run, the wide forms included.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The text of a cell that no spreadsheet takes for a formula: with one apostrophe more in front.
pub(super) fn neutral(text: &str) -> String {
    if is_formula(text.trim_start_matches('\'')) { format!("'{text}") } else { text.to_owned() }
}

/// What [`neutral`] has been made of.
pub(super) fn original(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

fn is_formula(text: &str) -> bool {
    text.starts_with(FORMULA)
}

/// Follows a table and tells where its cells begin.
pub(super) struct Places {
    line: u32,
    column: u32,
    /// Where a quote was opened that is not closed yet.
    quoted: Option<Origin>,
}

impl Places {
    /// At the beginning of the text.
    pub(super) fn new() -> Self {
        Self { line: 1, column: 1, quoted: None }
    }

    /// Where a quote stands that never ends.
    pub(super) fn open_quote(self) -> Option<Origin> {
        self.quoted
    }

    /// Where the cells of the next record begin; `text` is the record with the line ends around it.
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
                // Two in a row within quotes stand for one.
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
    fn what_would_be_a_formula_is_text_and_comes_back() {
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
            assert_eq!(neutral(text), cell);
            assert_eq!(original(cell), text);
        }
        // As somebody types it.
        assert_eq!(original("+441632960961"), "+441632960961");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "['=+@a-]{0,6}") {
            let cell = neutral(&text);
            prop_assert!(!is_formula(&cell));
            prop_assert_eq!(original(&cell), text);
        }
    }

    #[test]
    fn a_cell_is_found_behind_quotes_and_line_ends() {
        let mut places = Places::new();
        let at = |origins: Vec<Origin>| origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(at(places.of("id,name")), "1:1 1:4");
        assert_eq!(at(places.of("\r\n\r\n\"a \"\"b\"\", \nc\",d,\"\"")), "3:1 4:4 4:6");
        assert_eq!(at(places.of("\nx\"y,z")), "5:1 5:5");
        assert!(places.open_quote().is_none());
    }
}
