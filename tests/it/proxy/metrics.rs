//! What Prometheus and the kubelet are told: fixed names, labels from fixed sets.

use std::collections::BTreeSet;

use crate::support::{Gate, PASSWORD, RecordingApi, Request, TOKEN, eventually};

/// Every family, with its labels.
const FAMILIES: [(&str, &[&str]); 22] = [
    ("access_log_dropped_total", &[]),
    ("auth_duration_seconds", &["le"]),
    ("auth_requests_total", &["decision", "reason", "scheme"]),
    ("build_info", &["version"]),
    ("cache_hits_total", &["cache"]),
    ("cache_misses_total", &["cache"]),
    ("config_last_reload_success_timestamp_seconds", &[]),
    ("config_last_reload_successful", &[]),
    ("config_reloads_total", &["result"]),
    ("connections_open", &[]),
    ("connections_refused_total", &["reason"]),
    ("credentials", &["state"]),
    ("guesses_throttled_total", &[]),
    ("http_request_duration_seconds", &["le"]),
    ("http_requests_in_flight", &[]),
    ("http_requests_total", &["code", "method"]),
    ("password_hash_duration_seconds", &["le"]),
    ("password_hash_queue_depth", &[]),
    ("throttle_entries", &[]),
    ("requests_unparsed_total", &[]),
    ("tls_certs_not_after", &[]),
    ("upstream_errors_total", &["reason"]),
];

/// The values of one label in `/metrics`.
fn values(metrics: &str, label: &str) -> BTreeSet<String> {
    let wanted = format!("{label}=\"");
    let starts = metrics.match_indices(&wanted).filter(|(at, _)| matches!(metrics.as_bytes()[at - 1], b'{' | b','));
    let rests = starts.map(|(at, _)| &metrics[at + wanted.len()..]);
    rests.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

fn is_of(line: &str, family: &str) -> bool {
    let name = line.strip_prefix("claviger_").and_then(|line| line.split(['{', ' ']).next()).unwrap_or_default();
    let part = name.strip_prefix(family);
    part.is_some_and(|part| matches!(part, "" | "_bucket" | "_sum" | "_count"))
}

#[test]
fn families_and_labels_are_the_promised_ones() {
    let gate = Gate::before("http://127.0.0.1:1").start();
    gate.send(&Request::get("/x").bearer(TOKEN));
    gate.access_log(1);
    let reply = gate.admin("GET", "/metrics");
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = reply.text();
    let samples: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for (family, labels) in FAMILIES {
        let lines: Vec<_> = samples.iter().filter(|line| is_of(line, family)).collect();
        assert!(!lines.is_empty(), "{family} is missing");
        let most = lines.iter().max_by_key(|line| line.len()).unwrap();
        let found: Vec<_> =
            most.match_indices("=\"").map(|(at, _)| most[..at].rsplit(['{', ',']).next().unwrap()).collect();
        assert_eq!(found, *labels, "{family}");
        assert!(
            text.contains(&format!("# HELP claviger_{family} "))
                && text.contains(&format!("# TYPE claviger_{family} "))
        );
    }
    let stray: Vec<_> = samples.iter().filter(|line| !FAMILIES.iter().any(|(family, _)| is_of(line, family))).collect();
    assert!(stray.is_empty(), "{stray:?}");
}

#[test]
fn callers_cannot_make_labels() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let mut connection = gate.connect();
    for number in 0..50 {
        let method = format!("METHOD{number}");
        connection.send(&Request::new(&method, &format!("/path-{number}")).bearer(TOKEN));
        connection.send(&Request::new("get", "/x").bearer(&format!("token-{number}")));
        connection.send(&Request::get("/x").basic(&format!("user-{number}"), "wrong"));
    }
    gate.access_log(150);
    let metrics = gate.admin("GET", "/metrics").text();
    let known: BTreeSet<String> = ["GET", "other"].map(str::to_owned).into();
    assert_eq!(values(&metrics, "method"), known);
    assert_eq!(values(&metrics, "scheme"), ["api_key", "basic", "bearer", "none"].map(str::to_owned).into());
    assert_eq!(values(&metrics, "decision"), ["allow", "deny", "error"].map(str::to_owned).into());
    assert_eq!(values(&metrics, "reason").len(), 26);
    // The admin listener counts nothing of its own.
    for own in ["METHOD", "path-", "token-", "user-", "acme"] {
        assert!(!metrics.contains(own), "{own}");
    }
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
fn probes_answer_in_a_word_or_in_full() {
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
    // A bad file is told, and no reason to send requests elsewhere.
    gate.rename_over(&gate.credentials_file(), "credentials: [{}]");
    assert_eq!(gate.admin("POST", "/-/reload").status, 422);
    let (status, text) = get("/readyz?verbose");
    assert!(status == 200 && text.contains("[-] files on disk are in force"), "{text}");
    // Nothing of the kind on the listener for callers.
    assert_eq!(gate.send(&Request::get("/livez")).status, 401);
}
