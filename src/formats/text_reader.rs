//! Reads text piece by piece, and refuses what is not UTF-8.

use std::io::{self, ErrorKind, Read};

use crate::config::{Diagnostic, Diagnostics, Origin};

const PIECE_BYTES: usize = 64 * 1024;

/// UTF-8 without a byte-order mark. Its errors hold [`Diagnostics`].
pub(super) struct TextReader<R> {
    inner: R,
    bytes: Vec<u8>,
    /// Bytes that were read out.
    start: usize,
    /// Bytes that are text.
    valid: usize,
    /// Bytes that were read in; behind the text there may be the beginning of a character.
    filled: usize,
    line: u32,
    is_begun: bool,
}

impl<R: Read> TextReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, bytes: vec![0; PIECE_BYTES], start: 0, valid: 0, filled: 0, line: 1, is_begun: false }
    }

    /// False at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.bytes.copy_within(self.valid..self.filled, 0);
        self.filled -= self.valid;
        (self.start, self.valid) = (0, 0);
        let mut is_end = self.read_piece()?;
        if !self.is_begun {
            while self.filled < 3 && !is_end {
                is_end = self.read_piece()?;
            }
            self.is_begun = true;
            self.skip_mark()?;
        }
        let text = &self.bytes[self.start..self.filled];
        let (length, is_faulty) = match std::str::from_utf8(text) {
            Ok(text) => (text.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || is_end),
        };
        if length == 0 && is_faulty {
            return Err(fault(Diagnostic::new(Origin::File { line: self.line, column: 1 }, "", "is not valid UTF-8")));
        }
        self.valid = self.start + length;
        let lines = text[..length].iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        Ok(length > 0 || !is_end)
    }

    /// True at the end.
    fn read_piece(&mut self) -> io::Result<bool> {
        loop {
            match self.inner.read(&mut self.bytes[self.filled..]) {
                Ok(count) => {
                    self.filled += count;
                    return Ok(count == 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn skip_mark(&mut self) -> io::Result<()> {
        let begin = &self.bytes[..self.filled];
        if begin.starts_with(b"\xff\xfe") || begin.starts_with(b"\xfe\xff") {
            return Err(fault(Diagnostic::new(Origin::WHOLE_FILE, "", "is UTF-16").hint("save it as UTF-8")));
        }
        if begin.starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
        }
        Ok(())
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.start == self.valid {
            if !self.fill()? {
                return Ok(0);
            }
        }
        let count = out.len().min(self.valid - self.start);
        out[..count].copy_from_slice(&self.bytes[self.start..self.start + count]);
        self.start += count;
        Ok(count)
    }
}

fn fault(fault: Diagnostic) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, Diagnostics::from(fault))
}

/// The faults of text that cannot be read.
pub(super) fn faults_of(error: io::Error) -> Diagnostics {
    error
        .downcast::<Diagnostics>()
        .unwrap_or_else(|error| Diagnostic::new(Origin::WHOLE_FILE, "", format!("cannot be read: {error}")).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives a few bytes at a time.
    struct Slow<'b>(&'b [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn read(bytes: &[u8], at_once: usize) -> Result<String, String> {
        let mut text = Vec::new();
        TextReader::new(Slow(bytes, at_once))
            .read_to_end(&mut text)
            .map_err(|error| faults_of(error).to_string())
            .map(|_| String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_byte_order_mark_is_removed_and_other_encodings_are_refused() {
        for at_once in [1, 2, 3, 100] {
            assert_eq!(read(b"\xef\xbb\xbfid\xc3\xa4", at_once), Ok("id\u{e4}".into()));
            assert_eq!(read(b"", at_once), Ok(String::new()));
            assert_eq!(read(b"\xff\xfei\0", at_once), Err("is UTF-16; save it as UTF-8".into()));
            assert_eq!(read(b"a\nb\xff", at_once), Err("2:1  is not valid UTF-8".into()));
            assert_eq!(read(b"a\nb\n\xc3", at_once), Err("3:1  is not valid UTF-8".into()));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_as_a_whole_reading_reads_them(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(0xc3), Just(0xa4), Just(0xef), any::<u8>()], 0..60),
            at_once in 1_usize..9,
        ) {
            let whole = crate::config::text_of(bytes.clone()).map_err(|fault| fault.to_string());
            prop_assert_eq!(read(&bytes, at_once), whole);
        }
    }
}
