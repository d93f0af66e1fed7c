//! What Prometheus and the kubelet get: the names that the book promises, labels from fixed sets.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use claviger::auth::REJECTION_CODES;
use claviger::telemetry::{CLIENT_CLOSED, METHODS};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::families::{Families, PAGE, documented, exported, helps};
use crate::docs::keep_current;
use crate::store::test_database::TestDatabase;
use crate::support::{Authority, Connection, Gate, PASSWORD, RecordingApi, Request, TOKEN, credentials, eventually};

/// The metrics of a gate with a file and a database.
fn metrics_with_a_database() -> String {
    let gate = Gate::before("http://127.0.0.1:1").database("sqlite:claviger.db").credentials(&credentials()).start();
    gate.send(&Request::get("/x").bearer(TOKEN));
    gate.access_log(1);
    let reply = gate.admin("GET", "/metrics");
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    reply.text()
}

/// The metrics of a gate with TLS, traces and a database snapshot.
async fn metrics_over_tls() -> String {
    let bed = TestDatabase::postgres().await;
    let authority = Authority::new();
    let files = "tls: {certificate: cert.pem, key: key.pem}";
    let builder = Gate::before("http://127.0.0.1:1").proxy(&format!("  {files}")).database(&bed.address());
    let builder = builder.admin(&format!("127.0.0.1:0, {files}")).console(&format!("127.0.0.1:0, {files}"));
    authority.issue("127.0.0.1").write(builder.folder());
    std::fs::write(builder.folder().join("snapshot"), "of before").unwrap();
    let gate = builder.settings("database: {snapshot: snapshot}\ntracing: {otlp: 'http://127.0.0.1:1'}").start();
    let stream = TcpStream::connect(gate.admin).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let tls = ClientConnection::new(authority.client(None), name).unwrap();
    Connection::over(StreamOwned::new(tls, stream)).send(&Request::get("/metrics")).text()
}

/// So that `ClavigerSnapshotOld` fires.
#[tokio::test]
async fn a_snapshot_that_was_never_written_has_timestamp_zero() {
    let bed = TestDatabase::postgres().await;
    let builder = Gate::before("http://127.0.0.1:1").database(&bed.address());
    let gate = builder.settings("database: {snapshot: nowhere/snapshot}").start();
    assert_eq!(gate.metric("claviger_database_snapshot_timestamp_seconds"), 0.0);
    assert!(gate.admin("GET", "/metrics").text().contains("claviger_database_snapshot_timestamp_seconds 0"));
}

/// Whether a value is allowed for a label without documented values.
fn is_free(label: &str, value: &str) -> bool {
    match label {
        "code" => value == CLIENT_CLOSED || value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_digit()),
        "version" => value == env!("CARGO_PKG_VERSION"),
        _ => false,
    }
}

/// Every exported family, label and value is documented.
fn assert_documented(documented: &Families, exported: &Families) {
    for (name, family) in exported {
        let wanted = documented.get(name).unwrap_or_else(|| panic!("{PAGE} lacks {name}"));
        assert_eq!(family.kind, wanted.kind, "{name}");
        for (label, values) in &family.labels {
            let known = wanted.labels.get(label).unwrap_or_else(|| panic!("{PAGE} lacks {label} of {name}"));
            let is_known =
                |value: &String| if known.is_empty() { is_free(label, value) } else { known.contains(value) };
            let strange: Vec<_> = values.iter().filter(|value| !is_known(value)).collect();
            assert!(strange.is_empty(), "{label} of {name}: {strange:?}");
        }
    }
}

#[tokio::test]
async fn documented_and_exported_metrics_are_the_same() {
    let documented = documented();
    let mut all = Families::new();
    for text in [metrics_with_a_database(), metrics_over_tls().await] {
        let exported = exported(&text);
        assert_documented(&documented, &exported);
        for (name, family) in exported {
            let sum = all.entry(name).or_default();
            for (label, values) in family.labels {
                sum.labels.entry(label).or_default().extend(values);
            }
        }
    }
    for (name, family) in documented {
        let exported = all.get(&name).unwrap_or_else(|| panic!("{name} is not exported"));
        for (label, values) in family.labels {
            let exported = exported.labels.get(&label).unwrap_or_else(|| panic!("{name} has no {label}"));
            // All values exist from the start: a child that appears with its first event has no rate before the second.
            // Methods and status codes are exempt, since there are too many.
            let is_open = values.is_empty() || label == "method";
            assert!(is_open || *exported == values, "{label} of {name}: {exported:?}");
        }
    }
}

/// `code` and `version` have too many values for a list, and methods appear with their first request.
fn values(label: &str, values: &BTreeSet<String>) -> String {
    let list = |values: &mut dyn Iterator<Item = &str>| {
        values.map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
    };
    match label {
        "code" => format!("an HTTP status, or `{CLIENT_CLOSED}`"),
        "version" => "of the program".to_owned(),
        "method" => list(&mut METHODS.into_iter()),
        "reason" if REJECTION_CODES.iter().all(|code| values.contains(*code)) => {
            let others = values.iter().map(String::as_str).filter(|value| !REJECTION_CODES.contains(value));
            format!("{}, or an [error code](error-codes.md#gate)", list(&mut { others }))
        }
        _ => list(&mut values.iter().map(String::as_str)),
    }
}

