//! What one HTTP/2 connection may hold: streams, memory, and time.

use std::time::Duration;

use crate::support::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, FrameClient, GOAWAY, HEADERS, PREFACE, RESET, SETTINGS, field,
    frame, head,
};
use crate::support::{Caller, Gate, Protocol, RecordingApi, Request, TOKEN, callers, eventually};

const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
const SHORT: &str = "  timeouts: {request_head: 500ms, keep_alive: 1m}";

fn http2_callers(build: impl Fn() -> crate::support::GateBuilder) -> impl Iterator<Item = Caller> {
    callers(build).into_iter().filter(|caller| caller.protocol.is_http2())
}

fn bearer() -> Vec<u8> {
    field("authorization", &format!("Bearer {TOKEN}"))
}

fn refused(caller: &Caller, reason: &str) -> f64 {
    caller.gate.metric(&format!("claviger_http2_refused_total{{reason=\"{reason}\"}}"))
}

fn denied(caller: &Caller, reason: &str) -> f64 {
    let label = format!("decision=\"deny\",reason=\"{reason}\",scheme=\"none\"");
    caller.gate.metric(&format!("claviger_auth_requests_total{{{label}}}"))
}

fn is_response(frame: &Frame) -> bool {
    frame.kind == HEADERS
}

/// Tells apart a deadline from the end of an idle connection, which is a minute away.
fn assert_closed_soon(client: &mut FrameClient, what: &str) {
    let frames = client.rest();
    assert!(frames.iter().all(|frame| frame.kind != HEADERS), "{what} {frames:?}");
}

#[test]
fn unfinished_frames_and_heads_end_at_the_deadline_of_a_head() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url()).proxy(SHORT)) {
        let unfinished = [
            ("half a preface", PREFACE[..20].to_vec()),
            ("half a frame head", [PREFACE, &[0, 0, 1]].concat()),
            ("half a frame", [PREFACE, &frame(SETTINGS, 0, 0, &[0; 12])[..15]].concat()),
            ("headers without an end", [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frame(HEADERS, 0, 1, &[0x82])].concat()),
            (
                "continuation without an end",
                [
                    PREFACE,
                    &frame(SETTINGS, 0, 0, &[]),
                    &frame(HEADERS, 0, 1, &[0x82]),
                    &frame(CONTINUATION, 0, 1, &[0x86]),
                ]
                .concat(),
            ),
        ];
        for (what, bytes) in unfinished {
            let mut client = FrameClient::connect(&caller);
            client.write(&bytes);
            assert_closed_soon(&mut client, what);
        }
        // The same after a request that went well, and in a body.
        for tail in [frame(HEADERS, 0, 3, &[0x82]), frame(DATA, 0, 3, b"hello")[..12].to_vec()] {
            let mut client = FrameClient::open(&caller, 65_535);
            client.write(&head("GET", 1, END_STREAM, &[bearer()]));
            client.read_until(1, is_response);
            client.write(&tail);
            client.rest();
        }
    }
}

/// Each byte is progress for a body, not for a head.
#[test]
fn heads_that_trickle_end_at_the_deadline_and_bodies_go_on() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url()).proxy("  timeouts: {request_head: 2s, keep_alive: 1m}")) {
        let mut client = FrameClient::open(&caller, 65_535);
        let continuation = frame(CONTINUATION, END_HEADERS, 1, &[0x86; 100]);
        client.write(&[&frame(HEADERS, 0, 1, &[0x82]), &continuation[..9]].concat());
        let trickled = continuation[9..].iter().take_while(|byte| {
            std::thread::sleep(Duration::from_millis(200));
            client.write(&[**byte])
        });
        assert!(trickled.count() < 100, "{:?}", caller.protocol);
        let mut client = FrameClient::open(&caller, 65_535);
        client.write(&head("POST", 1, 0, &[bearer()]));
        let body = frame(DATA, END_STREAM, 1, b"0123456789");
        client.write(&body[..9]);
        for byte in &body[9..] {
            std::thread::sleep(Duration::from_millis(300));
            client.write(&[*byte]);
        }
        client.read_until(1, is_response);
        assert_eq!(api.last().body, b"0123456789");
    }
}

