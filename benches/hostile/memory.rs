//! Memory of HTTP/2 connections whose clients send heads and take no responses: 100 streams, a window of 0, and header
//! blocks of one-byte references to the dynamic table.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::measure::settle;
use super::support::{Api, Gate, TOKEN};

const CONNECTIONS: usize = 10;
const STREAMS: u32 = 100;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The entry of the dynamic table that was added last.
const LAST_ENTRY: u8 = 0x80 | 62;

/// Prints the growth of memory per connection.
pub fn run() {
    let api = Api::start();
    for (what, fields, has_credential, path) in [
        ("1,800 headers, no credential", 1800, false, "/x"),
        ("1,800 headers, a credential", 1800, true, "/x"),
        ("250 headers, no credential", 250, false, "/x"),
        ("250 headers, a credential", 250, true, "/x"),
        ("10 headers, a credential", 10, true, "/x"),
        ("10 headers, a credential, 4 MiB to come", 10, true, "/big"),
    ] {
        // Its own gate, since an allocator keeps what was freed. Whatever one connection leaves behind is no growth.
        let gate = Gate::start(&api, "limits: {streams: 4000}", "");
        drop(connect(gate.address, 20, true, "/x"));
        settle(&gate);
        let before = gate.memory();
        let crowd = open(&gate, fields, has_credential, path);
        let growth = (steady(&gate) - before) / CONNECTIONS as f64;
        println!("  {STREAMS} streams with {what}: {growth:.2} MiB per connection, {:.0} MiB in all", gate.memory());
        drop(crowd);
    }
}

/// The memory of the gate once it no longer changes: on a busy machine, a gate that gets no time looks idle.
fn steady(gate: &Gate) -> f64 {
    settle(gate);
    let mut before = gate.memory();
    for _ in 0..20 {
        std::thread::sleep(Duration::from_secs(3));
        let now = gate.memory();
        if (now - before).abs() < 0.5 {
            break;
        }
        before = now;
    }
    before
}

fn open(gate: &Gate, fields: usize, has_credential: bool, path: &str) -> Vec<TcpStream> {
    (0..CONNECTIONS).map(|_| connect(gate.address, fields, has_credential, path)).collect()
}

fn connect(address: SocketAddr, fields: usize, has_credential: bool, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut bytes = PREFACE.to_vec();
    // SETTINGS_INITIAL_WINDOW_SIZE
    bytes.extend(frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]));
    for number in 0..STREAMS {
        // GET, http
        let mut block = vec![0x82, 0x86];
        block.extend(literal(&[0x04], path));
        block.extend(literal(&[0x01], "a"));
        if has_credential {
            // Without indexing.
            block.extend(literal(&[0x0f, 0x08], &format!("Bearer {TOKEN}")));
        }
        match number {
            0 => block.extend(b"\x40\x01a\x00"),
            _ => block.push(LAST_ENTRY),
        }
        block.resize(block.len() + fields, LAST_ENTRY);
        bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 1, &block));
    }
    // The gate may close the connection at any point.
    let _closed = stream.write_all(&bytes);
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let _idle = stream.read_to_end(&mut Vec::new());
    stream
}

/// Text of less than 127 bytes behind the index of its name.
fn literal(index: &[u8], text: &str) -> Vec<u8> {
    [index, &[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
