//! Frames of HTTP/2 as they pass by (RFC 9113, 4.1).

use super::fields::FieldCounter;
use crate::proxy::request::limits::FIELD_BYTES;

const HEAD_BYTES: usize = 9;
const PREFACE_BYTES: usize = 24;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;
const PRIORITY_BYTES: usize = 5;
/// The last stream and the error code of a GOAWAY.
const GOAWAY_BYTES: usize = 8;

#[derive(Debug, Clone, Copy, Default)]
struct FrameHead {
    length: usize,
    kind: u8,
    flags: u8,
    stream: u32,
}

/// Where a sequence of frames is.
#[derive(Debug, Default)]
struct FrameCursor {
    head: [u8; HEAD_BYTES],
    /// Bytes of the head that have come.
    have: usize,
    /// Bytes of the payload that have not.
    left: usize,
}

enum Piece<'b> {
    Head(FrameHead),
    Payload(&'b [u8]),
}

/// What a client sends.
#[derive(Debug)]
pub(in crate::proxy::connection) struct Incoming {
    preface_left: usize,
    frames: FrameCursor,
    frame: FrameHead,
    /// A header block, from its HEADERS to its END_HEADERS.
    block: Option<Block>,
    /// The highest stream that a client has opened.
    last_stream: u32,
    /// Of the frame of a header block: a byte with the length of its padding comes first.
    has_padding: bool,
    skip: usize,
    fragment: usize,
    progress: u64,
    resets: u64,
}

#[derive(Debug)]
struct Block {
    is_trailers: bool,
    counter: FieldCounter,
}

/// A header block that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy::connection) enum HeaderBlock {
    Head,
    /// With their [cost](Incoming::block_bytes).
    Trailers(usize),
}

/// Watches for a GOAWAY with an error.
#[derive(Debug, Default)]
pub(in crate::proxy::connection) struct Outgoing {
    frames: FrameCursor,
    goaway: Option<(usize, [u8; GOAWAY_BYTES])>,
}

impl FrameHead {
    fn parse(bytes: [u8; HEAD_BYTES]) -> Self {
        let [a, b, c, kind, flags, s, t, u, v] = bytes;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        Self { length, kind, flags, stream: u32::from_be_bytes([s & 0x7f, t, u, v]) }
    }
}

impl FrameCursor {
    /// Bytes to the next boundary; at least one.
    fn wanted(&self) -> usize {
        if self.left > 0 { self.left } else { HEAD_BYTES - self.have }
    }

    fn is_within(&self) -> bool {
        self.left > 0 || self.have > 0
    }

    /// Takes the next piece off `bytes`; `None` where they end before it does.
    fn take<'b>(&mut self, bytes: &mut &'b [u8]) -> Option<Piece<'b>> {
        if bytes.is_empty() {
            return None;
        }
        let (piece, rest) = bytes.split_at(self.wanted().min(bytes.len()));
        *bytes = rest;
        if self.left > 0 {
            self.left -= piece.len();
            return Some(Piece::Payload(piece));
        }
        let end = self.have + piece.len();
        self.head[self.have..end].copy_from_slice(piece);
        self.have = end;
        if end < HEAD_BYTES {
            return None;
        }
        let head = FrameHead::parse(self.head);
        (self.have, self.left) = (0, head.length);
        Some(Piece::Head(head))
    }
}

impl Default for Incoming {
    fn default() -> Self {
        Self {
            preface_left: PREFACE_BYTES,
            frames: FrameCursor::default(),
            frame: FrameHead::default(),
            block: None,
            last_stream: 0,
            has_padding: false,
            skip: 0,
            fragment: 0,
            progress: 0,
            resets: 0,
        }
    }
}

impl Incoming {
    /// No boundary is closer than this many bytes; at least one.
    pub(in crate::proxy::connection) fn wanted(&self) -> usize {
        if self.preface_left > 0 { self.preface_left } else { self.frames.wanted() }
    }

    /// Within the preface, a frame, or a header block.
    pub(in crate::proxy::connection) fn is_partial(&self) -> bool {
        self.preface_left > 0 || self.frames.is_within() || self.block.is_some()
    }

    /// Changes with every complete frame or header block, and with every piece of a DATA frame.
    pub(in crate::proxy::connection) fn progress(&self) -> u64 {
        self.progress
    }

    /// Streams that the client has reset.
    pub(in crate::proxy::connection) fn resets(&self) -> u64 {
        self.resets
    }

    /// Memory that the header block takes which is arriving, or has just arrived.
    pub(in crate::proxy::connection) fn block_bytes(&self) -> usize {
        self.block.as_ref().map_or(0, Block::bytes)
    }

    /// Takes at most [`wanted`](Self::wanted) bytes.
    pub(in crate::proxy::connection) fn read(&mut self, mut bytes: &[u8]) -> Option<HeaderBlock> {
        let preface = self.preface_left.min(bytes.len());
        self.preface_left -= preface;
        bytes = &bytes[preface..];
        while let Some(piece) = self.frames.take(&mut bytes) {
            match piece {
                Piece::Head(head) => self.begin(head),
                Piece::Payload(payload) => self.payload(payload),
            }
            if self.frames.left == 0 {
                let ended = self.end_frame();
                if ended.is_some() {
                    return ended;
                }
            }
        }
        None
    }

