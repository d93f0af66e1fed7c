//! `kill -9` at random points of create, reset and import, 2,000 times on SQLite: `cargo bench --bench crash`.
//! `cargo bench --bench crash -- 100` runs 100 rounds. The test suite runs 200.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "what it finds is what it is for")]

#[path = "../tests/it/control/crash_harness.rs"]
mod crash_harness;

use std::process::Command;
use std::time::Instant;

use claviger::config::DatabaseUrl;
use crash_harness::{Acknowledged, VARIABLE, integrity, prepare, work};

const KILLS: usize = 2000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the environment of the test says where, not a setting")]
    if let Ok(url) = std::env::var(VARIABLE) {
        return runtime.block_on(work(&url.parse().unwrap()));
    }
    let kills = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(KILLS);
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("claviger.db");
    let url = DatabaseUrl::Sqlite(file.clone());
    let mut acknowledged = Acknowledged::default();
    let start = Instant::now();
    runtime.block_on(prepare(&url));
    for turn in 1..=kills {
        let mut doomed = Command::new(std::env::current_exe().unwrap());
        doomed.env(VARIABLE, url.to_string());
        runtime.block_on(acknowledged.kill_once(doomed, &url));
        // Checks read the whole file, which grows.
        if turn % 20 == 0 || turn == kills {
            assert_eq!(runtime.block_on(integrity(&file)), "ok");
        }
    }
    println!(
        "{} kills in {} operations, {:.0?}: one secret each, the audit agrees, integrity_check is ok",
        acknowledged.kills,
        acknowledged.operations,
        start.elapsed()
    );
}
