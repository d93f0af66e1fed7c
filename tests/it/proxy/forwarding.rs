//! Where a request came from, as far as that is known, and the trace that it belongs to.

use crate::support::{Gate, RecordingApi, Request, Seen, TOKEN, digest};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRUSTING: &str = "  trusted_proxies: [127.0.0.0/8]";

fn forged() -> Request {
    Request::get("/")
        .bearer(TOKEN)
        .header("X-Forwarded-For", "203.0.113.9")
        .header("x-forwarded-for", "10.0.0.1")
        .header("X_Forwarded_For", "203.0.113.10")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "evil.example")
        .header("X-Forwarded-Port", "1")
        .header("X-Forwarded-Prefix", "/evil")
        .header("X-Real-IP", "203.0.113.9")
        .header("Forwarded", "for=203.0.113.9")
}

fn forwarded_lines(seen: &Seen) -> Vec<String> {
    let is_one = |line: &&String| {
        let name = line.split(':').next().unwrap_or_default().to_lowercase().replace(['_', '.'], "-");
        name.starts_with("x-forwarded") || name == "forwarded" || name == "x-real-ip"
    };
    let mut lines: Vec<_> = seen.head.iter().filter(is_one).map(|line| line.to_lowercase()).collect();
    lines.sort();
    lines
}

#[test]
fn forwarded_headers_of_an_untrusted_caller_are_replaced() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    assert_eq!(gate.send(&forged()).status, 200);
    assert_eq!(
        forwarded_lines(&api.last()),
        ["x-forwarded-for: 127.0.0.1", "x-forwarded-host: api.example.org", "x-forwarded-proto: http"]
    );
    assert_eq!(gate.access_log(1)[0]["client"], "127.0.0.1");
}

#[test]
fn trusted_proxy_is_believed_and_appended_to() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).proxy(TRUSTING).start();
    assert_eq!(gate.send(&forged()).status, 200);
    assert_eq!(
        forwarded_lines(&api.last()),
        [
            "forwarded: for=203.0.113.9",
            "x-forwarded-for: 203.0.113.9, 10.0.0.1, 127.0.0.1",
            "x-forwarded-host: evil.example",
            "x-forwarded-port: 1",
            "x-forwarded-prefix: /evil",
            "x-forwarded-proto: https",
            "x-real-ip: 203.0.113.9",
        ]
    );
    // The last hop that no listed proxy has; the caller may have written everything before it.
    assert_eq!(gate.access_log(1)[0]["client"], "10.0.0.1");
}

