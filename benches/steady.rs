//! Runs a gate for a long time under mixed load, and fails when its memory, descriptors or threads grow.
//!
//! `cargo bench --bench steady` takes 15 minutes; `STEADY_SECONDS=60 cargo bench --bench steady` takes one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed"
)]

#[expect(dead_code, reason = "shared with another bench, which uses more of it")]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::rt::{TokioExecutor, TokioIo};
use support::{Api, Client, Gate, TOKEN, WebSocket, request};

const DEFAULT_SECONDS: u64 = 15 * 60;
/// Samples of the whole run; those of the first quarter are of a gate that warms up.
const SAMPLES: u32 = 40;
const RELOAD_INTERVAL: Duration = Duration::from_secs(2);
const CLIENTS: usize = 2;
/// Requests on one connection before the next one is opened.
const REQUESTS_PER_CONNECTION: u32 = 200;
/// Frames on one WebSocket before the next one is opened.
const FRAMES_PER_SOCKET: u32 = 500;
const PRINTED_LOSSES: u64 = 10;
/// Wrong tokens, and as many wrong user names, before the first sample: more than the gate remembers of either.
const FIRST_GUESSES: u64 = 120_000;
/// In the database, as long as the bench runs.
const DATABASE_TOKEN: &str = "token-of-the-database";
const SETTINGS: &str = "throttle: {free_per_address: 5}\nlimits: {body_bytes: 1000}";

/// How far the last quarter may be above the second one.
const MAX_MEMORY_GROWTH: f64 = 1.10;
const MAX_MEMORY_GROWTH_MIB: f64 = 8.0;
const MAX_DESCRIPTOR_GROWTH: f64 = 4.0;
const MAX_THREAD_GROWTH: f64 = 0.5;

#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    lost: AtomicU64,
}

