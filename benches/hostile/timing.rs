//! Whether the time of a refusal reveals which users exist: Welch's t of every kind against a wrong password.

use std::time::Instant;

use super::hashes::{basic, hash};
use super::support::{Api, Client, Gate, request};

/// Each kind; a few thousand together.
const TRIES: usize = 700;
/// Above this, one in a hundred thousand pairs of samples of the same kind would be.
const TELLING: f64 = 4.5;

/// What is presented: a name, and whether the pair is one that the gate remembers.
const KINDS: [(&str, &str); 5] = [
    ("wrong password", "plain"),
    ("wrong password, the right one is remembered", "remembered"),
    ("wrong password, disabled", "disabled"),
    ("unknown user", "stranger"),
    ("unknown user, always another", "stranger-"),
];

/// Prints a t for each kind.
pub fn run() {
    let api = Api::start();
    let one = |name: &str, rest: &str| {
        format!("  - {{id: {name}, account: acme, username: {name}, password: '{}'{rest}}}\n", hash("right"))
    };
    let credentials = [one("plain", ""), one("remembered", ""), one("disabled", ", enabled: false")].concat();
    let gate = Gate::start(&api, "throttle: {enabled: false}\npasswords: {threads: 1}", &credentials);
    let mut client = Client::open(gate.address);
    let mut ask = |name: &str, password: &str, status: u16| {
        let request = request("GET", "/x", Some(&basic(name, password)));
        let start = Instant::now();
        let answer = client.ask(&request).expect("no answer");
        let took = start.elapsed().as_secs_f64() * 1e6;
        assert_eq!(answer.status, status, "{name}");
        took
    };
    ask("remembered", "right", 200);
    ask("remembered", "right", 200);
    for _ in 0..20 {
        ask("plain", "warm", 401);
    }
    let mut took = KINDS.map(|_| Vec::with_capacity(TRIES));
    for number in 0..TRIES {
        // In another order each time: what disturbs disturbs all alike.
        let mut order = [0, 1, 2, 3, 4];
        fastrand::shuffle(&mut order);
        for kind in order {
            let name = KINDS[kind].1;
            let name = if name.ends_with('-') { format!("{name}{number}") } else { name.to_owned() };
            took[kind].push(ask(&name, &format!("wrong-{number}"), 401));
        }
    }
    // What the machine did meanwhile is not the gate's: the slowest twentieth of all goes.
    let mut all: Vec<f64> = took.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let most = all[all.len() * 95 / 100];
    took.iter_mut().for_each(|sample| sample.retain(|value| *value < most));
    let mut is_telling = false;
    for (kind, (what, _)) in KINDS.iter().enumerate() {
        let (mean, _, count) = moments(&took[kind]);
        let t = welch(&took[0], &took[kind]);
        println!("  {what}: mean {mean:.1} µs of {count}, t = {t:.2}");
        is_telling |= t.abs() >= TELLING;
    }
    assert!(!is_telling, "the time of a refusal tells who exists");
}

fn welch(a: &[f64], b: &[f64]) -> f64 {
    let ((mean_a, variance_a, count_a), (mean_b, variance_b, count_b)) = (moments(a), moments(b));
    (mean_b - mean_a) / (variance_a / count_a + variance_b / count_b).sqrt()
}

fn moments(sample: &[f64]) -> (f64, f64, f64) {
    let count = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / count;
    let variance = sample.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance, count)
}