#[test]
fn streams_of_a_connection_over_their_limit_are_refused() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url()).settings("limits: {streams_per_connection: 2}")) {
        let mut client = FrameClient::open(&caller, 65_535);
        let silent =
            [field(":method", "GET"), field(":scheme", "http"), field(":path", "/silent"), field(":authority", "a")];
        for stream in [1, 3, 5] {
            client.write(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &[silent.concat(), bearer()].concat()));
        }
        let frames = client.read_until(1, |frame| frame.kind == RESET);
        let reset = frames.iter().find(|frame| frame.kind == RESET).unwrap();
        assert_eq!((reset.stream, &reset.payload[..]), (5, &REFUSED_STREAM[..]), "{:?}", caller.protocol);
        eventually("it is counted", || refused(&caller, "stream") == 1.0);
    }
}

#[test]
fn streams_of_all_connections_over_their_limit_are_refused() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url()).settings("limits: {streams: 2}")) {
        let silent =
            [field(":method", "GET"), field(":scheme", "http"), field(":path", "/silent"), field(":authority", "a")];
        let silent = [silent.concat(), bearer()].concat();
        let mut clients = [FrameClient::open(&caller, 65_535), FrameClient::open(&caller, 65_535)];
        for client in &mut clients {
            client.write(&frame(HEADERS, END_HEADERS | END_STREAM, 1, &silent));
        }
        eventually("both wait", || caller.gate.metric("claviger_http_requests_in_flight") == 2.0);
        let mut third = FrameClient::open(&caller, 65_535);
        third.write(&head("GET", 1, END_STREAM, &[bearer()]));
        let frames = third.read_until(1, |frame| frame.kind == RESET);
        let reset = frames.iter().find(|frame| frame.kind == RESET).unwrap();
        assert_eq!((reset.stream, &reset.payload[..]), (1, &REFUSED_STREAM[..]), "{:?}", caller.protocol);
        assert_eq!(refused(&caller, "streams"), 1.0);
        // Not HTTP/1.1, which has its connections.
        if caller.protocol == Protocol::Http2 {
            assert_eq!(caller.gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        }
        drop(clients);
        eventually("both have ended", || caller.gate.metric("claviger_http_requests_in_flight") == 0.0);
        let mut streams = (3..).step_by(2);
        eventually("there is room again", || {
            third.write(&head("GET", streams.next().unwrap(), END_STREAM, &[bearer()]));
            let frames = third.read_until(1, |frame| is_response(frame) || frame.kind == RESET);
            frames.iter().any(is_response)
        });
    }
}

/// Heads of 3 KB, of which two fit into a connection.
#[test]
fn heads_of_a_connection_over_their_limit_are_503() {
    let api = RecordingApi::start();
    let limits = "limits: {header_bytes: 4096, header_bytes_per_connection: 8192}";
    for caller in http2_callers(|| Gate::before(api.url()).settings(limits)) {
        let mut client = FrameClient::open(&caller, 65_535);
        let silent =
            [field(":method", "GET"), field(":scheme", "http"), field(":path", "/silent"), field(":authority", "a")];
        let many = vec![field("a", ""); 28].concat();
        for stream in [1, 3, 5] {
            let block = [silent.concat(), bearer(), many.clone()].concat();
            client.write(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &block));
        }
        let frames = client.read_until(1, |frame| frame.kind == DATA && frame.flags & END_STREAM != 0);
        let text: Vec<_> = frames.iter().filter(|frame| frame.kind == DATA).map(|frame| &frame.payload).collect();
        assert!(String::from_utf8_lossy(text[0]).contains("\"overloaded\""), "{:?}", caller.protocol);
        assert!(frames.iter().filter(|frame| is_response(frame)).all(|frame| frame.stream == 5));
        assert_eq!(denied(&caller, "overloaded"), 1.0);
    }
}

/// A field of any length.
fn long_field(name: &str, bytes: usize) -> Vec<u8> {
    let mut block = [&[0, u8::try_from(name.len()).unwrap()], name.as_bytes(), &[0x7f]].concat();
    let mut left = bytes - 0x7f;
    while left >= 0x80 {
        block.push(u8::try_from(left % 0x80).unwrap() | 0x80);
        left /= 0x80;
    }
    block.push(u8::try_from(left).unwrap());
    block.resize(block.len() + bytes, b'a');
    block
}

