//! Watches the head of an HTTP/1 request arrive, so that a refusal can name what pingora does not accept.

use std::net::IpAddr;

use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue};
use memchr::{memchr, memchr_iter};

use crate::auth::Rejection;
use crate::proxy::request::auth_request::{CONNECT, ILLEGAL_TARGET, is_uri_byte};
use crate::proxy::request::limits::MAX_FIELDS;

/// How much of a request line is kept for the log of a refusal.
const MAX_LINE_BYTES: usize = 256;
const MALFORMED: Rejection = Rejection::RequestAmbiguous(
    "The head of the request is malformed: its request line, a header field, or the framing of its body.",
);

/// A head that pingora does not accept.
#[derive(Debug, Clone, Copy)]
pub(in crate::proxy) struct UnparsedHead<'a> {
    /// The request line, or its begin.
    pub(in crate::proxy) line: &'a [u8],
    /// Lines that were received, the request line included.
    pub(in crate::proxy) lines: usize,
    pub(in crate::proxy) has_illegal_target: bool,
    pub(in crate::proxy) is_too_large: bool,
    /// Of the page that sends it.
    pub(in crate::proxy) origin: Option<&'a [u8]>,
    pub(in crate::proxy) peer: Option<IpAddr>,
}

/// Watches the bytes of a head go by.
#[derive(Debug, Default)]
pub(super) struct HeadInspector {
    /// The number of the request that the rest is about.
    request: u64,
    pub(super) line: Vec<u8>,
    pub(super) lines: usize,
    spaces: usize,
    pub(super) bytes: usize,
    last_line: LastLine,
    pub(super) is_too_large: bool,
}

/// The line that is arriving, so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum LastLine {
    #[default]
    Empty,
    /// A carriage return alone.
    Return,
    Other,
}

impl UnparsedHead<'_> {
    pub(in crate::proxy) fn rejection(&self) -> Rejection {
        if self.is_too_large {
            return Rejection::HeadersTooLarge;
        }
        if self.line.starts_with(b"CONNECT ") {
            return CONNECT;
        }
        if self.has_illegal_target {
            return ILLEGAL_TARGET;
        }
        // The request line, the fields, and the empty line.
        if self.lines > MAX_FIELDS + 2 { Rejection::HeadersTooLarge } else { MALFORMED }
    }

    /// The header that a refusal depends on.
    pub(in crate::proxy) fn headers(&self) -> HeaderMap {
        let origin = self.origin.and_then(|origin| HeaderValue::from_bytes(origin).ok());
        origin.map(|origin| (ORIGIN, origin)).into_iter().collect()
    }

    /// For the log. Empty where the line does not look like a request line: it may be a header field or a part of a
    /// body, with a secret in it.
    pub(in crate::proxy) fn method_and_target(&self) -> (&str, &[u8]) {
        let mut words = self.line.trim_ascii_end().splitn(2, |byte| *byte == b' ');
        let method = words.next().filter(|method| method.iter().all(u8::is_ascii_uppercase));
        let target =
            words.next().filter(|rest| [&b"/"[..], b"http://", b"https://"].iter().any(|s| rest.starts_with(s)));
        let (Some(method), Some(target)) = (method.and_then(|method| str::from_utf8(method).ok()), target) else {
            return (if self.line.starts_with(b"CONNECT ") { "CONNECT" } else { "" }, b"");
        };
        let end = target.windows(6).rposition(|window| window == b" HTTP/").unwrap_or(target.len());
        (method, &target[..end])
    }
}

impl HeadInspector {
    /// True before the first bytes of a request.
    pub(super) fn is_new(&self, request: u64) -> bool {
        self.request != request
    }

    /// Reads on up to the end of the head. True where the bytes belong to a target that a URI cannot have (RFC 3986, 2).
    /// `None` while the head does not end within `bytes`.
    pub(super) fn inspect(&mut self, request: u64, bytes: &[u8]) -> (bool, Option<usize>) {
        if self.request != request {
            self.request = request;
            self.line.clear();
            (self.lines, self.spaces, self.bytes, self.is_too_large) = (0, 0, 0, false);
            self.last_line = LastLine::Empty;
        }
        // Empty lines before a request line are skipped (RFC 9112, 2.2).
        let is_before_line = self.lines == 0 && self.line.is_empty();
        let is_skipped = |byte: &&u8| is_before_line && matches!(byte, b'\r' | b'\n');
        let skipped = bytes.iter().take_while(is_skipped).count();
        let bytes = &bytes[skipped..];
        let is_illegal = self.lines == 0 && self.read_request_line(bytes);
        (is_illegal, self.find_end(bytes).map(|end| skipped + end))
    }

    /// True for a byte that a target cannot have.
    fn read_request_line(&mut self, bytes: &[u8]) -> bool {
        let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
        let line = &bytes[..end];
        self.spaces += line.iter().filter(|byte| **byte == b' ').count();
        let room = MAX_LINE_BYTES.saturating_sub(self.line.len());
        self.line.extend_from_slice(&line[..line.len().min(room)]);
        // Two spaces are around the target.
        self.spaces > 2 || !line.iter().all(|byte| is_uri_byte(*byte) || matches!(byte, b' ' | b'\r'))
    }

    /// Counts lines up to the empty one at the end of the head.
    fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut begin = 0;
        for end in memchr_iter(b'\n', bytes) {
            let line = self.last_line.extended(&bytes[begin..end]);
            self.lines += 1;
            self.last_line = LastLine::Empty;
            begin = end + 1;
            if line != LastLine::Other {
                return Some(begin);
            }
        }
        self.last_line = self.last_line.extended(&bytes[begin..]);
        None
    }
}

