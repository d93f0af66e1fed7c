//! Watches the head of an HTTP/1 request arrive, so that a refusal can name what pingora does not accept.

use std::net::IpAddr;

use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue};

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
    /// The last bytes, in which the end of the head may begin.
    pub(super) tail: [u8; 3],
    pub(super) is_too_large: bool,
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

    /// True where the bytes belong to a target that a URI cannot have (RFC 3986, 2).
    pub(super) fn inspect(&mut self, request: u64, mut bytes: &[u8]) -> bool {
        if self.request != request {
            self.request = request;
            self.line.clear();
            (self.lines, self.spaces, self.bytes, self.tail, self.is_too_large) = (0, 0, 0, [0; 3], false);
        }
        let mut is_illegal = false;
        if self.lines == 0 {
            if self.line.is_empty() {
                // Empty lines before a request line are skipped (RFC 9112, 2.2).
                let skipped = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                bytes = &bytes[skipped..];
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
            let line = &bytes[..end];
            self.spaces += line.iter().filter(|byte| **byte == b' ').count();
            // Two spaces are around the target.
            is_illegal = self.spaces > 2 || !line.iter().all(|byte| is_uri_byte(*byte) || matches!(byte, b' ' | b'\r'));
            let room = MAX_LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&line[..line.len().min(room)]);
        }
        let last = bytes.len().min(3);
        self.tail.rotate_left(last);
        self.tail[3 - last..].copy_from_slice(&bytes[bytes.len() - last..]);
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        is_illegal
    }
}

/// True where the empty line at the end of a head is within `bytes`, or begins in the `tail` before them.
pub(super) fn ends_head(tail: [u8; 3], bytes: &[u8]) -> bool {
    let is_end = |window: &[u8]| matches!(window, [b'\n', b'\n', ..] | [b'\n', b'\r', b'\n']);
    let border = [&tail[..], &bytes[..bytes.len().min(3)]].concat();
    border.windows(3).any(is_end)
        || bytes.windows(3).any(is_end)
        || border.ends_with(b"\n\n")
        || bytes.ends_with(b"\n\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inspect(pieces: &[&[u8]]) -> (bool, String, usize) {
        let mut head = HeadInspector::default();
        let is_illegal = pieces.iter().fold(false, |illegal, piece| head.inspect(1, piece) | illegal);
        (is_illegal, String::from_utf8_lossy(&head.line).trim_end().to_owned(), head.lines)
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
        assert!(head.inspect(1, b"GET /a b HTTP/1.1\r\n\r\n"));
        assert!(!head.inspect(2, b"GET /b HTTP/1.1\r\n\r\n"));
        assert_eq!((&head.line[..], head.lines), (&b"GET /b HTTP/1.1\r"[..], 2));
    }

    #[test]
    fn end_of_a_head_is_found_in_every_split() {
        for end in ["\r\n\r\n", "\n\n", "\n\r\n"] {
            let head = format!("Host: a{end}body");
            let bytes = head.as_bytes();
            for at in 3..bytes.len() {
                let tail = *bytes[..at].last_chunk().unwrap();
                let is_before = head[..at].contains(end);
                assert!(ends_head(tail, &bytes[at..]) || is_before, "{head:?} at {at}");
            }
            assert!(ends_head([0; 3], bytes));
            assert!(!ends_head(*b"a\r\n", b"Host: b\r\nX: 1\r\n"));
        }
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
            let at = at.min(bytes.len());
            let whole = inspect(&[&bytes]);
            prop_assert_eq!(inspect(&[&bytes[..at], &bytes[at..]]), whole);
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