/// As over HTTP/1.1.
#[test]
fn heads_over_a_high_limit_are_431_and_those_below_it_pass() {
    let api = RecordingApi::start();
    let limits = "limits: {header_bytes: 340000, header_bytes_per_connection: 2000000}";
    for caller in http2_callers(|| Gate::before(api.url()).settings(limits)) {
        let mut client = FrameClient::open(&caller, 65_535);
        for (stream, bytes, code) in [(1, 330_000, "{}"), (3, 500_000, "\"headers_too_large\"")] {
            let path = [field(":scheme", "http"), field(":path", "/x"), field(":authority", "a"), bearer()].concat();
            let block = [&[0x82][..], &path, &long_field("x", bytes)].concat();
            let pieces: Vec<&[u8]> = block.chunks(16_000).collect();
            client.write(&frame(HEADERS, END_STREAM, stream, pieces[0]));
            for piece in &pieces[1..pieces.len() - 1] {
                client.write(&frame(CONTINUATION, 0, stream, piece));
            }
            client.write(&frame(CONTINUATION, END_HEADERS, stream, pieces[pieces.len() - 1]));
            let frames = client.read_until(1, |frame| frame.kind == DATA && frame.stream == stream);
            let text = String::from_utf8_lossy(&frames.last().unwrap().payload).into_owned();
            assert!(text.contains(code), "{bytes}: {text}");
        }
        assert_eq!(denied(&caller, "headers_too_large"), 1.0);
        assert_eq!(api.last().header("x").map(str::len), Some(330_000));
    }
}

/// A client that opens no window gets the heads of its answers, and the heads of its requests are not kept meanwhile.
#[test]
fn heads_of_refused_requests_are_free_before_their_answers_are_taken() {
    let api = RecordingApi::start();
    let limits = "limits: {header_bytes: 4096, header_bytes_per_connection: 4096, header_bytes_total: 4096}";
    for caller in http2_callers(|| Gate::before(api.url()).settings(limits)) {
        let mut client = FrameClient::open(&caller, 0);
        let many = vec![field("a", ""); 28];
        for stream in 0..50 {
            client.write(&head("GET", 2 * stream + 1, END_STREAM, &many));
            client.read_until(1, is_response);
        }
        assert_eq!((denied(&caller, "credential_missing"), denied(&caller, "overloaded")), (50.0, 0.0));
        assert_eq!(caller.gate.metric("claviger_http_requests_in_flight"), 50.0, "{:?}", caller.protocol);
    }
}

#[test]
fn large_trailers_close_the_connection() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url())) {
        let mut client = FrameClient::open(&caller, 65_535);
        let trailers = |stream: u32, count: usize| {
            let fields = vec![field("a", ""); count].concat();
            frame(HEADERS, END_HEADERS | END_STREAM, stream, &fields)
        };
        client.write(&[head("POST", 1, 0, &[bearer()]), frame(DATA, 0, 1, b"hello"), trailers(1, 10)].concat());
        client.read_until(1, is_response);
        assert_eq!(api.last().body, b"hello");
        client.write(&[head("POST", 3, 0, &[bearer()]), trailers(3, 100)].concat());
        let frames = client.rest();
        assert!(frames.iter().any(|frame| frame.kind == GOAWAY && frame.payload[4..8] == [0, 0, 0, 11]), "{frames:?}");
        eventually("it is counted", || refused(&caller, "connection") == 1.0);
    }
}

