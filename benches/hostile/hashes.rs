//! A flood of wrong passwords: its cost for other traffic, and in memory.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::measure::compare;
use super::support::{Api, Client, Gate, request};

const GUESSERS: usize = 16;

/// Wrong passwords, as fast as they are answered; ended when dropped.
struct Flood {
    stop: Arc<AtomicBool>,
    guessers: Vec<JoinHandle<()>>,
}

/// Prints a ratio, and the memory before and after.
pub fn run() {
    let api = Api::start();
    let pair = format!("  - {{id: pair, account: acme, username: acme, password: '{}'}}", hash("right"));
    // One address would be throttled, which is the cure; here it must hurt as much as it can.
    let gate = Gate::start(&api, "throttle: {enabled: false}", &pair);
    let before = gate.memory();
    let guesses = Arc::new(AtomicU64::new(0));
    compare("wrong passwords", gate.address, || Flood::start(gate.address, &guesses));
    let guesses = guesses.load(Ordering::Relaxed);
    println!("  {guesses} wrong passwords; memory {before:.0} MiB before, {:.0} MiB after", gate.memory());
}

/// What `claviger password hash` makes of a password.
pub fn hash(password: &str) -> String {
    use std::io::Write;
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(["password", "hash"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

/// The value of `Authorization` for a pair.
pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

impl Flood {
    fn start(address: SocketAddr, guesses: &Arc<AtomicU64>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let guessers = (0..GUESSERS).map(|_| {
            let (stop, guesses) = (stop.clone(), guesses.clone());
            std::thread::spawn(move || {
                let mut client = Client::open(address);
                while !stop.load(Ordering::Relaxed) {
                    let guess = guesses.fetch_add(1, Ordering::Relaxed);
                    let answer = client.ask(&request("GET", "/x", Some(&basic("acme", &format!("wrong-{guess}")))));
                    assert!(answer.is_ok_and(|answer| matches!(answer.status, 401 | 503)));
                }
            })
        });
        Self { guessers: guessers.collect(), stop }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for guesser in self.guessers.drain(..) {
            // A guesser that panicked has said why.
            let _ended = guesser.join();
        }
    }
}
