//! A refusal of any code arrives as a whole while the body of its request is on its way.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use axum::body::Body;
use tempfile::TempDir;

use crate::support::frames::{DATA, END_STREAM, Frame, FrameClient, HEADERS, RESET, SETTINGS, field, frame, head};
use crate::support::{
    Caller, Connection, Gate, GateBuilder, RecordingApi, Request, TOKEN, callers, digest, eventually, with_each,
};

const MEGABYTE: usize = 1024 * 1024;
const WINDOW_UPDATE: u8 = 8;
/// Of a stream and of a connection, before settings say otherwise.
const WINDOW: usize = 65_535;
const NO_ERROR: u32 = 0;

/// Sends all of the body before it reads the answer, as far as flow control allows.
async fn verdict(caller: &Caller, target: &str, token: &str, bytes: usize) -> (u16, String) {
    let body = "a".repeat(bytes);
    if caller.protocol.is_http2() {
        let request = http::Request::post(format!("http://api.example.org{target}"));
        let request = request.header("authorization", format!("Bearer {token}")).body(Body::from(body)).unwrap();
        return caller.open().await.send(request).await.expect("the refusal is lost").verdict();
    }
    let mut connection = match &caller.config {
        None => caller.gate.connect(),
        Some(config) => Connection::open_tls(caller.gate.address, config).unwrap().0,
    };
    let request = Request::new("POST", target).bearer(token).body(body);
    assert!(connection.write(&request.bytes()), "{:?} broke while the body was sent", caller.protocol);
    let reply = connection.reply(false).expect("the refusal is lost");
    (reply.status, reply.code())
}

async fn assert_refused(caller: &Caller, (target, token): (&str, &str), (status, code): (u16, &str)) {
    for bytes in [17_000, MEGABYTE] {
        let found = verdict(caller, target, token, bytes).await;
        assert_eq!(found, (status, code.to_owned()), "{:?} {target} {bytes}", caller.protocol);
    }
}

fn before(api: &RecordingApi, settings: &str) -> GateBuilder {
    let credentials = format!(
        "credentials:\n  - {{id: billing, account: acme, token: '{}', version: '2', scopes: [pay]}}\n  \
         - {{id: limited, account: acme, token: '{}', version: '2', rate_limit: {{requests: 1, per: 1h}}}}\n",
        digest(TOKEN),
        digest("limited")
    );
    Gate::before(api.url()).credentials(&credentials).settings(settings)
}

const RULES: &str = "versions:\n  read_from: {path: '/v{version}/'}\n  known: [{name: '1', retired_on: 2020-01-01}, {name: '2'}]\n\
    scopes: {pay: [{methods: [GET], path: /payments}]}";

#[test]
fn verdicts_of_the_rules_arrive() {
    let api = RecordingApi::start();
    with_each(
        || before(&api, RULES),
        async |caller| {
            assert_refused(caller, ("/v1/x", TOKEN), (410, "version_retired")).await;
            assert_refused(caller, ("/v2/payments", TOKEN), (403, "scope_insufficient")).await;
            let get = http::Request::get("http://api.example.org/v2/x").header("authorization", "Bearer limited");
            assert_eq!(caller.send(get).await.status, 200);
            assert_refused(caller, ("/v2/x", "limited"), (429, "rate_limited")).await;
        },
    );
    assert!(api.seen().iter().all(|seen| seen.line().starts_with("GET ")), "a refused request was forwarded");
}

#[test]
fn overload_arrives() {
    let api = RecordingApi::start();
    let limits = "limits: {header_bytes: 1024, header_bytes_per_connection: 1024, header_bytes_total: 1024}";
    with_each(
        || Gate::before(api.url()).settings(limits),
        async |caller| {
            let large = http::Request::get("http://api.example.org/silent").header("x", "a".repeat(500));
            let large = large.header("authorization", format!("Bearer {TOKEN}")).body(Body::empty()).unwrap();
            let mut sender = caller.open().await;
            tokio::spawn(async move { sender.send(large).await });
            let in_flight = || caller.gate.metric("claviger_http_requests_in_flight");
            tokio::task::block_in_place(|| eventually("a request holds the memory", || in_flight() == 1.0));
            assert_refused(caller, ("/x", TOKEN), (503, "overloaded")).await;
        },
    );
}