#[tokio::test]
async fn the_reference_has_every_metric_with_its_help_text() {
    let mut rows = BTreeMap::new();
    for text in [metrics_with_a_database(), metrics_over_tls().await] {
        let helps = helps(&text);
        for (name, family) in exported(&text) {
            let (_, labels) = rows
                .entry(name.clone())
                .or_insert_with(|| ((family.kind, helps[&name].clone()), BTreeMap::<String, BTreeSet<String>>::new()));
            for (label, values) in family.labels {
                labels.entry(label).or_default().extend(values);
            }
        }
    }
    let mut rendered = "| metric | type | labels | is |\n|---|---|---|---|\n".to_owned();
    for (name, ((kind, help), labels)) in rows {
        let labels = labels.iter().map(|(label, found)| format!("`{label}`: {}", values(label, found)));
        let labels = labels.collect::<Vec<_>>().join("; ");
        rendered.push_str(&format!("| `{name}` | {kind} | {labels} | {help} |\n"));
    }
    keep_current("docs/reference/metrics.md", "metrics", &rendered);
}

#[tokio::test]
async fn promtool_accepts_the_exported_metrics() {
    for text in [metrics_with_a_database(), metrics_over_tls().await] {
        let mut promtool = Command::new("promtool");
        let mut child =
            promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && complaint.is_empty(), "{complaint}");
    }
}

#[test]
fn callers_cannot_make_labels() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for _ in 0..50 {
        let word =
            || -> String { std::iter::repeat_with(fastrand::alphanumeric).take(1 + fastrand::usize(..30)).collect() };
        connection.send(&Request::new(&word(), &format!("/{}", word())).bearer(TOKEN));
        connection.send(&Request::new("get", "/x").bearer(&word()).header("X-API-Version", word()));
        connection.send(&Request::get("/x").basic(&word(), &word()));
    }
    gate.access_log(150);
    assert_documented(&documented(), &exported(&gate.admin("GET", "/metrics").text()));
    assert_eq!(gate.metric("claviger_http_requests_total{code=\"200\",method=\"other\"}"), 50.0);
}

#[test]
fn verdicts_and_answers_are_counted_once_each() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("public: [{path: /events}]").start();
    let mut connection = gate.connect();
    for request in [
        Request::get("/x").bearer(TOKEN),
        Request::get("/x").bearer(TOKEN),
        Request::get("/x").header("X-API-Key", TOKEN),
        Request::get("/x").basic("acme", PASSWORD),
        Request::get("/events"),
        Request::new("HEAD", "/x"),
        Request::get("/x").bearer("wrong"),
        Request::get("//x").bearer(TOKEN),
        Request::get("/status/503").bearer(TOKEN),
    ] {
        connection.send(&request);
    }
    gate.access_log(9);
    let verdict = |scheme: &str, decision: &str, reason: &str| {
        gate.metric(&format!(
            "claviger_auth_requests_total{{decision=\"{decision}\",reason=\"{reason}\",scheme=\"{scheme}\"}}"
        ))
    };
    assert_eq!(verdict("bearer", "allow", "admitted"), 3.0);
    assert_eq!(verdict("api_key", "allow", "admitted"), 1.0);
    assert_eq!(verdict("basic", "allow", "admitted"), 1.0);
    assert_eq!(verdict("none", "allow", "public"), 1.0);
    assert_eq!(verdict("none", "deny", "credential_missing"), 1.0);
    assert_eq!(verdict("bearer", "deny", "credential_invalid"), 1.0);
    assert_eq!(verdict("none", "deny", "request_ambiguous"), 1.0);
    let answers = |method: &str, code: u16| {
        gate.metric(&format!("claviger_http_requests_total{{code=\"{code}\",method=\"{method}\"}}"))
    };
    assert_eq!([answers("GET", 200), answers("HEAD", 401), answers("GET", 503)], [5.0, 1.0, 1.0]);
    assert_eq!(gate.metric("claviger_auth_duration_seconds_count"), 9.0);
    assert_eq!(gate.metric("claviger_http_request_duration_seconds_count"), 9.0);
    assert_eq!(gate.metric("claviger_password_hash_duration_seconds_count"), 1.0);
    eventually("nothing is in flight", || gate.metric("claviger_http_requests_in_flight") == 0.0);
    assert_eq!(gate.metric("claviger_credentials{state=\"enabled\"}"), 2.0);
    assert_eq!(gate.metric("claviger_credentials{state=\"disabled\"}"), 1.0);
}

#[test]
fn probes_answer_briefly_or_verbosely() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let get = |target: &str| {
        let reply = gate.admin("GET", target);
        (reply.status, reply.text())
    };
    assert_eq!(get("/livez"), (200, "ok\n".into()));
    assert_eq!(get("/readyz"), (200, "ok\n".into()));
    let verbose = "[+] files on disk are in force\n[+] not stopping\nok\n";
    assert_eq!(get("/readyz?verbose"), (200, verbose.into()));
    assert_eq!(get("/readyz?verbose=1").1, verbose);
    assert_eq!(gate.admin("POST", "/readyz").status, 405);
    assert_eq!(gate.admin("GET", "/elsewhere").status, 404);
    // A bad file is reported, but the gate stays ready.
    gate.rename_over(&gate.credentials_file(), "credentials: [{}]");
    assert_eq!(gate.admin("POST", "/-/reload").status, 422);
    let (status, text) = get("/readyz?verbose");
    assert!(status == 200 && text.contains("[-] files on disk are in force"), "{text}");
    // The proxy listener has no probes.
    assert_eq!(gate.send(&Request::get("/livez")).status, 401);
}
