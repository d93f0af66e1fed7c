//! What the readers of a connection make of given bytes, for fuzzers: `fuzz/checks.rs`.

use super::head_inspector::HeadInspector;
use super::head_origin::HeadOrigin;
use super::http2::frames::{HeaderBlock, Incoming, Outgoing};
use super::websocket_frames::FrameTracker;

/// A reader of bytes that a client or the upstream sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireReader {
    /// Heads of HTTP/1 requests, one behind the other.
    Http1Heads,
    /// Frames of HTTP/2 that a client sends.
    Http2Client,
    /// Frames of HTTP/2 that are sent to a client.
    Http2Server,
    /// One direction of a WebSocket.
    WebSocket,
}

/// What was read. The same for the same bytes, in whatever pieces they come.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct WireReading {
    /// Each thing that was found, in words.
    pub found: Vec<String>,
    /// The bytes end between two heads or frames.
    pub is_complete: bool,
    /// Bytes that the reader keeps.
    pub kept_bytes: usize,
}

impl WireReader {
    pub const ALL: [Self; 4] = [Self::Http1Heads, Self::Http2Client, Self::Http2Server, Self::WebSocket];

    /// Reads `bytes` in pieces of at most `most` bytes, of which there is at least one.
    pub fn read(self, bytes: &[u8], most: usize) -> WireReading {
        let most = most.max(1);
        match self {
            Self::Http1Heads => read_heads(bytes, most),
            Self::Http2Client => read_client(bytes, most),
            Self::Http2Server => {
                let mut outgoing = Outgoing::default();
                let is_error = bytes.chunks(most).fold(false, |found, piece| outgoing.read(piece) | found);
                WireReading { found: vec![format!("error {is_error}")], is_complete: is_error, kept_bytes: 0 }
            }
            Self::WebSocket => read_websocket(bytes, most),
        }
    }
}

fn read_heads(mut bytes: &[u8], most: usize) -> WireReading {
    let mut reading = WireReading { is_complete: true, ..WireReading::default() };
    let (mut head, mut origin, mut request, mut is_illegal) =
        (HeadInspector::default(), HeadOrigin::default(), 1, false);
    while !bytes.is_empty() {
        let piece = &bytes[..most.min(bytes.len())];
        let (illegal, end) = head.inspect(request, piece);
        is_illegal |= illegal;
        let (piece, rest) = bytes.split_at(end.unwrap_or(piece.len()));
        bytes = rest;
        origin.inspect(piece);
        reading.is_complete = end.is_some();
        if reading.is_complete || bytes.is_empty() {
            let value = origin.value().map(String::from_utf8_lossy);
            reading.kept_bytes = reading.kept_bytes.max(head.line.len());
            let line = String::from_utf8_lossy(&head.line);
            reading.found.push(format!("{line:?} {} illegal {is_illegal} origin {value:?}", head.lines));
            (origin, is_illegal, request) = (HeadOrigin::default(), false, request + 1);
        }
    }
    reading
}

fn read_client(mut bytes: &[u8], most: usize) -> WireReading {
    let (mut incoming, mut found) = (Incoming::default(), Vec::new());
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(incoming.wanted().min(most).min(bytes.len()));
        bytes = rest;
        found.extend(incoming.read(piece).map(|block| match block {
            HeaderBlock::Head => "head".to_owned(),
            HeaderBlock::Trailers(bytes) => format!("trailers of {bytes} bytes"),
        }));
    }
    found.push(format!("{} resets, {} bytes of a block", incoming.resets(), incoming.block_bytes()));
    WireReading { found, is_complete: !incoming.is_partial(), kept_bytes: 0 }
}

fn read_websocket(bytes: &[u8], most: usize) -> WireReading {
    let (mut tracker, mut rest) = (FrameTracker::default(), bytes);
    let mut boundaries = Vec::new();
    while !rest.is_empty() {
        // Up to the boundary, where the piece has one.
        let piece = &rest[..most.min(rest.len())];
        let taken = if tracker.is_at_boundary() { 1 } else { tracker.rest_of_frame(piece) };
        tracker.advance(&piece[..taken]);
        rest = &rest[taken..];
        if tracker.is_at_boundary() {
            boundaries.push(format!("{} closed {}", bytes.len() - rest.len(), tracker.has_closed()));
        }
    }
    WireReading { found: boundaries, is_complete: tracker.is_at_boundary(), kept_bytes: 0 }
}
