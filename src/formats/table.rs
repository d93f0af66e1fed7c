//! A table of anything, for people and their spreadsheets.

use std::io;

use super::escape::neutral;

/// Lines of a table (RFC 4180), of which no spreadsheet takes a cell for a formula.
///
/// # Errors
/// Never, as far as is known.
pub fn table<const COLUMNS: usize>(lines: impl Iterator<Item = [String; COLUMNS]>) -> io::Result<Vec<u8>> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        out.write_record(line.iter().map(|cell| neutral(cell)))?;
    }
    out.into_inner().map_err(|error| io::Error::other(error.to_string()))
}