/// Header by header, from callers and from trusted proxies, over `settings` of the gate.
#[test]
fn forwarded_header_that_is_not_sent_never_arrives() {
    let api = RecordingApi::start();
    let ours = ["x-forwarded-for: 127.0.0.1", "x-forwarded-host: api.example.org", "x-forwarded-proto: http"];
    let theirs = [
        "x-forwarded-for: 203.0.113.9, 10.0.0.1, 127.0.0.1",
        "x-forwarded-host: evil.example",
        "x-forwarded-proto: https",
    ];
    for (off, names) in [
        ("for: false", &["x-forwarded-for"][..]),
        ("proto: false", &["x-forwarded-proto"]),
        ("host: never", &["x-forwarded-host"]),
        ("for: false, proto: false, host: never", &["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]),
    ] {
        for (trusting, lines) in [("", ours), (TRUSTING, theirs)] {
            let gate = Gate::before(api.url()).proxy(trusting).proxy(&format!("  forwarded: {{{off}}}")).start();
            let is_off = |line: &str| names.iter().any(|name| line.starts_with(name));
            assert_eq!(gate.send(&forged()).status, 200);
            let arrived = forwarded_lines(&api.last());
            assert!(!arrived.iter().any(|line| is_off(line)), "{off}: {arrived:?}");
            let sent = lines.into_iter().filter(|line| !is_off(line));
            assert!(sent.clone().all(|line| arrived.iter().any(|arrived| arrived == line)), "{off}: {arrived:?}");
            let before = api.seen().len();
            let nominated = forged().header("Connection", "X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host");
            let status = gate.send(&nominated).status;
            let after = &api.seen()[before..];
            let is_left = after.iter().flat_map(forwarded_lines).any(|line| is_off(&line));
            assert!(matches!((status, after.len()), (200, 1) | (400, 0)) && !is_left, "{off}: {status} {after:?}");
        }
    }
}

#[test]
fn host_that_says_no_more_than_host_is_left_out_where_the_settings_say_so() {
    let api = RecordingApi::start();
    let when_different = "  forwarded: {host: when_different}";
    let hosts = || {
        let seen = api.last();
        (seen.header("host").map(str::to_owned), seen.all("x-forwarded-host").join("|"))
    };
    let gate = Gate::before(api.url()).proxy(when_different).start();
    for request in [forged(), Request::get("/").bearer(TOKEN)] {
        assert_eq!(gate.send(&request).status, 200);
        assert_eq!(hosts(), (Some("api.example.org".to_owned()), String::new()));
    }
    let trusting = Gate::before(api.url()).proxy(TRUSTING).proxy(when_different).start();
    for (said, arrives) in [("api.example.org", ""), ("www.example.org", "www.example.org")] {
        assert_eq!(trusting.send(&Request::get("/").bearer(TOKEN).header("X-Forwarded-Host", said)).status, 200);
        assert_eq!(hosts(), (Some("api.example.org".to_owned()), arrives.to_owned()));
    }
    // HTTP/1.0 may name no host: Host is that of `proxy.upstream`, and nothing was requested.
    gate.send_raw(&format!("GET / HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n").into_bytes());
    assert_eq!(api.last().header("x-forwarded-host"), None);
}

#[test]
fn address_lists_use_the_address_that_trusted_proxies_report() {
    let api = RecordingApi::start();
    let set =
        format!("credentials:\n  - {{id: a, account: b, addresses: [203.0.113.0/24], token: '{}'}}\n", digest(TOKEN));
    let untrusting = Gate::before(api.url()).credentials(&set).start();
    let trusting = Gate::before(api.url()).credentials(&set).proxy(TRUSTING).start();
    let from = |chain: &str| Request::get("/").bearer(TOKEN).header("X-Forwarded-For", chain);
    assert_eq!(untrusting.send(&from("203.0.113.9")).code(), "address_not_allowed");
    assert_eq!(trusting.send(&from("203.0.113.9")).status, 200);
    assert_eq!(trusting.send(&from("198.51.100.1, 203.0.113.9")).status, 200);
    assert_eq!(trusting.send(&from("198.51.100.1, 203.0.113.9, 127.0.0.2")).status, 200);
    for elsewhere in ["198.51.100.1", "203.0.113.9, 198.51.100.1", "203.0.113.9, junk", "", "unknown"] {
        assert_eq!(trusting.send(&from(elsewhere)).code(), "address_not_allowed", "{elsewhere}");
    }
    assert_eq!(trusting.send(&Request::get("/").bearer(TOKEN)).code(), "address_not_allowed");
    assert_eq!(api.seen().len(), 3);
}

#[test]
fn a_well_formed_trace_goes_on() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    gate.send(&Request::get("/").bearer(TOKEN).header("traceparent", TRACE).header("tracestate", "a=1"));
    assert_eq!(api.last().header("traceparent"), Some(TRACE));
    assert_eq!(api.last().header("tracestate"), Some("a=1"));
}

#[test]
fn malformed_or_repeated_traceparent_is_replaced() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let doubled = Request::get("/").header("traceparent", TRACE).header("Traceparent", TRACE);
    let cases = [
        doubled,
        Request::get("/").header("traceparent", "junk"),
        Request::get("/").header("traceparent", TRACE.to_uppercase()),
        Request::get("/").header("traceparent", format!("{TRACE}-more")),
        Request::get("/").header("traceparent", TRACE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32))),
    ];
    for request in cases {
        assert_eq!(gate.send(&request.clone().header("tracestate", "a=1").bearer(TOKEN)).status, 200);
        let seen = api.last();
        let fresh = seen.header("traceparent").unwrap();
        assert!(fresh.len() == TRACE.len() && fresh != TRACE && fresh.starts_with("00-"), "{request:?} {fresh}");
        assert_eq!(seen.header("tracestate"), None);
    }
}

#[test]
fn other_headers_arrive_as_they_came() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let request = Request::get("/")
        .bearer(TOKEN)
        .header("Accept", "text/html, */*;q=0.5")
        .header("Cookie", "a=1; b=2")
        .header("X-Request-Id", "theirs")
        .header("X-Custom", "1")
        .header("X-Custom", "2")
        .header("If-None-Match", "\"v1\"");
    gate.send(&request);
    let seen = api.last();
    assert_eq!(seen.header("accept"), Some("text/html, */*;q=0.5"));
    assert_eq!(seen.header("cookie"), Some("a=1; b=2"));
    assert_eq!(seen.header("x-request-id"), Some("theirs"));
    assert_eq!(seen.all("x-custom"), ["1", "2"]);
    assert_eq!(seen.header("if-none-match"), Some("\"v1\""));
    assert_eq!(seen.header("host"), Some("api.example.org"));
}

/// Comparing the proxy's own address instead would admit every client behind it.
#[test]
fn unreadable_forwarded_address_matches_no_list() {
    let api = RecordingApi::start();
    let set =
        format!("credentials:\n  - {{id: a, account: b, addresses: [127.0.0.0/8], token: '{}'}}\n", digest(TOKEN));
    let gate = Gate::before(api.url()).proxy(TRUSTING).credentials(&set).start();
    for said in ["203.0.113.9", "203.0.113.9:4711", "unknown", "203.0.113.9, ", "_hidden, 127.0.0.1"] {
        let reply = gate.send(&Request::get("/").bearer(TOKEN).header("X-Forwarded-For", said));
        assert_eq!(reply.code(), "address_not_allowed", "{said}");
    }
    assert_eq!(gate.send(&Request::get("/").bearer(TOKEN)).status, 200);
}
