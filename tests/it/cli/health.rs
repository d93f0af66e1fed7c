//! `claviger health`

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::{Authority, Ended, Gate, Run};

fn health(gate: &Gate, arguments: &[&str]) -> Ended {
    let admin = format!("http://{}", gate.admin);
    Run::within(gate.folder(), &[&["health", "--admin", &admin], arguments].concat()).end()
}

#[test]
fn a_ready_process_is_live_and_ready() {
    let gate = Gate::before("http://127.0.0.1:9").start();
    let lives = health(&gate, &[]);
    assert_eq!((lives.code, lives.stdout.as_str(), lives.stderr.as_str()), (0, "ok\n", ""));
    let ready = health(&gate, &["--ready"]);
    assert_eq!(ready.code, 0);
    assert!(ready.stdout.contains("[+] not stopping\nok\n"), "{}", ready.stdout);
}

#[test]
fn a_process_that_is_not_ready_is_live() {
    let gate = Gate::before("http://127.0.0.1:9").database("postgres://gate@127.0.0.1:1/keys").start();
    assert_eq!(health(&gate, &[]).code, 0);
    let waiting = health(&gate, &["--ready"]);
    assert_eq!((waiting.code, waiting.stdout.lines().last()), (1, Some("not ready")));
}

#[test]
fn a_stopped_process_is_not_live() {
    let mut gate = Gate::before("http://127.0.0.1:9").start();
    gate.signal(Signal::SIGTERM);
    gate.wait();
    let gone = health(&gate, &[]);
    assert_eq!((gone.code, gone.stdout.as_str()), (1, ""));
    let says = format!("the admin listener at {} does not answer: ", gate.admin);
    assert!(gone.stderr.contains(&says) && gone.stderr.contains("refused"), "{}", gone.stderr);
}

/// An unspecified address means loopback, and the certificate is not verified.
#[test]
fn the_address_is_read_from_the_settings() {
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
    assert!(unknown.code == 1 && unknown.stderr.contains("give the port that the system picked"), "{unknown:?}");
    let known = settings.replace("[::]:0", &format!("[::]:{port}"));
    assert_eq!(ask(&known).stdout, "ok\n");
    // The file has become invalid after the process read it.
    assert_eq!(ask(&known.replace("upstream:", "upstraem:")).stdout, "ok\n");
}

#[test]
fn without_settings_the_default_address_is_used() {
    let folder = TempDir::new().unwrap();
    let ended = Run::within(folder.path(), &["health"]).variable("CLAVIGER__ADMIN__LISTEN", "127.0.0.1:1").end();
    assert!(ended.code == 1 && ended.stderr.contains("at 127.0.0.1:1 does not answer"), "{}", ended.stderr);
}
