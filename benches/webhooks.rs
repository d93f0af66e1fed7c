//! What webhooks cost the callers of the gate: 100 events a second for a minute, 50 webhooks, on SQLite and on PostgreSQL.
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

use measure::{latencies, median, percentile};
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
/// Each on a new database: no backlog of the previous one is left.
const ROUNDS: usize = 3;
/// Before the first event.
const BASELINE_TIME: Duration = Duration::from_secs(20);
/// With events.
const LOAD_TIME: Duration = Duration::from_secs(60);

/// Which webhooks an event reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    One,
    All,
}

struct Round {
    /// Of callers of the gate, in microseconds, the shortest first.
    baseline: Vec<u128>,
    loaded: Vec<u128>,
    events_per_second: f64,
    /// Of its events.
    deliveries: u64,
    /// Not at the receiver when the last event was posted.
    waiting: u64,
    /// Of the gate, in MiB.
    memory: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let cluster = Cluster::start_in(tempfile::tempdir().unwrap());
    for (part, reach) in [("one", Reach::One), ("all", Reach::All)] {
        if arguments.is_empty() || arguments.iter().any(|argument| argument == part) {
            println!("\n# {EVENTS_PER_SECOND} events a second, each to {part} of {WEBHOOKS} webhooks\n");
            report("SQLite", || measure("sqlite:claviger.db", reach));
            report("PostgreSQL", || measure(cluster.fresh_database().url(), reach));
        }
    }
}

fn report(database: &str, measure: impl Fn() -> Round) {
    let mut ratios = [Vec::new(), Vec::new()];
    for number in 1..=ROUNDS {
        let Round { baseline, loaded, events_per_second, deliveries, waiting, memory } = measure();
        println!("{database}, round {number}:");
        for (ratios, percent) in ratios.iter_mut().zip([50, 99]) {
            let [before, during] = [percentile(&baseline, percent), percentile(&loaded, percent)];
            println!("  p{percent} {before:.0} µs without events, {during:.0} µs with: {:.2}×", during / before);
            ratios.push(during / before);
        }
        println!("  {events_per_second:.1} events a second were posted");
        println!("  at the end {waiting} of {deliveries} deliveries waited; {memory:.0} MiB of memory");
    }
    let [p50, p99] = ratios.map(median);
    println!("{database}, median of the ratios: p50 {p50:.2}×, p99 {p99:.2}×");
}

fn measure(url: &str, reach: Reach) -> Round {
    let (api, receiver) = (Api::start(), Api::start());
    let folder = tempfile::TempDir::new().unwrap();
    let key = folder.path().join("installation.key");
    std::fs::write(&key, claviger::credential::InstallationKey::mint().unwrap().reveal()).unwrap();
    let settings = format!("installation_key_file: '{}'\n{}", key.display(), settings(receiver.address));
    let gate = Gate::start_with_console(&api, url, ", public_url: 'https://keys.example.org'", &settings);
    let publisher = Publisher::of(&gate, reach);
    latencies(gate.address, Duration::from_secs(1));
    measure::settle(&gate);

    let baseline = latencies(gate.address, BASELINE_TIME);
    assert_eq!(receiver.seen(), 0, "something was sent before the first event");
    let posting = publisher.start();
    let loaded = latencies(gate.address, LOAD_TIME);
    let posted = posting.stop();
    let received = receiver.seen();
    let per_event = if reach == Reach::One { 1 } else { WEBHOOKS };
    let deliveries = posted.events * per_event as u64;
    Round {
        baseline,
        loaded,
        events_per_second: posted.events as f64 / posted.time.as_secs_f64(),
        deliveries,
        waiting: deliveries.saturating_sub(received),
        memory: gate.memory(),
    }
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
            Posted { events: u64::from(requests) * EVENTS_PER_REQUEST as u64, time: start.elapsed() }
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
    thread: std::thread::JoinHandle<Posted>,
}

struct Posted {
    events: u64,
    time: Duration,
}

impl Posting {
    fn stop(self) -> Posted {
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
