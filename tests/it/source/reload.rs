//! Reloads under traffic: the new files are in force and no request fails.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::{
    Authority, Connection, Gate, PASSWORD, RecordingApi, Reply, Request, TOKEN, config_map, credentials, digest,
    eventually,
};

const CLIENTS: usize = 3;
const RELOADS: usize = 12;

/// Clients that send valid requests until they are stopped.
struct Traffic {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<usize>>,
}

impl Traffic {
    fn start(gate: &Gate) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |_| {
            let (stop, mut connection) = (stop.clone(), gate.connect());
            std::thread::spawn(move || {
                let mut sent = 0;
                while !stop.load(Ordering::Relaxed) {
                    for request in [Request::get("/x").bearer(TOKEN), Request::get("/x").basic("acme", PASSWORD)] {
                        let reply = connection.send(&request);
                        assert_eq!(reply.status, 200, "after {sent} good answers: {}", reply.text());
                        sent += 1;
                    }
                }
                sent
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { stop, clients }
    }

    /// Panics when a status other than 200 was received.
    fn end_without_a_failure(self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            assert!(client.join().unwrap() > 0);
        }
    }
}

/// The usual credentials and one more, whose token is `token-NAME`; it is the first, so that
/// a truncated file has it and not the others.
fn credentials_with(name: &str) -> String {
    let one = format!("  - {{id: {name}, account: acme, token: '{}'}}\n", digest(&format!("token-{name}")));
    credentials().replacen("credentials:\n", &format!("credentials:\n{one}"), 1)
}

fn is_admitted(gate: &Gate, name: &str) -> bool {
    gate.send(&Request::get("/x").bearer(&format!("token-{name}"))).status == 200
}

/// Writes files with `put`, and waits until each is in force.
fn reload_under_traffic(gate: &Gate, reloads: usize, put: impl Fn(&str)) {
    let traffic = Traffic::start(gate);
    for number in 0..reloads {
        let name = format!("fresh-{number}");
        put(&credentials_with(&name));
        eventually("the new file is in force", || is_admitted(gate, &name));
        let before = number.checked_sub(1).map(|number| format!("fresh-{number}"));
        assert!(!before.is_some_and(|before| is_admitted(gate, &before)), "a credential outlives its file");
    }
    traffic.end_without_a_failure();
}

fn write_in_two_parts(file: &Path, text: &str, cut: usize, pause: Duration) {
    let (first, second) = text.split_at(cut);
    let mut file = File::create(file).unwrap();
    file.write_all(first.as_bytes()).unwrap();
    std::thread::sleep(pause);
    file.write_all(second.as_bytes()).unwrap();
}

fn request_reload(gate: &Gate, header: Option<(&str, &str)>) -> Reply {
    let request = Request::new("POST", "/-/reload").host("localhost").header("Connection", "close");
    let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    Connection::open(gate.admin).send(&request)
}

#[test]
fn a_file_renamed_over_the_old_one_is_in_force_and_no_request_fails() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    reload_under_traffic(&gate, RELOADS, |text| gate.rename_over(&gate.credentials_file(), text));
}

#[test]
fn a_file_written_in_place_is_in_force_and_no_request_fails() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    reload_under_traffic(&gate, RELOADS, |text| std::fs::write(gate.credentials_file(), text).unwrap());
}

#[test]
fn a_file_written_in_place_slowly_is_in_force_and_no_request_fails() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    reload_under_traffic(&gate, RELOADS, |text| {
        // Within the last digest, so that the first part is not valid.
        let cut = text.rfind("sha256:").unwrap() + 20;
        write_in_two_parts(&gate.credentials_file(), text, cut, Duration::from_millis(30));
    });
}

/// The first lines of a list are a valid list.
#[test]
fn a_file_that_is_open_for_writing_is_read_once_it_is_closed() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    reload_under_traffic(&gate, 3, |text| {
        let cut = text.match_indices('\n').nth(1).unwrap().0 + 1;
        write_in_two_parts(&gate.credentials_file(), text, cut, Duration::from_millis(300));
    });
}

