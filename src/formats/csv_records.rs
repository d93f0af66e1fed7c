//! The records of a CSV file with the positions of their cells, one at a time.

use std::io::{self, Read};

use super::csv_cells::Places;
use super::text_reader::{TextReader, faults_of};
use crate::config::{Diagnostic, Diagnostics, Origin};

/// A quote that is not closed makes the rest of the file one record.
const MAX_RECORD_BYTES: usize = 4 << 20;
/// Bytes of earlier records are discarded together.
const MAX_DISCARDED_BYTES: usize = 256 * 1024;

pub(super) struct CsvRecords<R> {
    reader: csv::Reader<Recorded<TextReader<R>>>,
    places: Places,
}

/// Keeps the bytes of the present record, which the reader of CSV does not give out.
struct Recorded<R> {
    inner: R,
    bytes: Vec<u8>,
    /// How many bytes came before `bytes`.
    offset: usize,
    /// Where the present record begins, from the beginning of the file.
    start: usize,
}

impl<R: Read> Read for Recorded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.offset + self.bytes.len() - self.start > MAX_RECORD_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.inner.read(out)?;
        self.bytes.extend_from_slice(&out[..count]);
        Ok(count)
    }
}

impl<R> Recorded<R> {
    /// The bytes from the beginning of the present record up to `end`, where the next one begins.
    fn take(&mut self, end: usize) -> &str {
        let discarded = self.start - self.offset;
        if discarded > MAX_DISCARDED_BYTES {
            self.bytes.drain(..discarded);
            self.offset = self.start;
        }
        let start = std::mem::replace(&mut self.start, end) - self.offset;
        let bytes = self.bytes.get(start..end - self.offset).unwrap_or_default();
        // Valid, since records end where characters end.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl<R: Read> CsvRecords<R> {
    pub(super) fn new(file: R) -> Self {
        let inner = Recorded { inner: TextReader::new(file), bytes: Vec::new(), offset: 0, start: 0 };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(inner);
        Self { reader, places: Places::new() }
    }

    /// The positions of the cells of the next record; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8, or has a record that is too long.
    pub(super) fn next(&mut self, record: &mut csv::StringRecord) -> Result<Option<Vec<Origin>>, Diagnostics> {
        match self.reader.read_record(record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(self.faults(error)),
        }
        let end = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        Ok(Some(self.places.of(self.reader.get_mut().take(end))))
    }

    fn faults(&mut self, error: csv::Error) -> Diagnostics {
        let error = match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            _ => io::ErrorKind::InvalidData.into(),
        };
        if error.kind() != io::ErrorKind::FileTooLarge {
            return faults_of(error);
        }
        let recorded = self.reader.get_mut();
        let bytes = recorded.bytes.get(recorded.start - recorded.offset..).unwrap_or_default();
        let text = String::from_utf8_lossy(bytes);
        let begin = self.places.of(&text).into_iter().next().unwrap_or(Origin::WHOLE_FILE);
        match self.places.open_quote() {
            Some(quote) => Diagnostic::new(quote, "", "a quote is not closed").into(),
            None => Diagnostic::new(begin, "", format!("has more than {MAX_RECORD_BYTES} bytes")).into(),
        }
    }

    /// The quote that is not closed at the end.
    pub(super) fn open_quote(&self) -> Option<Origin> {
        self.places.open_quote()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(text: &str) -> Result<Vec<String>, String> {
        let mut records = CsvRecords::new(text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut found = Vec::new();
        while let Some(origins) = records.next(&mut record).map_err(|faults| faults.to_string())? {
            found.extend(origins.iter().map(ToString::to_string));
        }
        Ok(found)
    }

    #[test]
    fn positions_stay_right_in_a_long_file() {
        let rows = 50_000;
        let text: String = (0..rows).map(|row| format!("{row},\"a,\u{e4}\n\",c\r\n")).collect();
        let found = positions(&text).unwrap();
        assert_eq!(found.len(), 3 * rows);
        assert_eq!(found[..6], ["1:1", "1:3", "2:3", "3:1", "3:3", "4:3"].map(String::from));
        assert_eq!(found[3 * rows - 1], format!("{}:3", 2 * rows));
    }

    #[test]
    fn a_record_without_an_end_is_refused_before_it_fills_the_memory() {
        let long = "x".repeat(2 * MAX_RECORD_BYTES);
        assert_eq!(positions(&format!("a,b\nc,\"{long}")), Err("2:3  a quote is not closed".into()));
        let expected = format!("2:1  has more than {MAX_RECORD_BYTES} bytes");
        assert_eq!(positions(&format!("a,b\n{long}")), Err(expected));
    }
}