impl Counts {
    fn answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// Prints the first few reasons, and keeps a caller that is always refused from flooding the gate.
    fn loss(&self, caller: &str, reason: impl std::fmt::Display) {
        if self.lost.fetch_add(1, Ordering::Relaxed) < PRINTED_LOSSES {
            println!("lost: {caller}: {reason}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A moment of the process.
#[derive(Debug, Clone, Copy)]
struct Sample {
    memory_mib: f64,
    descriptors: f64,
    threads: f64,
    database_connections: f64,
}

fn main() {
    let seconds = std::env::var("STEADY_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(DEFAULT_SECONDS);
    let api = Api::start();
    let gate = Gate::start_with_database(&api, SETTINGS);
    gate.import(&[("kept", DATABASE_TOKEN)]);
    fill_bounded_tables(gate.address);
    let (counts, is_over) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
    let spawn = |work: fn(SocketAddr, &Counts, &AtomicBool)| {
        let (counts, is_over, address) = (counts.clone(), is_over.clone(), gate.address);
        std::thread::spawn(move || work(address, &counts, &is_over))
    };
    let mut callers: Vec<_> = (0..CLIENTS).map(|_| spawn(call)).collect();
    callers.extend([spawn(abandon), spawn(guess), spawn(call_over_http2), spawn(exchange_frames)]);

    let start = Instant::now();
    let interval = Duration::from_secs(seconds) / SAMPLES;
    let mut samples = Vec::new();
    let (mut reloads, mut reloaded) = (0_u64, Instant::now());
    while samples.len() < SAMPLES as usize {
        if reloaded.elapsed() >= RELOAD_INTERVAL {
            let one = format!("  - {{id: other, account: acme, token: 'sha256:{reloads:064x}'}}");
            assert!(gate.reload(&one), "a reload has failed");
            gate.import(&[("changing", &format!("token-{reloads}"))]);
            (reloads, reloaded) = (reloads + 1, Instant::now());
        }
        if start.elapsed() >= interval * (samples.len() as u32 + 1) {
            samples.push(Sample::of(&gate));
        }
        std::thread::sleep(Duration::from_millis(5).min(interval));
    }
    is_over.store(true, Ordering::Relaxed);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    report(&samples, seconds, reloads, &counts);
}

/// A name, its value in a sample, and how large it may be late in the run for its value early on.
type Figure = (&'static str, fn(&Sample) -> f64, fn(f64) -> f64);

fn report(samples: &[Sample], seconds: u64, reloads: u64, counts: &Counts) {
    let (answered, lost) = (counts.answered.load(Ordering::Relaxed), counts.lost.load(Ordering::Relaxed));
    println!("{answered} answers in {seconds} s, {lost} lost, {reloads} reloads");
    let quarter = samples.len() / 4;
    let (early, late) = (&samples[quarter..2 * quarter], &samples[samples.len() - quarter..]);
    let mut is_flat = true;
    let figures: [Figure; 4] = [
        (
            "memory (MiB)",
            |sample| sample.memory_mib,
            |early| (early * MAX_MEMORY_GROWTH).max(early + MAX_MEMORY_GROWTH_MIB),
        ),
        ("descriptors", |sample| sample.descriptors, |early| early + MAX_DESCRIPTOR_GROWTH),
        ("threads", |sample| sample.threads, |early| early + MAX_THREAD_GROWTH),
        ("connections to the database", |sample| sample.database_connections, |early| early + MAX_DESCRIPTOR_GROWTH),
    ];
    for (name, figure, bound) in figures {
        let median = |samples: &[Sample]| {
            let mut values: Vec<f64> = samples.iter().map(figure).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let (first, before, after) = (figure(&samples[0]), median(early), median(late));
        let max = samples.iter().map(figure).fold(0.0, f64::max);
        println!(
            "{name}: {first:.1} at first, {before:.1} in the second quarter, {after:.1} in the last, at most {max:.1}"
        );
        is_flat &= after <= bound(before);
    }
    assert!(is_flat, "the process grows");
    assert_eq!(lost, 0, "requests were lost");
}

impl Sample {
    fn of(gate: &Gate) -> Self {
        let entries = |folder: &str| {
            let folder = format!("/proc/{}/{folder}", gate.id());
            std::fs::read_dir(folder).map_or(0.0, |entries| entries.count() as f64)
        };
        Self {
            memory_mib: gate.memory(),
            descriptors: entries("fd"),
            threads: entries("task"),
            database_connections: gate.database_connections() as f64,
        }
    }
}

/// Good requests, on connections that are opened anew now and then.
fn call(address: SocketAddr, counts: &Counts, is_over: &AtomicBool) {
    let requests = [TOKEN, DATABASE_TOKEN].map(|token| request("GET", "/x", Some(&format!("Bearer {token}"))));
    while !is_over.load(Ordering::Relaxed) {
        let mut client = Client::open(address);
        for request in requests.iter().cycle().take(REQUESTS_PER_CONNECTION as usize) {
            match client.ask(request) {
                Ok(answer) if answer.status == 200 => counts.answer(),
                Ok(answer) => {
                    counts.loss("HTTP/1.1", format_args!("status {}", answer.status));
                    break;
                }
                Err(error) => {
                    counts.loss("HTTP/1.1", error);
                    break;
                }
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

/// Good requests over HTTP/2, several at a time.
fn call_over_http2(address: SocketAddr, counts: &Counts, is_over: &AtomicBool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    while !is_over.load(Ordering::Relaxed) {
        if let Err(error) = runtime.block_on(http2_connection(address, counts)) {
            counts.loss("HTTP/2", error);
        }
    }
}

async fn http2_connection(address: SocketAddr, counts: &Counts) -> Result<(), Box<dyn std::error::Error>> {
    const STREAMS: usize = 8;
    let stream = TokioIo::new(tokio::net::TcpStream::connect(address).await?);
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await?;
    let driver = tokio::spawn(connection);
    for _ in 0..REQUESTS_PER_CONNECTION as usize / STREAMS {
        let answers = (0..STREAMS).map(|_| {
            let request = http::Request::get(format!("http://{address}/x"))
                .header("authorization", format!("Bearer {DATABASE_TOKEN}"))
                .body(axum::body::Body::empty());
            let mut sender = sender.clone();
            async move { Ok::<_, Box<dyn std::error::Error>>(sender.send_request(request?).await?.status()) }
        });
        for status in futures_util::future::join_all(answers).await {
            match status? {
                http::StatusCode::OK => counts.answer(),
                status => counts.loss("HTTP/2", status),
            }
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    driver.abort();
    Ok(())
}

/// WebSockets whose frames come back.
fn exchange_frames(address: SocketAddr, counts: &Counts, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let exchanged = WebSocket::open(address).and_then(|mut socket| {
            (0..FRAMES_PER_SOCKET).try_for_each(|_| {
                std::thread::sleep(Duration::from_millis(2));
                socket.echo()
            })
        });
        match exchanged {
            Ok(()) => counts.answer(),
            Err(error) => counts.loss("WebSocket", error),
        }
    }
}

/// Connections that close at every step: without a byte, within a head, within a body, before the answer.
fn abandon(address: SocketAddr, _: &Counts, is_over: &AtomicBool) {
    let whole = request("GET", "/big", Some(&format!("Bearer {TOKEN}")));
    let body =
        format!("POST /x HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 900\r\n\r\nhalf");
    for piece in [&b""[..], &whole[..20], body.as_bytes(), &whole, b"\x16\x03\x01 no TLS"].iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let mut stream = TcpStream::connect(address).unwrap();
        // The gate may close first.
        let _closed = stream.write_all(piece);
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let _none = stream.read(&mut [0; 100]);
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Tables that are still filling look like a leak.
fn fill_bounded_tables(address: SocketAddr) {
    const CONNECTIONS: u64 = 4;
    let guess = move |first: u64| {
        let mut client = Client::open(address);
        for number in (first..FIRST_GUESSES).step_by(CONNECTIONS as usize) {
            let pair = STANDARD.encode(format!("first-{number}:wrong"));
            for value in [format!("Bearer first-{number}"), format!("Basic {pair}")] {
                let answer = client.ask(&request("GET", "/x", Some(&value))).expect("a guess was not answered");
                assert!(answer.status >= 400, "a guess was admitted");
                if answer.closes {
                    client = Client::open(address);
                }
            }
        }
    };
    let threads: Vec<_> = (0..CONNECTIONS).map(|first| std::thread::spawn(move || guess(first))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Wrong tokens and user names, each another one, from one address; and what no parser accepts.
fn guess(address: SocketAddr, _: &Counts, is_over: &AtomicBool) {
    let mut number = 0_u64;
    while !is_over.load(Ordering::Relaxed) {
        number += 1;
        let pair = STANDARD.encode(format!("user-{number}:wrong"));
        let guesses = [
            request("GET", "/x", Some(&format!("Bearer wrong-{number}"))),
            request("GET", "/x", Some(&format!("Basic {pair}"))),
            request("GET", "/x y", None),
        ];
        for guess in guesses {
            let answer = Client::open(address).ask(&guess);
            assert!(answer.is_ok_and(|answer| answer.status >= 400), "a guess was admitted, or not answered");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