/// h2 resets them; the gate sees neither their method nor their path.
#[test]
fn malformed_streams_are_counted() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url())) {
        let mut client = FrameClient::open(&caller, 65_535);
        let malformed = [field("connection", "close"), field("te", "gzip"), field("content-length", "x")];
        for (number, odd) in (0..).zip(malformed) {
            client.write(&head("GET", 2 * number + 1, END_STREAM, &[bearer(), odd]));
            let is_over = |frame: &Frame| frame.kind == RESET || frame.kind == GOAWAY;
            let frames = client.read_until(1, is_over);
            assert!(frames.iter().all(|frame| frame.kind != HEADERS), "{number} {frames:?}");
            eventually("it is counted", || refused(&caller, "stream") == f64::from(number) + 1.0);
        }
        // pingora's own: an empty 400.
        client.write(&head("GET", 21, END_STREAM, &[bearer(), field("host", "b")]));
        client.read_until(1, is_response);
        eventually("it is counted", || refused(&caller, "stream") == 4.0);
        // A name in capitals ends the connection.
        client.write(&head("GET", 23, END_STREAM, &[bearer(), field("X-Upper", "1")]));
        assert!(client.rest().iter().any(|frame| frame.kind == GOAWAY));
        eventually("it is counted", || refused(&caller, "connection") == 1.0);
        assert!(api.seen().is_empty());
    }
}

/// Some pass h2 and are refused by the gate, others are reset by h2 or answered by pingora: none reaches the API, and
/// none goes without a trace.
#[test]
fn malformed_targets_and_hosts_are_refused_logged_and_counted() {
    let api = RecordingApi::start();
    let targets =
        ["/x?q={\"a\":1}", "/\"", "/x?q=<b>", "/<b>", "/x>", "/x?q=`b`", "/`b`", "/ä", "/x?q=ä", "http://a/x"];
    let hosts = [
        vec![field(":authority", "a"), field("host", "b")],
        vec![field("host", "a"), field("host", "b")],
        vec![field(":authority", "a"), field("host", "a"), field("host", "a")],
        vec![],
    ];
    let of_targets = targets.map(|target| (target, vec![field(":authority", "a")]));
    let requests: Vec<_> = of_targets.into_iter().chain(hosts.map(|hosts| ("/x", hosts))).collect();
    for caller in http2_callers(|| Gate::before(api.url())) {
        let mut client = FrameClient::open(&caller, 65_535);
        let mut documents = 0;
        for (stream, (target, hosts)) in (1..).step_by(2).zip(&requests) {
            let fields = [field(":scheme", "http"), field(":path", target), hosts.concat(), bearer()].concat();
            client.write(&frame(HEADERS, END_HEADERS | END_STREAM, stream, &[&[0x82][..], &fields].concat()));
            let is_end =
                |frame: &Frame| frame.stream == stream && (frame.kind == RESET || frame.flags & END_STREAM != 0);
            let frames = client.read_until(1, is_end);
            if frames.iter().any(|frame| frame.kind == DATA) {
                documents += 1;
                let line = caller.gate.access_log(documents).pop().unwrap();
                let found = (line["status"].as_u64(), line["code"].as_str());
                assert_eq!(found, (Some(400), Some("request_ambiguous")), "{target} {hosts:?} {line}");
            }
        }
        let others = f64::from(u32::try_from(requests.len() - documents).unwrap());
        eventually("the others are counted", || refused(&caller, "stream") == others);
        let log = caller.gate.stderr();
        assert!(log.contains("refused before it could be decided on") && log.contains("127.0.0.1"), "{log}");
        assert!(api.seen().is_empty(), "{:?}", api.seen());
    }
}

#[test]
fn connect_is_refused_like_every_request() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url())) {
        let mut client = FrameClient::open(&caller, 65_535);
        let fields = [field(":method", "CONNECT"), field(":authority", "a:443"), bearer()].concat();
        client.write(&frame(HEADERS, END_HEADERS, 1, &fields));
        let frames = client.read_until(1, |frame| frame.kind == DATA);
        let body = frames.iter().find(|frame| frame.kind == DATA).unwrap();
        assert!(String::from_utf8_lossy(&body.payload).contains("request_ambiguous"), "{frames:?}");
        let line = caller.gate.access_log(1).pop().unwrap();
        assert_eq!((&line["method"], &line["code"]), (&"CONNECT".into(), &"request_ambiguous".into()));
        assert!(api.seen().is_empty());
    }
}

