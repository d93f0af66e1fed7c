//! What webhooks cost the callers of the gate: 100 events a second, 50 webhooks, a minute, on SQLite and on PostgreSQL.
//! `cargo bench --bench webhooks`, or one of its parts: `-- one`, each event to one of the webhooks; `-- all`, each event
//! to all of them. Needs the programs of a PostgreSQL server, as the tests do.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed; its figures are for people"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use measure::{median, p99};
use support::{Api, Gate};
use test_support::postgres::Cluster;

#[path = "hostile/measure.rs"]
#[expect(dead_code, reason = "shared with another bench, which uses more of it")]
mod measure;
#[expect(dead_code, reason = "shared with other benches, which use more of it")]
mod support;
#[expect(dead_code, unused_imports, reason = "shared with the tests, which use more of it")]
#[path = "../tests/it/support/mod.rs"]
mod test_support;

const WEBHOOKS: usize = 50;
/// Of a credential; it may have 20.
const WEBHOOKS_PER_KEY: usize = 17;
const EVENTS_PER_SECOND: usize = 100;
/// Events of one request.
const EVENTS_PER_REQUEST: usize = 10;
/// Turns with events, which are a minute together; beside each is one without.
const TURNS: usize = 6;
const TURN: Duration = Duration::from_secs(10);
/// What waits after a turn is sent before the next one, or counts as left.
const MAX_CATCH_UP: Duration = Duration::from_secs(60);

/// Which webhooks an event reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    One,
    All,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let cluster = Cluster::start();
    for (part, reach) in [("one", Reach::One), ("all", Reach::All)] {
        if arguments.is_empty() || arguments.iter().any(|argument| argument == part) {
            let database = cluster.fresh_database();
            println!("\n# {EVENTS_PER_SECOND} events a second, each to {part} of {WEBHOOKS} webhooks\n");
            for (name, url) in [("SQLite", "sqlite:claviger.db"), ("PostgreSQL", database.url())] {
                measure(name, url, reach);
            }
        }
    }
}

fn measure(name: &str, url: &str, reach: Reach) {
    let (api, receiver) = (Api::start(), Api::start());
    let folder = tempfile::TempDir::new().unwrap();
    let key = folder.path().join("installation.key");
    std::fs::write(&key, claviger::credential::InstallationKey::mint().unwrap().reveal()).unwrap();
    let settings = format!("installation_key_file: '{}'\n{}", key.display(), settings(receiver.address));
    let gate = Gate::start_with_database_at(&api, url, &settings);
    let publisher = Publisher::of(&gate, reach);
    let per_event = if reach == Reach::One { 1 } else { WEBHOOKS };
    p99(gate.address, Duration::from_secs(1));
    let (mut without, mut with, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    let mut expected = 0;
    for _ in 0..TURNS {
        without.push(p99(gate.address, TURN));
        let posting = publisher.start();
        with.push(p99(gate.address, TURN));
        expected += posting.stop() * per_event as u64;
        waiting.push(expected.saturating_sub(receiver.seen()));
        let start = Instant::now();
        while receiver.seen() < expected && start.elapsed() < MAX_CATCH_UP {
            std::thread::sleep(Duration::from_millis(100));
        }
        measure::settle(&gate);
    }
    // Of turns beside each other: what else goes on in the machine is the same in both.
    let ratio = median(with.iter().zip(&without).map(|(with, without)| with / without).collect());
    let [before, during] = [median(without), median(with)];
    println!("{name}: p99 {before:.0} µs without, {during:.0} µs with: {ratio:.2}×");
    println!("  waits at the end of each turn: {waiting:?} of {} deliveries", expected / TURNS as u64);
    println!("  arrived in the end: {} of {expected}, {:.0} MiB of memory", receiver.seen(), gate.memory());
}

/// The receiver is the forward proxy.
fn settings(proxy: SocketAddr) -> String {
    let entities: Vec<String> = (0..WEBHOOKS).map(|number| format!("{}: [created]", entity(number))).collect();
    format!(
        "webhooks: {{allow_http: true, proxy: 'http://{proxy}', entities: {{all: [created], {}}}}}\n",
        entities.join(", ")
    )
}

fn entity(number: usize) -> String {
    format!("entity_{number}")
}

/// The API behind, with a token.
#[derive(Clone)]
struct Publisher {
    console: SocketAddr,
    token: String,
    reach: Reach,
    next_id: Arc<AtomicU64>,
}

impl Publisher {
    /// With the webhooks that receive its events.
    fn of(gate: &Gate, reach: Reach) -> Self {
        let console = gate.console.expect("the console is off");
        let keys = WEBHOOKS.div_ceil(WEBHOOKS_PER_KEY);
        let tokens: Vec<[String; 2]> =
            (0..keys).map(|number| [format!("acme-{number}"), format!("token-of-hooks-{number}")]).collect();
        let rows: Vec<(&str, &str)> = tokens.iter().map(|[id, token]| (id.as_str(), token.as_str())).collect();
        gate.import(&rows);
        for number in 0..WEBHOOKS {
            let entity = if reach == Reach::One { entity(number) } else { "all".to_owned() };
            let url = format!("http://hooks.example.org/{number}");
            let hook = serde_json::json!({"url": url, "event": format!("{entity}.created")});
            send(console, "/api/v1/hooks", &tokens[number / WEBHOOKS_PER_KEY][1], &hook.to_string());
        }
        let created = gate.command(&["publisher", "create", "--name", "bench", "--json"]);
        let created: serde_json::Value = serde_json::from_str(&created).unwrap();
        let token = created["token"].as_str().expect("no token").to_owned();
        Self { console, token, reach, next_id: Arc::default() }
    }

    /// Posts until the result is stopped.
    fn start(&self) -> Posting {
        let (is_over, publisher) = (Arc::new(AtomicBool::new(false)), self.clone());
        let seen = is_over.clone();
        let thread = std::thread::spawn(move || {
            let interval = Duration::from_secs(1) * EVENTS_PER_REQUEST as u32 / EVENTS_PER_SECOND as u32;
            let (start, mut requests) = (Instant::now(), 0_u32);
            while !seen.load(Ordering::Relaxed) {
                publisher.post();
                requests += 1;
                std::thread::sleep((interval * requests).saturating_sub(start.elapsed()));
            }
            u64::from(requests) * EVENTS_PER_REQUEST as u64
        });
        Posting { is_over, thread }
    }

    fn post(&self) {
        let events: Vec<serde_json::Value> = (0..EVENTS_PER_REQUEST).map(|_| self.event()).collect();
        send(self.console, "/api/v1/events", &self.token, &serde_json::Value::from(events).to_string());
    }

    fn event(&self) -> serde_json::Value {
        let number = self.next_id.fetch_add(1, Ordering::Relaxed);
        let entity = match self.reach {
            Reach::One => entity(number as usize % WEBHOOKS),
            Reach::All => "all".to_owned(),
        };
        serde_json::json!({"id": number.to_string(), "account": "acme", "entity": entity, "operation": "created",
            "occurred_at": "2026-11-21T12:00:00Z", "data": {"name": "x".repeat(400)}})
    }
}

/// Events that are being posted.
struct Posting {
    is_over: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<u64>,
}

impl Posting {
    /// Returns the number of events.
    fn stop(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn send(console: SocketAddr, path: &str, token: &str, body: &str) {
    let mut stream = TcpStream::connect(console).unwrap();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {console}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         authorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 20"), "{response}");
}
