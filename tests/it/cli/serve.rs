//! `claviger serve`: how it starts, and why it does not.

use std::net::TcpListener;
use std::path::Path;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::folder_with;
use crate::support::{Gate, RecordingApi, Request, Run, TOKEN, claviger, credentials};

/// Flags only: everything on ports that the system picks.
fn flags<'a>(upstream: &'a str, credentials: &'a str) -> [&'a str; 9] {
    [
        "serve",
        "--upstream",
        upstream,
        "--credentials",
        credentials,
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
    ]
}

fn folder_with_credentials() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), credentials()).unwrap();
    folder
}

#[test]
fn an_upstream_and_a_credentials_file_are_enough() {
    let api = RecordingApi::start();
    let folder = folder_with_credentials();
    let mut command = claviger();
    command.current_dir(folder.path()).args(flags(api.url(), "credentials.yaml"));
    let gate = Gate::launch(&mut command, folder);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert_eq!(gate.send(&Request::get("/x")).status, 401);
    assert_eq!(api.last().header("X-Claviger-Credential"), Some("acme-billing"));
}

#[test]
fn a_variable_overrides_the_file() {
    let api = RecordingApi::start();
    let folder = folder_with("admin: {listen: 127.0.0.1:0}\n");
    let mut command = claviger();
    command.current_dir(folder.path()).arg("serve");
    command
        .env("CLAVIGER__PROXY__UPSTREAM", api.url())
        .env("CLAVIGER__ACCEPT", "{bearer: false, api_key: {header: X-Key}}");
    let gate = Gate::launch(&mut command, folder);
    assert_eq!(gate.send(&Request::get("/x").header("X-Key", TOKEN)).status, 200);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).code(), "credential_missing");
}

/// A process manager may stop a gate as soon as the gate reports that it listens; the gate then ends with 0.
#[test]
fn a_signal_to_end_right_after_the_start_ends_it_with_code_0() {
    let api = RecordingApi::start();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut gate = Gate::before(api.url()).start();
        gate.signal(signal);
        assert_eq!(gate.wait().code(), Some(0), "{signal}");
    }
}

#[test]
fn a_settings_file_that_is_named_in_the_environment_is_read() {
    let folder = folder_with("log: {levl: info}\n");
    let ended =
        Run::within(Path::new("/"), &["serve"]).variable("CLAVIGER_CONFIG", folder.path().join("claviger.yaml")).end();
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("claviger.yaml:3:7  log.levl  is not a known key; did you mean level?"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_address_in_use_is_reported_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = folder_with_credentials();
    for (place, key) in [(6, "proxy.listen"), (8, "admin.listen")] {
        let mut arguments = flags("http://127.0.0.1:9", "credentials.yaml");
        arguments[place] = &address;
        let ended = Run::within(folder.path(), &arguments).end();
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{}", arguments[place - 1]);
        let problem = format!("claviger: {key}: cannot listen on {address}: Address already in use");
        assert!(ended.stderr.contains(&problem), "{}", ended.stderr);
    }
    let forward_auth = Gate::from_settings(&format!("forward_auth: {{listen: '{address}'}}"));
    let console = Gate::management_only("sqlite:claviger.db").console(&address);
    for (key, gate) in [("forward_auth.listen", forward_auth), ("console.listen", console)] {
        let ended = gate.run();
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{key}");
        let problem = format!("claviger: {key}: cannot listen on {address}: Address already in use");
        assert!(ended.stderr.contains(&problem), "{}", ended.stderr);
    }
}

#[test]
fn what_a_flag_says_wrong_is_refused_with_the_name_of_the_flag() {
    let folder = folder_with_credentials();
    let mut arguments = flags("127.0.0.1:9", "nowhere.yaml");
    arguments[6] = "localhost:80";
    arguments[8] = "8081";
    let ended = Run::within(folder.path(), &arguments).end();
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    for fault in [
        "flag --upstream  proxy.upstream  must be http://host:port",
        "flag --listen  proxy.listen  must be an IP address and a port",
        "flag --admin-listen  admin.listen  must be an IP address and a port",
    ] {
        assert!(ended.stderr.contains(fault), "{}", ended.stderr);
    }
}

/// An upstream with a password would carry it into logs and `config show`.
#[test]
fn a_password_in_the_upstream_is_refused_and_not_repeated() {
    let folder = folder_with_credentials();
    let ended = Run::within(folder.path(), &flags("http://acme:planted@127.0.0.1:9", "credentials.yaml")).end();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("must not hold a user name or password"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
}

#[test]
fn files_that_cannot_be_read_end_the_start_and_are_named() {
    let folder = folder_with_credentials();
    for (file, problem) in [("nowhere.yaml", "No such file or directory"), (".", "Is a directory")] {
        let ended = Run::within(folder.path(), &flags("http://127.0.0.1:9", file)).end();
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{file}");
        let path = folder.path().canonicalize().unwrap().join(file.trim_start_matches('.'));
        let path = path.to_str().unwrap().trim_end_matches('/');
        assert!(ended.stderr.contains(path) && ended.stderr.contains(problem), "{path}: {}", ended.stderr);
    }
    let ended = Run::within(folder.path(), &["serve", "--config", "nowhere.yaml"]).end();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("nowhere.yaml  cannot be read: No such file"), "{}", ended.stderr);
}

#[test]
fn a_start_that_fails_on_a_certificate_creates_no_database() {
    let folder = TempDir::new().unwrap();
    let settings = "proxy: {upstream: http://127.0.0.1:9, tls: {certificate: cert.pem, key: key.pem}}\n\
                    admin: {listen: 127.0.0.1:0}\nconsole: {listen: 127.0.0.1:0}\ncredentials: {database: 'sqlite:claviger.db'}\n";
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    let ended = Run::within(folder.path(), &["serve"]).end();
    assert_eq!(ended.code, 1);
    for key in ["proxy.tls.certificate", "proxy.tls.key"] {
        assert!(ended.stderr.contains(key), "{}", ended.stderr);
    }
    assert!(!folder.path().join("claviger.db").exists());
}

/// A certificate that is not there must end the start, not open the gate without TLS.
#[test]
fn a_certificate_that_is_missing_ends_the_start() {
    let folder = folder_with("admin: {listen: 127.0.0.1:0}\n");
    let settings = std::fs::read_to_string(folder.path().join("claviger.yaml")).unwrap();
    let settings = settings.replace("upstream:", "tls: {certificate: cert.pem, key: key.pem}, upstream:");
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    let ended = Run::within(folder.path(), &["serve"]).end();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("proxy.tls.certificate") && ended.stderr.contains("cert.pem"), "{}", ended.stderr);
}
