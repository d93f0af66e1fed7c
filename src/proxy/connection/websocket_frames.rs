//! Boundaries of WebSocket frames (RFC 6455, 5.2) in a stream of bytes.

const CLOSE: u8 = 0x8;
/// Of a frame: the first two bytes, eight of an extended length, four of a mask.
const MAX_HEADER_BYTES: u8 = 14;

/// One direction of a WebSocket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FrameTracker {
    /// Bytes of the present header so far.
    header: u8,
    opcode: u8,
    /// Bytes that the present header has in all.
    header_length: u8,
    /// Bytes of the payload that are still to come.
    payload: u64,
    has_closed: bool,
}

impl FrameTracker {
    /// True between two frames.
    pub(super) fn is_at_boundary(&self) -> bool {
        self.header == 0
    }

    /// True once a Close frame has passed, after which no frame may follow.
    pub(super) fn has_closed(&self) -> bool {
        self.has_closed
    }

    /// Bytes that certainly belong to the present frame.
    pub(super) fn needed(&self) -> usize {
        if self.is_in_payload() { usize::try_from(self.payload).unwrap_or(usize::MAX) } else { 1 }
    }

    pub(super) fn advance(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = &bytes[self.step(bytes)..];
        }
    }

    /// How many of these bytes belong to the present frame; 0 at a boundary.
    pub(super) fn rest_of_frame(&self, bytes: &[u8]) -> usize {
        let mut after = *self;
        let mut taken = 0;
        while taken < bytes.len() && !after.is_at_boundary() {
            taken += after.step(&bytes[taken..]);
        }
        taken
    }

    fn is_in_payload(&self) -> bool {
        self.header > 1 && self.header == self.header_length
    }

    /// Consumes at least one byte of a slice that is not empty, and none behind the frame.
    fn step(&mut self, bytes: &[u8]) -> usize {
        let taken = if self.is_in_payload() {
            let taken = self.needed().min(bytes.len());
            self.payload -= taken as u64;
            taken
        } else {
            self.header_byte(bytes[0]);
            1
        };
        if self.is_in_payload() && self.payload == 0 {
            self.has_closed |= self.opcode == CLOSE;
            self.header = 0;
        }
        taken
    }

    fn header_byte(&mut self, byte: u8) {
        match self.header {
            0 => {
                self.opcode = byte & 0xf;
                self.header_length = MAX_HEADER_BYTES;
                self.payload = 0;
            }
            1 => {
                let mask = if byte & 0x80 == 0 { 0 } else { 4 };
                let extended = match byte & 0x7f {
                    126 => 2,
                    127 => 8,
                    length => {
                        self.payload = length.into();
                        0
                    }
                };
                self.header_length = 2 + extended + mask;
            }
            index if index < self.header_length - self.mask_bytes() => {
                self.payload = self.payload << 8 | u64::from(byte);
            }
            _ => {}
        }
        self.header += 1;
    }

    /// 2 + 0, 2 or 8 bytes of length, and 0 or 4 of a mask: 2, 4, 6, 8, 10, 14.
    fn mask_bytes(&self) -> u8 {
        if matches!(self.header_length, 6 | 8 | 14) { 4 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(opcode: u8, length: usize, is_masked: bool) -> Vec<u8> {
        let mask = if is_masked { 0x80 } else { 0 };
        let mut bytes = vec![0x80 | opcode];
        match length {
            0..126 => bytes.push(mask | length as u8),
            126..65_536 => {
                bytes.push(mask | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        if is_masked {
            bytes.extend([0x88, 0xff, 0, 0x81]);
        }
        bytes.extend(std::iter::repeat_n(0x88, length));
        bytes
    }

    #[test]
    fn boundaries_are_found_in_every_split() {
        for length in [0, 1, 125, 126, 127, 300, 65_535, 65_536] {
            for is_masked in [false, true] {
                let (first, second) = (frame(2, length, is_masked), frame(CLOSE, 2, is_masked));
                let whole = [&first[..], &second].concat();
                for at in (0..first.len().min(20)).chain([first.len() - 1, first.len()]) {
                    let mut tracker = FrameTracker::default();
                    tracker.advance(&whole[..at]);
                    assert_eq!(tracker.is_at_boundary(), at == 0 || at == first.len(), "{length} {at}");
                    assert!(!tracker.has_closed());
                    if at > 0 {
                        assert_eq!(tracker.rest_of_frame(&whole[at..]), first.len() - at, "{length} {at}");
                    }
                    tracker.advance(&whole[at..]);
                    assert!(tracker.is_at_boundary() && tracker.has_closed(), "{length} {at}");
                }
            }
        }
    }

    proptest! {
        /// Junk is no frame, but must neither stall nor read differently in pieces.
        #[test]
        fn junk_is_tracked_the_same_in_every_split(
            bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..300,
        ) {
            let at = at.min(bytes.len());
            let (mut whole, mut split) = (FrameTracker::default(), FrameTracker::default());
            whole.advance(&bytes);
            split.advance(&bytes[..at]);
            prop_assert!(split.rest_of_frame(&bytes[at..]) <= bytes.len() - at);
            split.advance(&bytes[at..]);
            prop_assert_eq!(format!("{whole:?}"), format!("{split:?}"));
        }
    }
}