#[test]
fn failures_of_the_api_arrive() {
    with_each(
        || Gate::before("http://127.0.0.1:1"),
        async |caller| assert_refused(caller, ("/x", TOKEN), (502, "upstream_unreachable")).await,
    );
    // Connections are made and nothing is ever read from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    with_each(
        || Gate::before(&url).proxy("  timeouts: {upstream_read: 500ms, upstream_write: 500ms}"),
        async |caller| {
            let found = verdict(caller, "/x", TOKEN, 20 * MEGABYTE).await;
            assert_eq!(found, (504, "upstream_timeout".to_owned()), "{:?}", caller.protocol);
        },
    );
}

fn http2_callers(build: impl Fn() -> GateBuilder) -> impl Iterator<Item = Caller> {
    callers(build).into_iter().filter(|caller| caller.protocol.is_http2())
}

/// The last four bytes of a payload, as a number.
fn number(frame: &Frame) -> u32 {
    u32::from_be_bytes(*frame.payload.last_chunk().unwrap())
}

/// Sends DATA for as long as there is credit, up to `bytes`. Returns what was sent, and the code of a reset.
fn upload(client: &mut FrameClient, stream: u32, bytes: usize) -> (usize, Option<u32>, Vec<Frame>) {
    let (mut sent, mut connection, mut own, mut frames) = (0, WINDOW, WINDOW, Vec::new());
    loop {
        while sent < bytes && connection.min(own) > 0 {
            let piece = connection.min(own).min(16_000).min(bytes - sent);
            let flags = if sent + piece == bytes { END_STREAM } else { 0 };
            client.write(&frame(DATA, flags, stream, &vec![b'a'; piece]));
            (sent, connection, own) = (sent + piece, connection - piece, own - piece);
        }
        if sent == bytes {
            return (sent, None, frames);
        }
        let next = client.read().expect("the connection goes on");
        match (next.kind, next.stream) {
            (RESET, reset) if reset == stream => return (sent, Some(number(&next)), frames),
            (WINDOW_UPDATE, 0) => connection += number(&next) as usize,
            (WINDOW_UPDATE, own_stream) if own_stream == stream => own += number(&next) as usize,
            // INITIAL_WINDOW_SIZE
            (SETTINGS, _) => {
                let sizes = next.payload.chunks(6).filter(|setting| setting[..2] == [0, 4]);
                own = sizes.fold(own, |own, setting| {
                    own + u32::from_be_bytes(*setting.last_chunk().unwrap()) as usize - WINDOW
                });
            }
            _ => {}
        }
        frames.push(next);
    }
}

fn assert_answered(client: &mut FrameClient, stream: u32, mut frames: Vec<Frame>) {
    let is_end = |frame: &Frame| frame.stream == stream && frame.kind == DATA && frame.flags & END_STREAM != 0;
    if !frames.iter().any(is_end) {
        frames.extend(client.read_until(1, is_end));
    }
    let body = frames.iter().find(|frame| frame.stream == stream && frame.kind == DATA).unwrap();
    assert!(String::from_utf8_lossy(&body.payload).contains("credential_missing"), "{body:?}");
}

