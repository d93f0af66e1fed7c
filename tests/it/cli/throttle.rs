//! `claviger throttle`, against a running gate.

use claviger::credential::PasswordHash;
use claviger::store::{CredentialRecord, RecordSecret};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::store::test_database::{TestDatabase, token};
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
    // A database each: a process also follows what is cleared at another one.
    let (one, other) = (TestDatabase::sqlite().await, TestDatabase::sqlite().await);
    let settings = "throttle: {free_per_pair: 1, first_delay: 5m}";
    let processes =
        [Gate::management_only(&one.address()), Gate::before("http://127.0.0.1:1").database(&other.address())];
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

#[tokio::test]
async fn clear_at_a_process_without_a_gate_reaches_gates_and_the_sign_in_of_other_processes() {
    let (api, bed) = (RecordingApi::start(), TestDatabase::postgres().await);
    let settings = "throttle: {free_per_pair: 1, first_delay: 5m}";
    let gate = Gate::before(api.url()).database(&bed.address()).settings(settings).start();
    let console = || Gate::management_only(&bed.address()).settings(settings).start();
    let (one, other) = (console(), console());
    let guess = || gate.send(&Request::get("/x").basic("acme", "wrong")).code();
    let sign_in = |process: &Gate| {
        let body = json!({"email": "ann@acme.example", "password": "wrong"}).to_string();
        let request = Request::new("POST", "/api/v1/session").header("Content-Type", "application/json").body(&body);
        Connection::open(process.console).send(&request).status
    };
    assert_eq!([guess(), guess()], ["credential_invalid", "guesses_throttled"]);
    for process in [&gate, &other] {
        assert_eq!([sign_in(process), sign_in(process)], [401, 429]);
    }
    // Once it follows the changes.
    eventually("the other gate verifies guesses again", || {
        let cleared = run(&one, &["clear"]);
        assert_eq!(cleared.stderr, "other processes on the same database clear theirs within seconds\n");
        guess() == "credential_invalid"
    });
    for process in [&gate, &other] {
        eventually("sign-in verifies guesses again", || sign_in(process) == 401);
    }
}

#[tokio::test]
async fn a_throttled_address_is_diagnosed_at_the_gate_and_cleared_by_a_reset() {
    let (api, bed) = (RecordingApi::start(), TestDatabase::sqlite().await);
    bed.account("acme").await;
    let secret = RecordSecret::Password { username: "acme".into(), hash: Some(PasswordHash::dummy()) };
    bed.put(&CredentialRecord { secret, ..token("nightly", "acme", "unused") }).await;
    let gate = Gate::before(api.url()).database(&bed.address());
    let gate = gate.settings("throttle: {free_per_pair: 1, first_delay: 5m}").start();
    let send = |password: &str| gate.send(&Request::get("/x").basic("acme", password));
    assert_eq!([send("wrong").code(), send("wrong").code()], ["credential_invalid", "guesses_throttled"]);
    assert!(run(&gate, &["list"]).stdout.contains("acme"));

    let settings = gate.settings_file();
    let settings = settings.to_str().unwrap();
    let shell = |arguments: &[&str]| Run::within(gate.folder(), &[arguments, &["--config", settings]].concat()).end();
    let elsewhere = shell(&["credential", "diagnose", "nightly"]);
    let report: Value = serde_json::from_str(&elsewhere.stdout).unwrap();
    assert_eq!(report["throttle_seen"], false, "the shell has no gate: {report}");

    let reset = shell(&["credential", "reset", "nightly", "--yes"]);
    let reset: Value = serde_json::from_str(&reset.stdout).unwrap();
    let password = reset["secret"]["password"].as_str().unwrap();
    eventually("the gate forgets the guesses at the previous password", || {
        !run(&gate, &["list"]).stdout.contains("pair")
    });
    eventually("the new password passes", || send(password).status == 200);
}