impl LastLine {
    fn extended(self, bytes: &[u8]) -> Self {
        match (self, bytes) {
            (line, []) => line,
            (Self::Empty, [b'\r']) => Self::Return,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inspect(pieces: &[&[u8]]) -> (bool, String, usize) {
        let mut head = HeadInspector::default();
        let is_illegal = pieces.iter().fold(false, |illegal, piece| head.inspect(1, piece).0 | illegal);
        (is_illegal, String::from_utf8_lossy(&head.line).trim_end().to_owned(), head.lines)
    }

    /// How many of the bytes belong to the head.
    fn end(pieces: &[&[u8]]) -> Option<usize> {
        let mut head = HeadInspector::default();
        let mut before = 0;
        for piece in pieces {
            if let (_, Some(end)) = head.inspect(1, piece) {
                return Some(before + end);
            }
            before += piece.len();
        }
        None
    }

    #[test]
    fn illegal_targets_are_noticed_in_every_split() {
        for (line, is_illegal) in [
            ("GET / HTTP/1.1", false),
            ("GET /a?q={x}|[y]\\^ HTTP/1.1", false),
            ("GET /a?q={\"a\":1} HTTP/1.1", true),
            ("GET /a?q={\"a\": 1} HTTP/1.1", true),
            ("GET /a b HTTP/1.1", true),
            ("GET /a<b> HTTP/1.1", true),
            ("GET /`a` HTTP/1.1", true),
            ("GET /\u{e4} HTTP/1.1", true),
            ("GET /a\tb HTTP/1.1", true),
        ] {
            let head = format!("\r\n{line}\r\nHost: \"<a b c>\u{e4}\"\r\n\r\n");
            for at in 0..head.len() {
                let (one, two) = head.as_bytes().split_at(at);
                let (illegal, _, lines) = inspect(&[one, two]);
                assert_eq!((illegal, lines), (is_illegal, 3), "{line:?} at {at}");
            }
            assert_eq!(inspect(&[head.as_bytes()]).1, line);
        }
    }

    #[test]
    fn each_request_is_inspected_anew() {
        let mut head = HeadInspector::default();
        assert_eq!(head.inspect(1, b"GET /a b HTTP/1.1\r\n\r\n"), (true, Some(21)));
        assert_eq!(head.inspect(2, b"GET /b HTTP/1.1\r\n\r\n"), (false, Some(19)));
        assert_eq!((&head.line[..], head.lines), (&b"GET /b HTTP/1.1\r"[..], 2));
    }

    #[test]
    fn end_of_a_head_is_found_in_every_split() {
        for before in ["", "\r\n", "\n\r\n\n"] {
            for tail in ["\r\n\r\n", "\n\n", "\n\r\n"] {
                let head = format!("{before}GET / HTTP/1.1\r\nHost: a{tail}");
                let text = format!("{head}body\n\nGET");
                for at in 0..=text.len() {
                    let (one, two) = text.as_bytes().split_at(at);
                    assert_eq!(end(&[one, two]), Some(head.len()), "{head:?} at {at}");
                    assert_eq!(end(&[one]), (at >= head.len()).then_some(head.len()), "{head:?} up to {at}");
                }
            }
        }
        assert_eq!(end(&[b"GET / HTTP/1.1\r\nHost: b\r\n\r\r\nX: 1\r\n"]), None);
        assert_eq!(end(&[b"\r\n\r\n\n"]), None);
    }

    #[test]
    fn a_line_that_is_no_request_line_is_not_logged() {
        for (line, expected) in [
            ("GET /x?q={\"a\": 1} HTTP/1.1", ("GET", "/x?q={\"a\": 1}")),
            ("GET http://api.example.org/x y", ("GET", "http://api.example.org/x y")),
            ("Authorization: Bearer secret", ("", "")),
            ("GET secret", ("", "")),
            ("secret /x HTTP/1.1", ("", "")),
            ("CONNECT acme:secret@api.example.org:443 HTTP/1.1", ("CONNECT", "")),
        ] {
            let head = UnparsedHead {
                line: line.as_bytes(),
                lines: 1,
                has_illegal_target: false,
                is_too_large: false,
                origin: None,
                peer: None,
            };
            assert_eq!(head.method_and_target(), (expected.0, expected.1.as_bytes()), "{line}");
        }
    }

    proptest! {
        /// Bytes are read the same in one piece and in two.
        #[test]
        fn junk_is_read_the_same_in_every_split(
            bytes in proptest::collection::vec(
                prop_oneof![prop::sample::select(b"\r\n GET/HP\"".to_vec()), any::<u8>()], 0..400),
            at in 0_usize..400,
        ) {
            let (one, two) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(end(&[one, two]), end(&[&bytes]));
            // What comes behind the end of a head is never read as part of it.
            let head = &bytes[..end(&[&bytes]).unwrap_or(bytes.len())];
            let (one, two) = head.split_at(at.min(head.len()));
            prop_assert_eq!(inspect(&[one, two]), inspect(&[head]));
            let head = UnparsedHead {
                line: &bytes,
                lines: 1,
                has_illegal_target: false,
                is_too_large: false,
                origin: None,
                peer: None,
            };
            prop_assert!(head.method_and_target().1.len() <= bytes.len());
        }
    }
}
