//! One line a request, with what was decided and why; never a secret, never a query.

use serde_json::Value;

use crate::support::{DISABLED_TOKEN, Exchange, Gate, PASSWORD, RecordingApi, Request, ScriptedApi, TOKEN, digest};

const FIELDS: [&str; 17] = [
    "time",
    "request_id",
    "client",
    "method",
    "path",
    "status",
    "decision",
    "code",
    "cause",
    "scheme",
    "credential",
    "account",
    "version",
    "duration_ms",
    "decision_ms",
    "upstream_ms",
    "bytes",
];

fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line[field].as_str().unwrap_or("-")
}

#[test]
fn every_request_is_one_line_of_the_promised_fields() {
    let api = RecordingApi::start();
    let set = format!("credentials:\n  - {{id: billing, account: acme, version: '2', token: '{}'}}\n", digest(TOKEN));
    let versions = "versions: {read_from: {path: \"/v{version}/\"}, known: [{name: \"1\"}, {name: \"2\"}]}\npublic: [{path: /events}]";
    let gate = Gate::before(api.url()).settings(versions).credentials(&set).start();
    let mut connection = gate.connect();
    connection.send(&Request::get("/v2/x?secret=1").bearer(TOKEN));
    connection.send(&Request::new("DELETE", "/v1/y?secret=1").header("X-API-Key", TOKEN));
    connection.send(&Request::get("/events"));
    connection.send(&Request::get("/z"));
    let log = gate.access_log(4);
    assert_eq!(log.len(), 4);
    for line in &log {
        let fields: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, FIELDS);
        assert!(text(line, "time").parse::<jiff::Timestamp>().is_ok() && text(line, "request_id").len() == 36);
        assert_eq!(text(line, "client"), "127.0.0.1");
        let [total, decision] = ["duration_ms", "decision_ms"].map(|field| line[field].as_f64().unwrap());
        assert!(decision >= 0.0 && total >= decision, "{line}");
    }
    let told = |line: &Value, fields: &[&str]| {
        let fields = fields.iter().map(|field| line[field].to_string().replace('"', ""));
        fields.collect::<Vec<_>>().join(" ")
    };
    let verdict = ["method", "path", "decision", "code", "scheme", "status"];
    assert_eq!(told(&log[0], &verdict), "GET /v2/x admitted null bearer 200");
    assert_eq!(told(&log[1], &verdict), "DELETE /v1/y refused version_not_allowed api_key 403");
    assert_eq!(told(&log[2], &verdict), "GET /events public null none 200");
    assert_eq!(told(&log[3], &verdict), "GET /z refused credential_missing none 401");
    let who = ["credential", "account", "version"];
    assert_eq!(told(&log[0], &who), "billing acme 2");
    // Its secret was right, so the owner may learn the reason.
    assert_eq!(told(&log[1], &who), "billing acme null");
    assert_eq!(told(&log[2], &who), "null null null");
    assert_eq!(told(&log[3], &who), "null null null");
    assert!(log[0]["upstream_ms"].is_f64() && log[3]["upstream_ms"].is_null());
    assert_eq!(log[0]["bytes"], 2);
}

#[test]
fn path_cannot_break_the_log_line() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let odd: [&[u8]; 4] = [b"/\"},{\"a\":\"", b"/a\\nb", b"/x y\xc3\xa4", b"/%0a%0d%00"];
    for target in odd {
        gate.send_raw(&[b"GET ", target, b"?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"].concat());
    }
    let log = gate.access_log(odd.len());
    assert_eq!(log.len(), odd.len());
    assert!(
        log.iter().all(|line| text(line, "path").starts_with('/') && !text(line, "path").contains("?q")),
        "{log:?}"
    );
}

#[test]
fn upstream_failure_differs_from_a_refusal_in_the_log() {
    let api = ScriptedApi::start(|exchange: &mut Exchange| drop(exchange.head()));
    let gate = Gate::before(api.url()).start();
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 502);
    let line = &gate.access_log(1)[0];
    assert_eq!((text(line, "decision"), text(line, "code")), ("admitted", "upstream_unreachable"));
    assert_eq!((text(line, "credential"), line["status"].as_u64()), ("acme-billing", Some(502)));
}

#[test]
fn text_format_is_configurable() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).log("log: {format: text}\n").start();
    // A line is written after its response: two at once may change places.
    let until = |count| crate::support::eventually("its line", || gate.stdout().lines().count() == count);
    gate.send(&Request::get("/x?secret=1").bearer(TOKEN));
    until(1);
    gate.send(&Request::get("/x"));
    until(2);
    let lines: Vec<String> = gate.stdout().lines().map(str::to_owned).collect();
    assert!(lines[0].contains("200 admitted") && lines[0].contains("acme-billing") && lines[0].contains("GET /x "));
    assert!(lines[1].contains("401 credential_missing"), "{lines:?}");
    assert!(!lines.concat().contains("secret"));
}

#[test]
fn access_log_can_be_disabled() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).log("log: {access: false, format: json}\n").start();
    for _ in 0..3 {
        gate.send(&Request::get("/x").bearer(TOKEN));
    }
    // Counted after the line would have been written.
    crate::support::eventually("three answers", || {
        gate.metric("claviger_http_requests_total{code=\"200\",method=\"GET\"}") > 2.0
    });
    assert_eq!(gate.stdout(), "");
}

/// At the most talkative level, and with everything that can go wrong.
#[test]
fn no_secret_is_in_any_output() {
    let api = RecordingApi::start();
    let accept = "accept: {api_key: {query: api_key}}";
    let gate = Gate::before(api.url()).settings(accept).log("log: {format: json, level: trace}\n").start();
    let requests = [
        Request::get("/x").bearer(TOKEN),
        Request::get("/x").bearer(DISABLED_TOKEN),
        Request::get("/x").bearer("planted-wrong-token"),
        Request::get("/x").header("X-API-Key", TOKEN).bearer(TOKEN),
        Request::get("/x").basic("acme", PASSWORD),
        Request::get("/x").basic("acme", "planted-wrong-password"),
        Request::get(&format!("/x?api_key={TOKEN}")),
        Request::get(&format!("/x//?api_key={TOKEN}")),
        Request::get(&format!("/status/500?api_key={TOKEN}&q=planted-query")),
        Request::get("/x").header("Authorization", "Bearer planted two words"),
        Request::get("/x").header("Authorization", "planted-without-scheme"),
        Request::new("POST", "/x").bearer(TOKEN).body("planted-body"),
    ];
    for request in &requests {
        gate.send(request);
    }
    gate.send_raw(
        format!("GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nplanted line\r\n\r\n").as_bytes(),
    );
    gate.access_log(requests.len());
    let metrics = gate.admin("GET", "/metrics").text();
    for output in [gate.stdout(), gate.stderr(), metrics] {
        let found: Vec<_> = output.lines().filter(|line| line.contains("planted")).collect();
        assert!(found.is_empty(), "{found:?}");
        assert!(!output.contains("YWNtZT"), "the start of a pair, in base64");
    }
}
