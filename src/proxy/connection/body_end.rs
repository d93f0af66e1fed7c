//! Where the body of an HTTP/1 request ends: what comes behind it is the head of the next request.

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};

/// How the end of a body is found (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Framing {
    Length(u64),
    Chunked,
}

/// The part of a body that has not arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyRest {
    Length(u64),
    Chunked(Chunks),
}

/// A position in a chunked body (RFC 9112, 7.1). Only for bodies that pingora accepts: it ends the connection of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In the line with the size of a chunk.
    Size {
        bytes: u64,
        /// No extension has begun.
        is_number: bool,
        has_cr: bool,
    },
    /// In a chunk, or in the line end behind it.
    Data {
        left: u64,
    },
    /// In a line behind the last chunk.
    Trailer {
        is_empty: bool,
        has_cr: bool,
    },
    End,
}

impl Framing {
    /// Of a request that pingora has accepted, so that its coding is chunked, and its length is one number.
    pub(in crate::proxy) fn of(headers: &HeaderMap) -> Self {
        if headers.contains_key(TRANSFER_ENCODING) {
            return Self::Chunked;
        }
        let Some(length) = headers.get(CONTENT_LENGTH) else { return Self::Length(0) };
        // A length that is written in another way is refused, and its connection ends.
        Self::Length(length.to_str().ok().and_then(|length| length.parse().ok()).unwrap_or(u64::MAX))
    }
}

impl BodyRest {
    pub(super) const NONE: Self = Self::Length(0);

    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Length(bytes) => Self::Length(bytes),
            Framing::Chunked => Self::Chunked(Chunks::SIZE),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunks::End))
    }

    /// Takes the next bytes of the connection; returns how many of them belong to the body.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Length(left) => take(left, bytes.len()),
            Self::Chunked(chunks) => chunks.take(bytes),
        }
    }
}

impl Chunks {
    const SIZE: Self = Self::Size { bytes: 0, is_number: true, has_cr: false };
    const TRAILER: Self = Self::Trailer { is_empty: true, has_cr: false };

    fn take(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while let Some(next) = bytes.get(taken) {
            match self {
                Self::End => break,
                Self::Data { left } => {
                    taken += take(left, bytes.len() - taken);
                    if *left == 0 {
                        *self = Self::SIZE;
                    }
                }
                Self::Size { .. } | Self::Trailer { .. } => {
                    *self = self.after(*next);
                    taken += 1;
                }
            }
        }
        taken
    }

    fn after(self, byte: u8) -> Self {
        match self {
            Self::Size { bytes: 0, has_cr: true, .. } if byte == b'\n' => Self::TRAILER,
            Self::Size { bytes, has_cr: true, .. } if byte == b'\n' => Self::Data { left: bytes.saturating_add(2) },
            Self::Size { bytes, is_number, .. } => match char::from(byte).to_digit(16).filter(|_| is_number) {
                Some(digit) => Self::Size {
                    bytes: bytes.saturating_mul(16).saturating_add(digit.into()),
                    is_number: true,
                    has_cr: false,
                },
                None => Self::Size { bytes, is_number: false, has_cr: byte == b'\r' },
            },
            Self::Trailer { is_empty: true, has_cr: true } if byte == b'\n' => Self::End,
            Self::Trailer { .. } if byte == b'\n' => Self::TRAILER,
            Self::Trailer { is_empty, has_cr } => {
                let is_cr = byte == b'\r';
                Self::Trailer { is_empty: is_empty && !has_cr && is_cr, has_cr: is_cr }
            }
            Self::Data { .. } | Self::End => self,
        }
    }
}

/// Takes up to `bytes` of what is left.
fn take(left: &mut u64, bytes: usize) -> usize {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes);
    *left -= taken as u64;
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(framing: Framing, pieces: &[&[u8]]) -> (usize, bool) {
        let mut rest = BodyRest::new(framing);
        let taken = pieces.iter().map(|piece| rest.take(piece)).sum();
        (taken, rest.is_empty())
    }

    #[test]
    fn the_framing_follows_the_header_fields() {
        let framing = |fields: &[(http::HeaderName, &str)]| {
            Framing::of(&fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
        };
        assert_eq!(framing(&[]), Framing::Length(0));
        assert_eq!(framing(&[(CONTENT_LENGTH, "5")]), Framing::Length(5));
        assert_eq!(framing(&[(TRANSFER_ENCODING, "chunked"), (CONTENT_LENGTH, "5")]), Framing::Chunked);
        assert_eq!(framing(&[(CONTENT_LENGTH, "5, 5")]), Framing::Length(u64::MAX));
    }

    #[test]
    fn a_body_ends_before_the_next_request_in_every_split() {
        for (framing, text) in [
            (Framing::Length(0), ""),
            (Framing::Length(5), "hello"),
            (Framing::Chunked, "0\r\n\r\n"),
            (Framing::Chunked, "5\r\nhello\r\n0\r\n\r\n"),
            (Framing::Chunked, "1;a=\"\n\"\r\nb\r\n00A ;x\r\n0\r\n\r\n0\r\n5\r\n0\r\n\r\n"),
            (Framing::Chunked, "0\r\nTrailer: 1\r\nOther: \r\n\r\n"),
        ] {
            let stream = format!("{text}GET /next HTTP/1.1\r\n\r\n");
            for at in 0..=stream.len() {
                let (one, two) = stream.as_bytes().split_at(at);
                assert_eq!(body(framing, &[one, two]), (text.len(), true), "{text:?} at {at}");
                assert_eq!(body(framing, &[one]), (text.len().min(at), at >= text.len()), "{text:?} up to {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn chunks_of_any_size_end_where_they_are_written_to_end(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..8),
            at in 0_usize..400,
        ) {
            let mut stream = Vec::new();
            for chunk in &chunks {
                stream.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                stream.extend_from_slice(chunk);
                stream.extend_from_slice(b"\r\n");
            }
            stream.extend_from_slice(b"0\r\n\r\n");
            let end = stream.len();
            stream.extend_from_slice(b"next");
            let (one, two) = stream.split_at(at.min(stream.len()));
            prop_assert_eq!(body(Framing::Chunked, &[one, two]), (end, true));
        }

        #[test]
        fn junk_is_read_the_same_in_every_split(
            bytes in proptest::collection::vec(prop::sample::select(b"\r\n0aF;x ".to_vec()), 0..200),
            at in 0_usize..200,
        ) {
            let (one, two) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(body(Framing::Chunked, &[one, two]), body(Framing::Chunked, &[&bytes]));
        }
    }
}