#[test]
fn a_config_map_that_is_swapped_is_in_force_and_no_request_fails() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).config_map().start();
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    reload_under_traffic(&gate, RELOADS, |text| config_map::write(gate.folder(), &settings, text));
}

#[test]
fn a_hangup_signal_reads_the_files_again() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    // Without a change, only the signal can cause the reload.
    for _ in 0..2 {
        let before = gate.reloads("success");
        gate.signal(Signal::SIGHUP);
        eventually("the files are read again", || gate.reloads("success") > before);
    }
    eventually("the reload is logged", || gate.stderr().contains("reloaded: no credential changed"));
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

/// A supervisor may send SIGHUP as soon as the gate logs that it listens.
#[test]
fn a_hangup_signal_right_after_the_start_does_not_end_the_gate() {
    let api = RecordingApi::start();
    for _ in 0..5 {
        let gate = Gate::before(api.url()).start();
        gate.signal(Signal::SIGHUP);
        eventually("the files are read again", || gate.stderr().contains("reloaded: no credential changed"));
        assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    }
}

#[test]
fn a_reload_request_returns_the_changes() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).credentials(&credentials_with("fresh-0")).start();
    let mut number = 0;
    eventually("the response has the difference", || {
        // The watcher may reload first; then the next file has another chance.
        number += 1;
        gate.rename_over(&gate.credentials_file(), &credentials_with(&format!("fresh-{number}")));
        let reply = request_reload(&gate, None);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
        assert_eq!(reply.json()["in_force"], true);
        assert!(is_admitted(&gate, &format!("fresh-{number}")));
        reply.json()["difference"] == "1 added, 1 removed"
    });
}

#[test]
fn a_reload_request_for_a_faulty_file_returns_every_fault() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let bad = credentials().replace("acme-disabled, account", "acme-disabled, acount").replace("enabled", "enable");
    gate.rename_over(&gate.credentials_file(), &bad);

    let reply = request_reload(&gate, None);

    assert_eq!(reply.status, 422);
    let answer = reply.json();
    assert_eq!((answer["in_force"].as_bool(), reply.header("content-type")), (Some(false), Some("application/json")));
    let faults = answer["faults"].as_array().unwrap();
    let of = |key: &str| faults.iter().map(|fault| fault[key].as_str().unwrap()).collect::<Vec<_>>();
    let file = gate.credentials_file();
    assert!(of("file").iter().all(|name| *name == file.to_str().unwrap()), "{answer}");
    assert_eq!(of("path"), ["credentials[2].acount", "credentials[2].enable"]);
    assert!(faults.iter().all(|fault| fault["at"]["line"] == 4), "{answer}");
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}

#[test]
fn a_page_in_a_browser_cannot_request_a_reload() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let before = gate.reloads("success");
    for header in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        assert_eq!(request_reload(&gate, Some(header)).status, 403, "{header:?}");
    }
    assert_eq!(gate.admin("GET", "/-/reload").status, 405);
    assert_eq!(gate.reloads("success"), before);
    assert_eq!(request_reload(&gate, Some(("Sec-Fetch-Site", "none"))).status, 200);
}

#[test]
fn the_log_names_settings_and_certificates_that_have_changed() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    let reload = |file: &Path, text: &str| {
        let before = gate.stderr().len();
        gate.rename_over(file, text);
        eventually("the reload is logged", || gate.stderr()[before..].contains("reloaded: no credential changed"));
        gate.stderr()[before..].to_owned()
    };
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    let said = reload(&gate.settings_file(), &format!("{settings}rate_limit: {{requests: 100, per: 1m}}\n"));
    assert!(said.contains("claviger.yaml") && !said.contains("cert.pem"), "{said}");
    let other = TempDir::new().unwrap();
    authority.issue("127.0.0.1").write(other.path());
    // One after the other, as a renewal does; the pair does not match in between.
    for name in ["key.pem", "cert.pem"] {
        gate.rename_over(&gate.folder().join(name), &std::fs::read_to_string(other.path().join(name)).unwrap());
    }
    let named = |line: &str| line.contains("reloaded: no credential changed") && line.contains("cert.pem");
    eventually("the certificate is named", || gate.stderr().lines().any(named));
}

