//! `claviger health`, beside a running process.

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::{Authority, Ended, Gate, Run};

fn health(gate: &Gate, arguments: &[&str]) -> Ended {
    let admin = format!("http://{}", gate.admin);
    Run::within(gate.folder(), &[&["health", "--admin", &admin], arguments].concat()).end()
}

#[test]
fn a_process_that_lives_and_is_ready_says_so() {
    let gate = Gate::before("http://127.0.0.1:9").start();
    let lives = health(&gate, &[]);
    assert_eq!((lives.code, lives.stdout.as_str(), lives.stderr.as_str()), (0, "ok\n", ""));
    let ready = health(&gate, &["--ready"]);
    assert_eq!(ready.code, 0);
    assert!(ready.stdout.contains("[+] not stopping\nok\n"), "{}", ready.stdout);
}

#[test]
fn a_process_that_is_not_ready_yet_lives() {
    let gate = Gate::before("http://127.0.0.1:9").database("postgres://gate@127.0.0.1:1/keys").start();
    assert_eq!(health(&gate, &[]).code, 0);
    let waiting = health(&gate, &["--ready"]);
    assert_eq!((waiting.code, waiting.stdout.lines().last()), (1, Some("not ready")));
}

#[test]
fn where_nobody_answers_nobody_is_well() {
    let mut gate = Gate::before("http://127.0.0.1:9").start();
    gate.signal(Signal::SIGTERM);
    gate.wait();
    let gone = health(&gate, &[]);
    assert_eq!((gone.code, gone.stdout.as_str()), (1, ""));
    let says = format!("the admin listener at {} does not answer: ", gate.admin);
    assert!(gone.stderr.contains(&says) && gone.stderr.contains("refused"), "{}", gone.stderr);
}

/// Where the settings say that it listens: on every address is on this machine too, and TLS is no obstacle.
#[test]
fn the_settings_tell_where_to_ask() {
    let builder = Gate::before("http://127.0.0.1:9").admin("'[::]:0', tls: {certificate: cert.pem, key: key.pem}");
    Authority::new().issue("keys.example.org").write(builder.folder());
    let gate = builder.start();
    let port = gate.admin.port();
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    let ask = |settings: &str| {
        std::fs::write(gate.settings_file(), settings).unwrap();
        Run::within(gate.folder(), &["health", "--config", "claviger.yaml"]).end()
    };
    let unknown = ask(&settings);
    assert!(unknown.code == 1 && unknown.stderr.contains("name the one that the system has picked"), "{unknown:?}");
    let known = settings.replace("[::]:0", &format!("[::]:{port}"));
    assert_eq!(ask(&known).stdout, "ok\n");
    // A file that was spoilt later says nothing about the process, which has read a better one.
    assert_eq!(ask(&known.replace("upstream:", "upstraem:")).stdout, "ok\n");
}

#[test]
fn without_settings_it_asks_where_a_process_listens_by_default() {
    let folder = TempDir::new().unwrap();
    let ended = Run::within(folder.path(), &["health"]).variable("CLAVIGER__ADMIN__LISTEN", "127.0.0.1:1").end();
    assert!(ended.code == 1 && ended.stderr.contains("at 127.0.0.1:1 does not answer"), "{}", ended.stderr);
}
