//! A client that sends exactly the given frames of HTTP/2.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::Caller;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RESET: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const GOAWAY: u8 = 7;
pub const CONTINUATION: u8 = 9;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;
/// Longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(20);

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

pub struct FrameClient {
    stream: Box<dyn Stream>,
}

#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field that is written out and not kept in a table. Lengths are below 127.
pub fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    assert!(name.len() < 127 && value.len() < 127);
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// `GET` or `POST` with further fields, in one frame.
pub fn head(method: &str, stream: u32, flags: u8, fields: &[Vec<u8>]) -> Vec<u8> {
    let method = if method == "GET" { vec![0x82] } else { field(":method", method) };
    let rest = [field(":scheme", "http"), field(":path", "/x"), field(":authority", "a")].concat();
    frame(HEADERS, END_HEADERS | flags, stream, &[method, rest, fields.concat()].concat())
}

impl FrameClient {
    /// Sends nothing yet.
    pub fn connect(caller: &Caller) -> Self {
        let stream = TcpStream::connect(caller.gate.address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let Some(config) = &caller.config else { return Self { stream: Box::new(stream) } };
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut tls = StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), stream);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).unwrap();
        }
        Self { stream: Box::new(tls) }
    }

    /// Sends the preface, and settings with this window for each stream.
    pub fn open(caller: &Caller, window: u32) -> Self {
        let mut client = Self::connect(caller);
        let settings = [&[0, 4][..], &window.to_be_bytes()].concat();
        client.write(&[PREFACE, &frame(SETTINGS, 0, 0, &settings)].concat());
        client
    }

    /// False where the gate has closed the connection.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    /// `None` at the end of the connection.
    pub fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.fill(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.fill(&mut payload)?;
        Some(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Option<()> {
        match self.stream.read_exact(bytes) {
            Ok(()) => Some(()),
            Err(error) => {
                let is_late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                assert!(!is_late, "neither a frame nor an end");
                None
            }
        }
    }

    /// Reads until the connection ends.
    pub fn rest(&mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.read()).collect()
    }

    /// Reads until `count` frames match.
    pub fn read_until(&mut self, count: usize, matches: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        let mut frames = Vec::new();
        while frames.iter().filter(|frame| matches(frame)).count() < count {
            frames.push(self.read().unwrap_or_else(|| panic!("the connection ended: {frames:?}")));
        }
        frames
    }
}
