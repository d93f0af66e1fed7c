//! Counts lost requests under load while files are reloaded and the process is replaced.
//!
//! `cargo bench --bench reloads`, or with fewer requests `cargo bench --bench reloads -- 100000`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed"
)]

#[expect(dead_code, reason = "shared with another bench, which uses more of it")]
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use support::{Api, Client, Gate, TOKEN, request};

const REQUESTS: u64 = 1_000_000;
const RELOADS: u64 = 100;
const UPGRADES: u64 = 4;
const CLIENTS: usize = 8;

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    answered: AtomicU64,
    lost: AtomicU64,
    /// Answers other than 200.
    refused: AtomicU64,
}

fn main() {
    let wanted = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(REQUESTS);
    let api = Api::start();
    let mut gate = Gate::start(&api, "", "");
    let counts = Arc::new(Counts::default());
    let address = gate.address;
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let counts = counts.clone();
            std::thread::spawn(move || call(address, &counts, wanted))
        })
        .collect();
    let (mut reloads, mut upgrades, mut ended_well) = (0, 0, 0);
    while !clients.iter().all(std::thread::JoinHandle::is_finished) {
        let answered = counts.answered.load(Ordering::Relaxed);
        if reloads < RELOADS && answered >= (reloads + 1) * wanted / (RELOADS + 1) {
            let one = format!("  - {{id: other, account: acme, token: 'sha256:{reloads:064x}'}}");
            assert!(gate.reload(&one), "a reload has failed");
            reloads += 1;
        }
        if upgrades < UPGRADES && answered >= (2 * upgrades + 1) * wanted / (2 * UPGRADES) {
            let next = gate.upgrade();
            let before = std::mem::replace(&mut gate, next);
            ended_well += u64::from(before.ends_well());
            upgrades += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = start.elapsed();
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let (sent, answered) = (of(&counts.sent), of(&counts.answered));
    println!("{sent} requests in {:.1} s ({:.0} a second)", took.as_secs_f64(), sent as f64 / took.as_secs_f64());
    println!("{reloads} reloads, {upgrades} upgrades, of which {ended_well} ended the process before with 0");
    println!("answered with 200: {answered}; otherwise: {}; lost: {}", of(&counts.refused), of(&counts.lost));
    println!("reached the API: {}; memory of the last process: {:.0} MiB", api.seen(), gate.memory());
    let is_whole = answered == sent && api.seen() == sent && ended_well == upgrades;
    assert!(is_whole, "requests were lost");
}

/// A lost request is one on a connection that ends without an answer and without having said so before.
fn call(address: SocketAddr, counts: &Counts, wanted: u64) {
    let request = request("GET", "/x", Some(&format!("Bearer {TOKEN}")));
    let mut client = Client::open(address);
    while counts.sent.fetch_add(1, Ordering::Relaxed) < wanted {
        let answer = client.ask(&request);
        let count = match &answer {
            Ok(answer) if answer.status == 200 => &counts.answered,
            Ok(_) => &counts.refused,
            Err(_) => &counts.lost,
        };
        count.fetch_add(1, Ordering::Relaxed);
        if answer.is_ok_and(|answer| !answer.closes) {
            continue;
        }
        client = Client::open(address);
    }
    // The one that was too many was not sent.
    counts.sent.fetch_sub(1, Ordering::Relaxed);
}
