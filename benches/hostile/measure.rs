//! Good traffic, and how long it takes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::support::{Client, Gate, TOKEN, request};

const CALLERS: usize = 4;
/// Between two requests of a caller: the machine must not be busy with good traffic alone.
const REQUEST_INTERVAL: Duration = Duration::from_millis(2);
const TURN: Duration = Duration::from_millis(1500);
const TURNS: usize = 5;
/// What an attack moves while it comes up is work; it is over when the gate takes less than this of a second.
const IDLE: Duration = Duration::from_millis(100);

/// How long requests with a good token take, in microseconds, the shortest first.
pub fn latencies(address: SocketAddr, time: Duration) -> Vec<u128> {
    let callers: Vec<_> = (0..CALLERS).map(|_| std::thread::spawn(move || call(address, time))).collect();
    let mut took: Vec<u128> = callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect();
    took.sort_unstable();
    took
}

pub fn percentile(sorted: &[u128], percent: usize) -> f64 {
    sorted[sorted.len() * percent / 100] as f64
}

fn p99(address: SocketAddr, time: Duration) -> f64 {
    percentile(&latencies(address, time), 99)
}

fn call(address: SocketAddr, time: Duration) -> Vec<u128> {
    let request = request("GET", "/x", Some(&format!("Bearer {TOKEN}")));
    let mut client = Client::open(address);
    let (start, mut took) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        let sent = Instant::now();
        let answer = client.ask(&request).expect("a good request was lost");
        took.push(sent.elapsed().as_micros());
        assert_eq!(answer.status, 200, "a good request was refused");
        std::thread::sleep(REQUEST_INTERVAL);
    }
    took
}

/// Waits, for a while, until the gate has little to do.
pub fn settle(gate: &Gate) {
    for _ in 0..20 {
        let before = cpu(gate);
        std::thread::sleep(Duration::from_secs(1));
        if cpu(gate) - before < IDLE {
            return;
        }
    }
    println!("  (does not come to rest)");
}

fn cpu(gate: &Gate) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", gate.id())).unwrap();
    // The name, in parentheses, may hold anything; user and system time are the 12th and 13th behind it.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    Duration::from_millis(fields[11..13].iter().map(|field| field.parse::<u64>().unwrap() * 10).sum())
}

/// The p99 of good traffic without and with something, in turns. `begin` starts it, dropping ends it.
pub fn compare<A>(what: &str, address: SocketAddr, begin: impl Fn() -> A) {
    p99(address, Duration::from_secs(1));
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        without.push(p99(address, TURN));
        let attack = begin();
        with.push(p99(address, TURN));
        drop(attack);
        // Whatever it has left behind goes first.
        std::thread::sleep(Duration::from_millis(500));
    }
    // Of turns beside each other: what else goes on in the machine is the same in both.
    let ratio = median(with.iter().zip(&without).map(|(with, without)| with / without).collect());
    println!("  {what}: p99 {:.0} µs without, {:.0} µs with: {ratio:.2}×", median(without), median(with));
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
