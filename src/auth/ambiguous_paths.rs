//! Paths that every server reads the same way, and the exceptions from that.

use crate::credential::{PathException, PathTemplate, PathVersion, Spellings};

const DOT_SEGMENT: &str = "The path contains a dot segment (. or ..).";
const HIDDEN_DOT_SEGMENT: &str = "The path, decoded until no escape is left, contains a dot segment (. or ..).";
const HIDDEN_CONTROL: &str = "The path, decoded until no escape is left, contains a control character.";

/// Which paths are admitted.
#[derive(Debug, Clone, Copy)]
pub struct PathRules<'r> {
    /// Refuse path parameters (`;x=1`), because some servers drop them before routing.
    pub refuse_parameters: bool,
    /// Where the version is in front of the paths of `exceptions`.
    pub version: Option<&'r PathTemplate>,
    /// None is below another.
    pub exceptions: &'r [PathException],
}

impl PathRules<'_> {
    /// For paths that no rule depends on.
    pub const PLAIN: Self = Self { refuse_parameters: false, version: None, exceptions: &[] };

    /// What makes two readings of a path possible; `None` for a path with one.
    pub(super) fn ambiguity(self, path: &str) -> Option<&'static str> {
        let exception = self.exception(path);
        let (from, admitted) = exception.unwrap_or((path.len(), Spellings::default()));
        let bytes = path.as_bytes();
        let mut segment = 0;
        let mut has_encoded_percent = false;
        for (index, &byte) in bytes.iter().enumerate().skip(1) {
            let allow = if index < from { Spellings::default() } else { admitted };
            match byte {
                b'/' => {
                    if index == segment + 1 && !allow.empty_segment {
                        return Some("The path contains an empty segment (//).");
                    }
                    if is_dot_segment(&bytes[segment + 1..index]) {
                        return Some(DOT_SEGMENT);
                    }
                    segment = index;
                }
                b'%' => {
                    let Some(decoded) = decode(bytes, index) else {
                        return Some("The path contains a percent sign that does not begin an escape sequence.");
                    };
                    if let Some(detail) = escape_ambiguity(decoded, allow) {
                        return Some(detail);
                    }
                    has_encoded_percent |= decoded == b'%';
                }
                b'\\' => return Some("The path contains a backslash."),
                b';' if self.refuse_parameters => return Some("The path contains a path parameter (;)."),
                0..=0x20 | 0x7f => return Some("The path contains a control character or space."),
                _ => {}
            }
        }
        if is_dot_segment(&bytes[segment + 1..]) {
            return Some(DOT_SEGMENT);
        }
        exception?;
        // Nothing else has a second level, so that few paths need memory.
        if has_encoded_percent { hidden(fully_decoded(&bytes[from..])) } else { hidden(decoded(&bytes[from..])) }
    }

    /// The exception that covers a path, and where the part behind its prefix begins. Up to there, the path must be
    /// plain, the version included.
    fn exception(self, path: &str) -> Option<(usize, Spellings)> {
        // Before any exception is looked for, so that paths without them cost nothing.
        if self.exceptions.is_empty() {
            return None;
        }
        let after_version = match self.version.map(|template| template.read(path)) {
            None => path,
            Some(PathVersion::Unstated { rest } | PathVersion::Stated { rest, .. }) => rest,
            Some(PathVersion::Ambiguous) => return None,
        };
        let found = self.exceptions.iter().find_map(|exception| Some((exception.path.rest(after_version)?, exception)));
        let (rest, exception) = found?;
        // The path behind a version may be a / that is not written.
        let before = path.strip_suffix(rest)?;
        // No version is spelled with an escape.
        (!before.contains('%')).then_some((before.len(), exception.allow))
    }
}

/// Also true before a path parameter and before an encoded `?` or `#`, where some servers cut the path off first.
fn is_dot_segment(segment: &[u8]) -> bool {
    let Some(rest) = segment.strip_prefix(b".") else { return false };
    let rest = rest.strip_prefix(b".").unwrap_or(rest);
    matches!(rest, [] | [b';', ..] | [b'%', b'3', b'F' | b'f', ..] | [b'%', b'2', b'3', ..])
}

fn escape_ambiguity(decoded: u8, allow: Spellings) -> Option<&'static str> {
    match decoded {
        b'/' if allow.encoded_slash => None,
        b'/' | b'\\' => Some("The path contains an encoded slash."),
        0..=0x1f | 0x7f => Some("The path contains an encoded control character."),
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' if allow.encoded_unreserved => None,
        // RFC 3986, 2.3: equivalent to their plain form; servers decode them before routing.
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => Some(
            "The path contains an encoded letter, digit, dot, hyphen, underscore or tilde, which must not be encoded.",
        ),
        b'%' if !allow.encoded_percent => Some("The path contains an encoded percent sign."),
        b';' => Some("The path contains an encoded path parameter (%3B)."),
        _ => None,
    }
}

/// Decodes the escape sequence at `index`.
pub(super) fn decode(bytes: &[u8], index: usize) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    Some((digit(index + 1)? * 16 + digit(index + 2)?) as u8)
}

/// Percent-decoding, once. What begins no escape sequence stays as it is.
fn decoded(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let mut index = 0;
    std::iter::from_fn(move || {
        let byte = *bytes.get(index)?;
        let escape = (byte == b'%').then(|| decode(bytes, index)).flatten();
        index += if escape.is_some() { 3 } else { 1 };
        Some(escape.unwrap_or(byte))
    })
}

/// Percent-decoding until nothing is left to decode, however often a server decodes. No two escape sequences overlap, so
/// that their order does not matter; and neither a dot nor what ends a segment can be part of one, so that a dot segment
/// of any reading is in the last one too.
fn fully_decoded(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for byte in bytes {
        text.push(*byte);
        while let Some(begin) = text.len().checked_sub(3).filter(|begin| text[*begin] == b'%')
            && let Some(escape) = decode(&text, begin)
        {
            text.truncate(begin);
            text.push(escape);
        }
    }
    text.into_iter()
}

/// What a server finds in a decoded path that it must not find in any spelling.
fn hidden(path: impl Iterator<Item = u8>) -> Option<&'static str> {
    // The dots that the segment consists of so far; `None` once it has another character.
    let mut dots = Some(0);
    let is_dot_segment = |dots| matches!(dots, Some(1 | 2));
    for byte in path.chain([b'/']) {
        match byte {
            b'/' | b'\\' if is_dot_segment(dots) => return Some(HIDDEN_DOT_SEGMENT),
            b'/' | b'\\' => dots = Some(0),
            // As in `is_dot_segment`.
            b';' | b'?' | b'#' if is_dot_segment(dots) => return Some(HIDDEN_DOT_SEGMENT),
            0..=0x1f | 0x7f => return Some(HIDDEN_CONTROL),
            b'.' => dots = dots.map(|dots| dots + 1),
            _ => dots = None,
        }
    }
    None
}

#[cfg(test)]
#[path = "ambiguous_paths_tests.rs"]
mod tests;