/// h2 has decoded nothing of them, and each byte may stand for a field.
#[test]
fn header_blocks_that_never_end_leave_room_for_other_requests() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url())) {
        let block = frame(HEADERS, END_HEADERS, 1, &[0x82; 16_000]);
        let mut clients: Vec<_> = (0..40).map(|_| FrameClient::open(&caller, 65_535)).collect();
        for client in &mut clients {
            client.write(&block[..block.len() - 1]);
        }
        let mut other = FrameClient::open(&caller, 65_535);
        other.write(&head("GET", 1, END_STREAM, &[bearer()]));
        let frames = other.read_until(1, |frame| is_response(frame) || frame.kind == RESET);
        assert!(frames.iter().any(is_response), "{:?}: {frames:?}", caller.protocol);
        assert_eq!(api.last().header("authorization"), None);
        if caller.protocol == Protocol::Http2 {
            assert_eq!(caller.gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        }
    }
}

/// Replaces a part of the settings, and waits until they are in force.
fn reload(caller: &Caller, from: &str, to: &str) {
    let gate = &caller.gate;
    let before = gate.reloads("success");
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    assert!(settings.contains(from), "{settings}");
    gate.rename_over(&gate.settings_file(), &settings.replacen(from, to, 1));
    eventually("the settings are in force", || gate.reloads("success") > before);
}

fn silent_head(stream: u32) -> Vec<u8> {
    let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/silent"), (":authority", "a")];
    let fields: Vec<_> = fields.map(|(name, value)| field(name, value)).into_iter().chain([bearer()]).collect();
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &fields.concat())
}

#[test]
fn limits_of_a_reload_hold_on_connections_that_are_already_open() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url()).settings("limits: {header_bytes: 1024, streams: 40}")) {
        let before = api.seen().len();
        let mut client = FrameClient::open(&caller, 65_535);
        // Three kilobytes.
        let large = [vec![field("a", ""); 28], vec![bearer()]].concat();
        client.write(&head("GET", 1, END_STREAM, &large));
        client.read_until(1, is_response);
        assert_eq!(denied(&caller, "headers_too_large"), 1.0, "{:?}", caller.protocol);

        reload(&caller, "header_bytes: 1024", "header_bytes: 4096");
        client.write(&head("GET", 3, END_STREAM, &large));
        client.read_until(1, is_response);
        assert_eq!(api.seen().len(), before + 1, "{:?}: the head is still refused", caller.protocol);

        reload(&caller, "streams: 40", "streams: 40, streams_per_connection: 2");
        client.write(&[silent_head(5), silent_head(7)].concat());
        eventually("both wait", || caller.gate.metric("claviger_http_requests_in_flight") == 2.0);
        client.write(&silent_head(9));
        let frames = client.read_until(1, |frame| frame.kind == RESET);
        let reset = frames.iter().find(|frame| frame.kind == RESET).unwrap();
        assert_eq!((reset.stream, &reset.payload[..]), (9, &REFUSED_STREAM[..]), "{:?}", caller.protocol);
        assert_eq!(refused(&caller, "stream"), 1.0);
    }
}

#[test]
fn trusted_proxies_of_a_reload_count_on_connections_that_are_already_open() {
    let api = RecordingApi::start();
    let limits = "limits: {streams: 4, streams_per_connection: 2}";
    let build = || Gate::before(api.url()).proxy("  trusted_proxies: [10.0.0.0/8]").settings(limits);
    for caller in http2_callers(build) {
        let mut clients = [FrameClient::open(&caller, 65_535), FrameClient::open(&caller, 65_535)];
        // As many as one network may have.
        clients[0].write(&[silent_head(1), silent_head(3)].concat());
        eventually("both wait", || caller.gate.metric("claviger_http_requests_in_flight") == 2.0);
        clients[1].write(&head("GET", 1, END_STREAM, &[bearer()]));
        let frames = clients[1].read_until(1, |frame| is_response(frame) || frame.kind == RESET);
        assert!(!frames.iter().any(is_response), "{:?}: {frames:?}", caller.protocol);

        reload(&caller, "[10.0.0.0/8]", "[127.0.0.1]");
        clients[1].write(&head("GET", 3, END_STREAM, &[bearer()]));
        let frames = clients[1].read_until(1, |frame| is_response(frame) || frame.kind == RESET);
        assert!(frames.iter().any(is_response), "{:?}: {frames:?}", caller.protocol);
    }
}