#[test]
fn drains_over_http_2_give_credit_up_to_their_limit_and_reset_without_an_error() {
    let api = RecordingApi::start();
    for caller in http2_callers(|| Gate::before(api.url()).settings("limits: {drain_bytes: 300000}")) {
        let mut client = FrameClient::open(&caller, 65_535);
        client.write(&head("POST", 1, 0, &[]));
        let (sent, reset, frames) = upload(&mut client, 1, 250_000);
        assert_eq!((sent, reset), (250_000, None), "within the limit");
        assert_answered(&mut client, 1, frames);
        let mut client = FrameClient::open(&caller, 65_535);
        client.write(&head("POST", 1, 0, &[]));
        let (sent, reset, frames) = upload(&mut client, 1, 20 * MEGABYTE);
        assert_answered(&mut client, 1, frames);
        assert_eq!(reset, Some(NO_ERROR), "{:?}", caller.protocol);
        assert!((300_000..500_000).contains(&sent), "{:?}: {sent}", caller.protocol);
        // The connection goes on.
        client.write(&head("GET", 3, END_STREAM, &[field("authorization", &format!("Bearer {TOKEN}"))]));
        client.read_until(1, |frame| frame.kind == HEADERS && frame.stream == 3);
    }
    assert_eq!(api.seen().len(), 2);
}

#[test]
fn drains_over_http_2_end_at_their_time_and_number() {
    let api = RecordingApi::start();
    for limits in ["drain_time: 500ms", "drains: 0"] {
        for caller in http2_callers(|| Gate::before(api.url()).settings(&format!("limits: {{{limits}}}"))) {
            let mut client = FrameClient::open(&caller, 65_535);
            client.write(&head("POST", 1, 0, &[]));
            // No credit is used: only the gate can end the stream.
            let frames = client.read_until(1, |frame| frame.kind == RESET);
            let reset = frames.iter().find(|frame| frame.kind == RESET).unwrap();
            assert_eq!((reset.stream, number(reset)), (1, NO_ERROR), "{limits} {:?}", caller.protocol);
            assert_answered(&mut client, 1, frames);
        }
    }
}

struct Nginx {
    process: Child,
    address: std::net::SocketAddr,
    _folder: TempDir,
}

impl Nginx {
    fn before(gate: &Gate, buffering: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path temp/{kind};\n"))
            .concat();
        let settings = format!(
            "pid pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}server {{\nlisten {address};\n\
             client_max_body_size 0;\nlocation / {{\nproxy_pass http://{};\nproxy_http_version 1.1;\n\
             proxy_set_header Connection \"\";\nproxy_request_buffering {buffering};\n}}\n}}\n}}\n",
            gate.address
        );
        std::fs::create_dir(folder.path().join("temp")).unwrap();
        std::fs::write(folder.path().join("nginx.conf"), settings).unwrap();
        let process = Command::new("nginx")
            .args(["-p", ".", "-c", "nginx.conf", "-g", "daemon off; user root; master_process off; error_log stderr;"])
            .current_dir(folder.path())
            // Debian puts it where only root looks as a rule.
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed (make needs-peers)");
        eventually("nginx listens", || std::net::TcpStream::connect(address).is_ok());
        Self { process, address, _folder: folder }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

/// It answers 502 where the gate resets the connection, or closes it before the answer is whole.
#[test]
fn refusals_pass_through_nginx() {
    let api = RecordingApi::start();
    let gate = before(&api, RULES).start();
    let limited = Request::get("/v2/x").bearer("limited");
    assert_eq!(gate.send(&limited).status, 200);
    for buffering in ["on", "off"] {
        let nginx = Nginx::before(&gate, buffering);
        for (target, token, status, code) in [
            ("/v1/x", TOKEN, 410, "version_retired"),
            ("/v2/payments", TOKEN, 403, "scope_insufficient"),
            ("/v2/x", "limited", 429, "rate_limited"),
            ("/v2/x", "wrong", 401, "credential_invalid"),
        ] {
            for bytes in [17_000, MEGABYTE, 20 * MEGABYTE] {
                let mut connection = Connection::open(nginx.address);
                let request = Request::new("POST", target).bearer(token).body("a".repeat(bytes));
                connection.write(&request.bytes());
                let reply = connection.reply(false).expect("the refusal is lost");
                assert_eq!((reply.status, reply.code().as_str()), (status, code), "{buffering} {target} {bytes}");
            }
        }
    }
}
