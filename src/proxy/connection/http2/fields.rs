//! Counts the fields of a header block without decoding them (RFC 7541, 6): no table is needed to see where they end.

/// A string may be Huffman-coded; its shortest codes have 5 bits (RFC 7541, appendix B).
pub(super) const MAX_EXPANSION: (usize, usize) = (8, 5);

/// Reads a header block, in any pieces.
#[derive(Debug, Default)]
pub(super) struct FieldCounter {
    fields: usize,
    /// Of names and values that are written out. Others are references to a table and share its memory.
    literal_bytes: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    /// The first byte of a field.
    #[default]
    Field,
    /// The rest of an index, with this many strings to follow.
    Index {
        strings: u8,
    },
    /// The first byte of a string, with this many after it.
    String {
        more: u8,
    },
    Length {
        value: usize,
        shift: u32,
        more: u8,
    },
    Text {
        left: usize,
        more: u8,
    },
}

impl FieldCounter {
    pub(super) fn fields(&self) -> usize {
        self.fields
    }

    /// At most this many bytes of names and values are not shared with a table.
    pub(super) fn text_bytes(&self) -> usize {
        self.literal_bytes.saturating_mul(MAX_EXPANSION.0) / MAX_EXPANSION.1
    }

    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((byte, rest)) = bytes.split_first() {
            let byte = *byte;
            (self.state, bytes) = match self.state {
                State::Field => (self.begin(byte), rest),
                State::Index { strings } if byte & 0x80 != 0 => (State::Index { strings }, rest),
                State::Index { strings } => (after(strings), rest),
                State::String { more } => match usize::from(byte & 0x7f) {
                    0x7f => (State::Length { value: 0x7f, shift: 0, more }, rest),
                    left => (text(left, more), rest),
                },
                State::Length { value, shift, more } => {
                    let part = usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(usize::MAX);
                    let value = value.saturating_add(part);
                    let is_last = byte & 0x80 == 0;
                    let longer = State::Length { value, shift: shift.saturating_add(7), more };
                    (if is_last { text(value, more) } else { longer }, rest)
                }
                State::Text { left, more } => {
                    let (part, rest) = bytes.split_at(left.min(bytes.len()));
                    self.literal_bytes = self.literal_bytes.saturating_add(part.len());
                    (text(left - part.len(), more), rest)
                }
            };
        }
    }

    fn begin(&mut self, byte: u8) -> State {
        // A table size update is no field.
        if byte & 0xe0 == 0x20 {
            return integer(byte, 0x1f, 0);
        }
        self.fields += 1;
        if byte & 0x80 != 0 {
            return integer(byte, 0x7f, 0);
        }
        let prefix = if byte & 0x40 != 0 { 0x3f } else { 0x0f };
        // Without an index, the name is written out as well.
        integer(byte, prefix, if byte & prefix == 0 { 2 } else { 1 })
    }
}

fn integer(byte: u8, prefix: u8, strings: u8) -> State {
    if byte & prefix == prefix { State::Index { strings } } else { after(strings) }
}

fn after(strings: u8) -> State {
    strings.checked_sub(1).map_or(State::Field, |more| State::String { more })
}

fn text(left: usize, more: u8) -> State {
    if left == 0 { after(more) } else { State::Text { left, more } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(pieces: &[&[u8]]) -> (usize, usize) {
        let mut counter = FieldCounter::default();
        pieces.iter().for_each(|piece| counter.read(piece));
        (counter.fields, counter.literal_bytes)
    }

    /// From RFC 7541, appendix C, and long ones.
    #[test]
    fn fields_are_counted_in_every_split() {
        let long = [&[0x00, 1, b'a', 0x7f, 0x81, 0x02][..], &[b'x'; 127 + 1 + 256]].concat();
        let blocks: [(&[u8], (usize, usize)); 9] = [
            (b"\x40\x0acustom-key\x0dcustom-header", (1, 23)),
            (b"\x04\x0c/sample/path", (1, 12)),
            (b"\x10\x08password\x06secret", (1, 14)),
            (b"\x82", (1, 0)),
            (b"\x82\x86\x84\x41\x0fwww.example.com", (4, 15)),
            (b"\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff", (4, 12)),
            (b"\x3f\xe1\x1f\xff\x80\x01\xbe\x0f\x2f\x01v", (3, 1)),
            (b"\x40\x01a\x00\xbe", (2, 1)),
            (&long, (1, 1 + 384)),
        ];
        for (block, expected) in blocks {
            for at in 0..=block.len() {
                let (one, two) = block.split_at(at);
                assert_eq!(count(&[one, two]), expected, "{block:?} at {at}");
            }
        }
    }

    proptest! {
        /// Junk is counted the same in every split, and never as more than it has bytes.
        #[test]
        fn junk_is_counted_the_same_in_every_split(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..400) {
            let (fields, literal) = count(&[&bytes]);
            let at = at.min(bytes.len());
            prop_assert_eq!(count(&[&bytes[..at], &bytes[at..]]), (fields, literal));
            prop_assert!(fields + literal <= bytes.len());
        }
    }
}
