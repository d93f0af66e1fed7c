//! `claviger throttle`, against a running gate.

use serde_json::json;
use tempfile::TempDir;

use crate::store::test_database::TestDatabase;
use crate::support::{Connection, Ended, Gate, RecordingApi, Request, Run, eventually};

fn run(gate: &Gate, arguments: &[&str]) -> Ended {
    let admin = format!("http://{}", gate.admin);
    let folder = TempDir::new().unwrap();
    Run::within(folder.path(), &[&["throttle"], arguments, &["--admin", &admin]].concat()).end()
}

#[test]
fn failed_attempts_are_listed_and_cleared() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {free_per_pair: 1, first_delay: 5m}").start();
    let stranger = run(&gate, &["list"]);
    assert_eq!((stranger.code, stranger.stdout.as_str(), stranger.stderr.as_str()), (0, "", "no failed attempts\n"));

    let guess = || gate.send(&Request::get("/x").basic("acme", "wrong")).code();
    assert_eq!((guess().as_str(), guess().as_str()), ("credential_invalid", "guesses_throttled"));
    let listed = run(&gate, &["list"]);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let lines: Vec<_> = listed.stdout.lines().map(words).collect();
    assert_eq!(lines[0], ["AT", "KIND", "ADDRESS", "NAME", "WRONG", "UNTIL"]);
    assert_eq!(lines[1][..5], ["gate", "pair", "127.0.0.1", "acme", "1"]);
    assert!(lines[1][5].parse::<jiff::Timestamp>().is_ok());
    assert_eq!(lines[2], ["gate", "passwords", "127.0.0.1", "-", "1", "-"]);
    assert_eq!((lines.len(), run(&gate, &["list", "--address", "192.0.2.1"]).stdout.as_str()), (3, ""));

    assert_eq!(run(&gate, &["clear", "--address", "192.0.2.1"]).stdout, "0 cleared\n");
    assert_eq!(guess(), "guesses_throttled");
    assert_eq!(run(&gate, &["clear", "--address", "127.0.0.1"]).stdout, "2 cleared\n");
    assert_eq!(guess(), "credential_invalid");
    assert_eq!(run(&gate, &["clear"]).stdout, "2 cleared\n");
}

#[test]
fn an_unreachable_or_wrong_listener_is_an_error() {
    let folder = TempDir::new().unwrap();
    let list = |admin: &str| Run::within(folder.path(), &["throttle", "list", "--admin", admin]).end();
    let stranger = list("http://127.0.0.1:1");
    assert_eq!((stranger.code, stranger.stdout.as_str()), (1, ""));
    assert!(stranger.stderr.contains("the admin listener at 127.0.0.1:1 does not answer"), "{}", stranger.stderr);
    let other = list("ftp://127.0.0.1:1");
    assert!(other.code == 1 && other.stderr.contains("must be http://HOST:PORT"), "{}", other.stderr);
    // The proxy listener is no admin listener.
    let gate = Gate::before("http://127.0.0.1:1").start();
    let wrong = list(&format!("http://{}", gate.address));
    assert!(wrong.code == 1 && wrong.stderr.contains("401"), "{}", wrong.stderr);
}

#[tokio::test]
async fn wrong_passwords_at_sign_in_are_listed_and_cleared_like_those_at_the_gate() {
    let bed = TestDatabase::sqlite().await;
    let settings = "throttle: {free_per_pair: 1, first_delay: 5m}";
    let processes =
        [Gate::management_only(&bed.address()), Gate::before("http://127.0.0.1:1").database(&bed.address())];
    for process in processes.map(|process| process.settings(settings).start()) {
        let sign_in = || {
            let body = json!({"email": "ann@acme.example", "password": "wrong"}).to_string();
            let request =
                Request::new("POST", "/api/v1/session").header("Content-Type", "application/json").body(&body);
            Connection::open(process.console).send(&request).status
        };
        assert_eq!((sign_in(), sign_in()), (401, 429));
        let listed = run(&process, &["list"]);
        let lines: Vec<Vec<_>> = listed.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1][..5], ["sign-in", "pair", "127.0.0.1", "-", "1"], "{}", listed.stdout);
        assert_eq!(run(&process, &["clear", "--address", "127.0.0.1"]).stdout, "2 cleared\n");
        assert_eq!(sign_in(), 401);
    }
}

#[tokio::test]
async fn clear_reaches_every_gate_on_the_database() {
    let (api, bed) = (RecordingApi::start(), TestDatabase::postgres().await);
    let gate = || {
        let gate = Gate::before(api.url()).database(&bed.address());
        gate.settings("throttle: {free_per_pair: 1, first_delay: 5m}").start()
    };
    let (one, other) = (gate(), gate());
    let guess = |gate: &Gate| gate.send(&Request::get("/x").basic("acme", "wrong")).code();
    for gate in [&one, &other] {
        assert_eq!([guess(gate), guess(gate)], ["credential_invalid", "guesses_throttled"]);
    }
    assert_eq!(run(&one, &["clear", "--address", "192.0.2.1"]).stdout, "0 cleared\n");
    assert_eq!(run(&one, &["clear", "--address", "127.0.0.1"]).stdout, "2 cleared\n");
    eventually("the other gate verifies guesses again", || guess(&other) == "credential_invalid");
}