    fn begin(&mut self, frame: FrameHead) {
        self.frame = frame;
        self.resets += u64::from(frame.kind == RESET);
        let has = |flag| frame.kind == HEADERS && frame.flags & flag != 0;
        self.has_padding = has(PADDED);
        self.skip = if has(PRIORITY) { PRIORITY_BYTES } else { 0 };
        self.fragment = frame.length.saturating_sub(self.skip + usize::from(self.has_padding));
        match frame.kind {
            HEADERS => {
                let is_trailers = frame.stream <= self.last_stream;
                self.last_stream = self.last_stream.max(frame.stream);
                self.block = Some(Block { is_trailers, counter: FieldCounter::default() });
            }
            CONTINUATION => {}
            // An error of the protocol, for which h2 closes the connection.
            _ => self.block = None,
        }
    }

    fn payload(&mut self, mut bytes: &[u8]) {
        self.progress += u64::from(self.frame.kind == DATA);
        let Some(block) = &mut self.block else { return };
        if self.has_padding {
            let Some((padding, rest)) = bytes.split_first() else { return };
            self.has_padding = false;
            self.fragment = self.fragment.saturating_sub(usize::from(*padding));
            bytes = rest;
        }
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        bytes = &bytes[skipped..];
        let part = self.fragment.min(bytes.len());
        self.fragment -= part;
        block.counter.read(&bytes[..part]);
    }

    fn end_frame(&mut self) -> Option<HeaderBlock> {
        if self.frame.flags & END_HEADERS == 0 && self.block.is_some() {
            return None;
        }
        self.progress += 1;
        let block = self.block.take()?;
        Some(if block.is_trailers { HeaderBlock::Trailers(block.bytes()) } else { HeaderBlock::Head })
    }
}

impl Block {
    fn bytes(&self) -> usize {
        self.counter.fields().saturating_mul(FIELD_BYTES).saturating_add(self.counter.text_bytes())
    }
}

impl Outgoing {
    /// True where a GOAWAY with an error has passed.
    pub(in crate::proxy::connection) fn read(&mut self, mut bytes: &[u8]) -> bool {
        let mut is_error = false;
        while let Some(piece) = self.frames.take(&mut bytes) {
            match piece {
                Piece::Head(head) => self.goaway = (head.kind == GOAWAY).then_some((0, [0; GOAWAY_BYTES])),
                Piece::Payload(payload) => {
                    let Some((have, content)) = &mut self.goaway else { continue };
                    let part = payload.len().min(GOAWAY_BYTES - *have);
                    content[*have..*have + part].copy_from_slice(&payload[..part]);
                    *have += part;
                    if *have == GOAWAY_BYTES {
                        let [.., a, b, c, d] = *content;
                        is_error |= u32::from_be_bytes([a, b, c, d]) != 0;
                        self.goaway = None;
                    }
                }
            }
        }
        is_error
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    /// Reads in pieces of at most `most` bytes.
    fn read(bytes: &[u8], most: usize) -> (Vec<HeaderBlock>, bool) {
        let (mut incoming, mut bytes, mut blocks) = (Incoming::default(), bytes, Vec::new());
        while !bytes.is_empty() {
            let (piece, rest) = bytes.split_at(incoming.wanted().min(most).min(bytes.len()));
            blocks.extend(incoming.read(piece));
            bytes = rest;
        }
        (blocks, incoming.is_partial())
    }

    #[test]
    fn header_blocks_are_found_in_every_split() {
        let padded = [&[3][..], &[0; PRIORITY_BYTES], &[0x82, 0x86, 0x84], &[0; 3]].concat();
        let bytes = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            frame(4, 0, 0, &[]),
            frame(HEADERS, END_HEADERS | PADDED | PRIORITY, 1, &padded),
            frame(DATA, 0, 1, b"hello"),
            frame(HEADERS, END_HEADERS, 1, b"\x00\x01a\x01b\x82"),
            frame(HEADERS, 0, 3, &[0x82]),
            frame(CONTINUATION, 0, 3, &[]),
            frame(CONTINUATION, END_HEADERS, 3, &[0x86]),
        ]
        .concat();
        // Two fields, and two bytes that may be three once decoded.
        let expected = [HeaderBlock::Head, HeaderBlock::Trailers(2 * FIELD_BYTES + 3), HeaderBlock::Head];
        for most in 1..bytes.len() {
            let (blocks, is_partial) = read(&bytes, most);
            assert_eq!((&blocks[..], is_partial), (&expected[..], false), "{most}");
            assert!(read(&bytes[..bytes.len() - 1], most).1, "{most}");
        }
    }

    #[test]
    fn only_errors_among_goaways_count() {
        for (code, is_error) in [(0_u8, false), (1, true), (11, true)] {
            let goaway = [0, 0, 0, 1, 0, 0, 0, code, b'w', b'h', b'y'];
            let bytes = [frame(4, 0, 0, &[0; 6]), frame(GOAWAY, 0, 0, &goaway), frame(6, 0, 0, &[1; 8])].concat();
            for at in 0..bytes.len() {
                let mut outgoing = Outgoing::default();
                let found = outgoing.read(&bytes[..at]) | outgoing.read(&bytes[at..]);
                assert_eq!(found, is_error, "{code} {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn junk_is_read_the_same_in_every_split(bytes in proptest::collection::vec(0_u8..12, 0..600), most in 1_usize..50) {
            prop_assert_eq!(read(&bytes, most), read(&bytes, usize::MAX));
            let mut outgoing = Outgoing::default();
            for piece in bytes.chunks(most) {
                let _is_error = outgoing.read(piece);
            }
        }
    }
}
