//! `kill -9` at random moments of create, reset and import. `cargo bench --bench crash` does it 2,000 times.

use std::process::Command;

use claviger::config::DatabaseUrl;

use super::crash_harness::{Acknowledged, VARIABLE, integrity, prepare, work};
use crate::support::postgres::fresh_database;

/// Each with a database of its own, so that both cores have something to do.
const LANES: usize = 4;
const KILLS: usize = 200;
const KILLS_ON_POSTGRES: usize = 20;

/// This program as the process that is killed.
fn doomed(url: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "control::crash::operations_until_the_process_is_killed", "--ignored", "--nocapture"]);
    command.env(VARIABLE, url);
    command
}

#[tokio::test]
#[ignore = "for others to start and to kill"]
async fn operations_until_the_process_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "the parent process passes it, not a setting")]
    let Ok(url) = std::env::var(VARIABLE) else { return };
    work(&url.parse().unwrap()).await;
}

fn killed(url: &str, kills: usize, after_each: impl Fn()) -> Acknowledged {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database: DatabaseUrl = url.parse().unwrap();
    let mut acknowledged = Acknowledged::default();
    runtime.block_on(prepare(&database));
    for _ in 0..kills {
        runtime.block_on(acknowledged.kill_once(doomed(url), &database));
        after_each();
    }
    assert_eq!(acknowledged.kills, kills);
    assert!(acknowledged.operations > kills, "only {} operations", acknowledged.operations);
    acknowledged
}

#[test]
fn after_a_kill_at_any_moment_sqlite_holds_one_secret_and_the_audit_agrees() {
    let lanes: Vec<_> = (0..LANES)
        .map(|_| {
            std::thread::spawn(|| {
                let folder = tempfile::TempDir::new().unwrap();
                let file = folder.path().join("claviger.db");
                let check = || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    assert_eq!(runtime.block_on(integrity(&file)), "ok");
                };
                killed(&format!("sqlite:{}", file.display()), KILLS / LANES, check).operations
            })
        })
        .collect();
    let operations: usize = lanes.into_iter().map(|lane| lane.join().unwrap()).sum();
    println!("{KILLS} kills in {operations} operations");
}

#[test]
fn after_a_kill_at_any_moment_postgres_holds_one_secret_and_the_audit_agrees() {
    let database = fresh_database();
    killed(database.url(), KILLS_ON_POSTGRES, || {});
}
