//! The Origin of a head that pingora does not accept, so that a page can read why.

const NAME: &[u8] = b"origin:";
/// Longest field that is kept; an allowed origin is shorter.
const MAX_FIELD_BYTES: usize = 512;

/// Finds the Origin in the bytes of a head, in whatever pieces they come.
#[derive(Debug, Default)]
pub(super) struct HeadOrigin {
    /// The current line, while it may be that of the field.
    line: Vec<u8>,
    /// The rest of the current line is of no interest.
    is_other: bool,
    found: Found,
}

#[derive(Debug, Default)]
enum Found {
    #[default]
    None,
    Once(Vec<u8>),
    /// Several, or one that is too long.
    Invalid,
}

impl HeadOrigin {
    pub(super) fn inspect(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.is_other |= self.line.is_empty() && !piece[0].eq_ignore_ascii_case(&NAME[0]);
            if !self.is_other {
                self.line.extend_from_slice(&piece[..piece.len().min(MAX_FIELD_BYTES + 1 - self.line.len())]);
                let known = self.line.len().min(NAME.len());
                self.is_other = !self.line[..known].eq_ignore_ascii_case(&NAME[..known]);
            }
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        if let (false, Some(value)) = (self.is_other, self.line.get(NAME.len()..)) {
            let is_first = matches!(self.found, Found::None) && self.line.len() <= MAX_FIELD_BYTES;
            self.found = if is_first { Found::Once(value.trim_ascii().to_vec()) } else { Found::Invalid };
        }
        self.line.clear();
        self.is_other = false;
    }

    /// `None` unless the lines that were received have exactly one.
    pub(super) fn value(&self) -> Option<&[u8]> {
        match &self.found {
            Found::Once(value) => Some(value),
            Found::None | Found::Invalid => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(pieces: &[&[u8]]) -> Option<String> {
        let mut origin = HeadOrigin::default();
        pieces.iter().for_each(|piece| origin.inspect(piece));
        origin.value().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    #[test]
    fn the_origin_of_a_head_is_found_in_every_split() {
        let long = format!("Origin: https://a{}evil\r\n", " ".repeat(MAX_FIELD_BYTES));
        for (fields, expected) in [
            ("Origin: https://a\r\n", Some("https://a")),
            ("orIGin:https://a \r\nOther: 1\r\n", Some("https://a")),
            ("X-Origin: https://a\r\nOriginal: b\r\nO: c\r\n", None),
            ("Origin: https://a\r\nORIGIN: https://a\r\n", None),
            ("X: Origin: https://a\r\n", None),
            ("Origin:\r\n", Some("")),
            ("Origin: https://a", None),
            (&long, None),
        ] {
            let head = format!("GET /`a` HTTP/1.1\r\nHost: b\r\n{fields}");
            for at in 0..head.len() {
                let (one, two) = head.as_bytes().split_at(at);
                assert_eq!(find(&[one, two]).as_deref(), expected, "{fields:?} at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn junk_is_read_the_same_in_every_split(
            bytes in proptest::collection::vec(prop::sample::select(b"\r\noOrigin: x".to_vec()), 0..900),
            at in 0_usize..900,
        ) {
            let (one, two) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(find(&[one, two]), find(&[&bytes]));
        }
    }
}
