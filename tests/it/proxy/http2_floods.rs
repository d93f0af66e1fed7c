//! What one connection of HTTP/2 may do to the others: nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::frames::{FrameClient, GOAWAY, field, head};
use crate::support::{Gate, RecordingApi, Request, TOKEN, callers, eventually};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;
/// The default of `limits.streams_per_connection`.
const STREAMS: u32 = 100;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET /` without a credential, with or without a body to come.
fn request(number: u32, flags: u8) -> Vec<u8> {
    let fields = [&[0x82, 0x86, 0x84, 0x41, 15][..], b"api.example.org"].concat();
    frame(HEADERS, END_HEADERS | flags, 2 * number + 1, &fields)
}

fn connect(gate: &Gate) -> TcpStream {
    let mut stream = TcpStream::connect(gate.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).unwrap();
    stream
}

fn assert_others_are_served(gate: &Gate) {
    for _ in 0..20 {
        let start = Instant::now();
        assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
}

#[test]
fn streams_over_the_limit_are_refused_and_the_others_answered() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut stream = connect(&gate);
    // Without a window, so that none has ended before the last one begins.
    stream.write_all(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])).unwrap();
    let burst: Vec<u8> = (0..STREAMS + 200).flat_map(|number| request(number, END_STREAM)).collect();
    stream.write_all(&burst).unwrap();
    let (mut answered, mut refused) = (0, 0);
    while answered + refused < STREAMS + 200 {
        let mut head = [0; 9];
        stream.read_exact(&mut head).expect("every stream has its end");
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).unwrap();
        match head[3] {
            HEADERS => answered += 1,
            RESET if payload == REFUSED_STREAM.to_be_bytes() => refused += 1,
            _ => {}
        }
    }
    assert_eq!((answered, refused), (STREAMS, 200));
    assert_others_are_served(&gate);
}

/// CVE-2023-44487.
#[test]
fn rapid_resets_affect_only_their_connection() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let burst: Vec<u8> = (0..20_000)
        .flat_map(|number| [request(number, 0), frame(RESET, 0, 2 * number + 1, &[0, 0, 0, 8])].concat())
        .collect();
    for _ in 0..5 {
        let mut stream = connect(&gate);
        // The gate may have enough at any point.
        let _cut = stream.write_all(&burst);
        assert_others_are_served(&gate);
    }
    assert_eq!(api.seen().len(), 100);
    eventually("nothing is left of it", || gate.metric("claviger_http_requests_in_flight") == 0.0);
    eventually("all connections are closed", || gate.metric("claviger_connections_open") == 0.0);
}

/// Each stream may have cost a call of the API (CVE-2023-44487).
#[test]
fn many_resets_within_a_second_close_the_connection_and_fewer_do_not() {
    let api = RecordingApi::start();
    let limits = "limits: {streams_per_connection: 500, streams: 1000}";
    for (resets, is_closed) in [(150_u32, false), (450, true)] {
        let of_http2 = callers(|| Gate::before(api.url()).settings(limits)).into_iter();
        for caller in of_http2.filter(|caller| caller.protocol.is_http2()) {
            let mut client = FrameClient::open(&caller, 65_535);
            let bearer = || field("authorization", &format!("Bearer {TOKEN}"));
            let target = [field(":scheme", "http"), field(":path", "/silent"), field(":authority", "a")].concat();
            let silent = [field(":method", "GET"), target, bearer()].concat();
            let for_each =
                |build: &dyn Fn(u32) -> Vec<u8>| (0..resets).flat_map(|n| build(2 * n + 1)).collect::<Vec<u8>>();
            client.write(&for_each(&|stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &silent)));
            let in_flight = || caller.gate.metric("claviger_http_requests_in_flight");
            eventually("all wait for the API", || in_flight() == f64::from(resets));
            client.write(&for_each(&|stream| frame(RESET, 0, stream, &[0, 0, 0, 8])));
            if is_closed {
                let frames = client.rest();
                let goaway = frames.iter().find(|frame| frame.kind == GOAWAY).expect("no GOAWAY");
                assert_eq!(goaway.payload[4..8], [0, 0, 0, 11], "{:?}", caller.protocol);
            } else {
                client.write(&head("GET", 2 * resets + 1, END_STREAM, &[bearer()]));
                client.read_until(1, |frame| frame.kind == HEADERS && frame.stream == 2 * resets + 1);
            }
        }
    }
}