#[test]
fn the_log_has_the_changes_of_a_reload() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let added: String = (0..3)
        .map(|number| format!("  - {{id: more-{number}, account: acme, token: '{}'}}\n", digest(&number.to_string())))
        .collect();
    let text =
        credentials().replacen("account: acme, token", "account: acme, enabled: false, token", 1) + added.as_str();
    gate.replace_credentials(&text);
    eventually("the log has the difference", || gate.stderr().contains("reloaded: 3 added, 1 disabled\""));
    let counted = |state: &str| gate.metric(&format!("claviger_credentials{{state=\"{state}\"}}"));
    assert_eq!((counted("enabled"), counted("disabled")), (4.0, 2.0));
}

/// Longer than a reload takes on a busy machine, shorter than the wait for a folder that is never quiet (2 s).
const PROMPTLY: Duration = Duration::from_millis(1500);

/// How long it takes until a new credentials file is in force.
fn time_to_reload(gate: &Gate, number: usize, put: impl Fn(&str)) -> Duration {
    let name = format!("timed-{number}");
    let start = Instant::now();
    put(&credentials_with(&name));
    eventually("the new file is in force", || is_admitted(gate, &name));
    start.elapsed()
}

/// An access log beside the settings is enough to keep a folder from being quiet.
#[test]
fn other_files_in_the_folder_do_not_delay_a_reload() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {enabled: false}").start();
    let (log, is_done) = (gate.folder().join("access.log"), AtomicBool::new(false));
    let times: Vec<Duration> = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                std::fs::write(&log, "a line\n").unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        std::thread::sleep(Duration::from_millis(100));
        let put = |text: &str| gate.rename_over(&gate.credentials_file(), text);
        let times = (0..3).map(|number| time_to_reload(&gate, number, put)).collect();
        is_done.store(true, Ordering::Relaxed);
        times
    });
    assert!(times.iter().all(|time| *time < PROMPTLY), "{times:?}");
}

/// Files are polled every 5 s, so only an event is this quick each time.
#[test]
fn a_change_behind_a_link_is_noticed_by_an_event() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {enabled: false}").start();
    let [real, other] = ["real", "other"].map(|name| gate.folder().join(name));
    for folder in [&real, &other] {
        std::fs::create_dir(folder).unwrap();
        std::fs::copy(gate.credentials_file(), folder.join("credentials.yaml")).unwrap();
    }
    let (folder, next) = (gate.folder().join("current"), gate.folder().join("next"));
    std::os::unix::fs::symlink("real", &folder).unwrap();
    let link = |target: &str, link: &Path| {
        std::os::unix::fs::symlink(target, &next).unwrap();
        std::fs::rename(&next, link).unwrap();
    };
    let before = gate.reloads("success");
    link("current/credentials.yaml", &gate.credentials_file());
    request_reload(&gate, None);
    assert!(gate.reloads("success") > before);

    let written = time_to_reload(&gate, 0, |text| std::fs::write(real.join("credentials.yaml"), text).unwrap());
    let swapped = time_to_reload(&gate, 1, |text| {
        std::fs::write(other.join("credentials.yaml"), text).unwrap();
        link("other", &folder);
    });
    let again = time_to_reload(&gate, 2, |text| std::fs::write(other.join("credentials.yaml"), text).unwrap());
    for time in [written, swapped, again] {
        assert!(time < PROMPTLY, "{written:?} {swapped:?} {again:?}");
    }
}
