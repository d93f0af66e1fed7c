//! Which version a request is served at, who may have it, and what its caller is told.

use crate::support::{Gate, RecordingApi, Reply, Request, digest};

/// Four versions: retired, deprecated with an end, deprecated, current.
const KNOWN: &str = "  known:
    - {name: \"1\", retired_on: 2020-01-01}
    - {name: \"2\", deprecated_on: 2026-09-01, sunset_on: 2099-03-01, link: \"https://example.org/move\"}
    - {name: \"3\", deprecated_on: 2026-09-02}
    - {name: \"4\"}
public:
  - {methods: [GET], path: /events}
";
const BOTH: &str = "  read_from: {path: \"/v{version}/\", header: X-API-Version}\n";

struct Versioned {
    api: RecordingApi,
    gate: Gate,
}

impl Versioned {
    /// A gate with a credential `pin-N` for each version.
    fn start(rules: &str) -> Self {
        let api = RecordingApi::start();
        let one = |pin: &str| {
            let digest = digest(&format!("pin-{pin}"));
            format!("  - {{id: pin-{pin}, account: acme, version: '{pin}', token: '{digest}'}}\n")
        };
        let set = format!("credentials:\n{}", ["1", "2", "3", "4"].map(one).concat());
        let settings = format!("versions:\n{rules}{KNOWN}");
        let gate = Gate::before(api.url()).settings(&settings).credentials(&set).start();
        Self { api, gate }
    }

    fn send(&self, pin: &str, request: Request) -> Reply {
        self.gate.send(&request.bearer(&format!("pin-{pin}")))
    }

    /// The version that reached the API, or the code of the refusal.
    fn outcome(&self, pin: &str, request: Request) -> String {
        let before = self.api.seen().len();
        let reply = self.send(pin, request);
        if reply.status == 200 {
            return self.api.last().header("x-claviger-version").unwrap_or("none").to_owned();
        }
        assert_eq!(self.api.seen().len(), before, "a refused request has reached the API");
        reply.code()
    }
}

fn by_header(version: &str) -> Request {
    Request::get("/x").header("X-API-Version", version)
}

#[test]
fn exact_pins_open_their_own_version_only() {
    let versioned = Versioned::start(&format!("{BOTH}  rule: exact\n"));
    for (pin, version, outcome) in [
        ("2", "2", "2"),
        ("2", "3", "version_not_allowed"),
        ("3", "2", "version_not_allowed"),
        ("4", "4", "4"),
        ("1", "1", "version_retired"),
        ("4", "1", "version_not_allowed"),
        ("4", "5", "version_unknown"),
        ("4", "04", "version_unknown"),
    ] {
        assert_eq!(versioned.outcome(pin, Request::get(&format!("/v{version}/x"))), outcome, "{pin} {version}");
        assert_eq!(versioned.outcome(pin, by_header(version)), outcome, "{pin} {version}");
    }
}

#[test]
fn pins_up_to_a_version_open_older_ones_too() {
    let versioned = Versioned::start(&format!("{BOTH}  rule: up_to\n"));
    for (pin, version, outcome) in [
        ("4", "4", "4"),
        ("4", "3", "3"),
        ("4", "2", "2"),
        ("3", "4", "version_not_allowed"),
        ("2", "3", "version_not_allowed"),
        ("4", "1", "version_retired"),
        ("4", "5", "version_unknown"),
    ] {
        assert_eq!(versioned.outcome(pin, Request::get(&format!("/v{version}/x"))), outcome, "{pin} {version}");
        assert_eq!(versioned.outcome(pin, by_header(version)), outcome, "{pin} {version}");
    }
}

#[test]
fn path_and_header_agree_or_the_request_is_ambiguous() {
    let versioned = Versioned::start(BOTH);
    let both = |path: &str, header: &str| Request::get(path).header("X-API-Version", header);
    assert_eq!(versioned.outcome("2", both("/v2/x", "2")), "2");
    assert_eq!(versioned.outcome("2", both("/v2/x", "3")), "request_ambiguous");
    assert_eq!(versioned.outcome("2", both("/v3/x", "2")), "request_ambiguous");
    assert_eq!(versioned.outcome("2", both("/V2/x", "2")), "request_ambiguous");
    assert_eq!(versioned.outcome("2", by_header("2").header("x-api-version", "2")), "request_ambiguous");
    assert_eq!(versioned.outcome("2", by_header("")), "version_unknown");
    assert_eq!(versioned.outcome("2", by_header("2, 3")), "version_unknown");
}

#[test]
fn a_request_that_names_no_version_is_served_at_the_pin() {
    let versioned = Versioned::start(BOTH);
    assert_eq!(versioned.outcome("3", Request::get("/x")), "3");
    assert_eq!(versioned.api.last().line(), "GET /x HTTP/1.1");
    // An API that looks at the header alone must not fall back to a version of its own choice.
    assert_eq!(versioned.api.last().header("x-api-version"), Some("3"));
    assert_eq!(versioned.outcome("1", Request::get("/x")), "version_retired");
}

#[test]
fn only_configured_places_are_read() {
    let versioned = Versioned::start("  read_from: {path: \"/v{version}/\"}\n");
    assert_eq!(versioned.outcome("2", by_header("3")), "2");
    let versioned = Versioned::start("  read_from: {header: X-API-Version}\n");
    assert_eq!(versioned.outcome("2", Request::get("/v3/x")), "2");
}

#[test]
fn responses_announce_the_end_of_their_version() {
    let versioned = Versioned::start(&format!("{BOTH}  rule: up_to\n"));
    let notice = |version: &str| {
        let reply = versioned.send("4", by_header(version));
        ["deprecation", "sunset", "link"].map(|name| reply.header(name).unwrap_or("-").to_owned()).join(" ")
    };
    let second = "@1788220800 Sun, 01 Mar 2099 00:00:00 GMT <https://example.org/move>; rel=\"deprecation sunset\"";
    assert_eq!(notice("2"), second);
    assert_eq!(notice("3"), "@1788307200 - -");
    assert_eq!(notice("4"), "- - -");
    // Served at the pin, and announced for the pin.
    assert_eq!(versioned.send("2", Request::get("/x")).header("deprecation"), Some("@1788220800"));
    // Also on an answer that is an error of the API.
    let error = versioned.send("2", Request::get("/status/500"));
    assert_eq!((error.status, error.header("deprecation")), (500, Some("@1788220800")));
}

#[test]
fn public_route_ignores_credentials_and_checks_the_version() {
    let versioned = Versioned::start(BOTH);
    let anyone = |request: Request| {
        let reply = versioned.gate.send(&request);
        if reply.status == 200 { "200".into() } else { reply.code() }
    };
    assert_eq!(anyone(Request::get("/events")), "200");
    assert_eq!(anyone(Request::get("/events/7?x=1")), "200");
    assert_eq!(anyone(Request::new("HEAD", "/v2/events")), "200");
    assert_eq!(versioned.api.last().header("x-claviger-version"), Some("2"));
    assert_eq!(anyone(Request::get("/events").bearer("wrong").header("X-API-Key", "wrong")), "200");
    let seen = versioned.api.last();
    assert!(seen.header("x-claviger-credential").is_none() && seen.header("authorization").is_none());
    assert_eq!(anyone(Request::get("/v1/events")), "version_retired");
    assert_eq!(anyone(Request::get("/v9/events")), "version_unknown");
    for closed in ["/eventsx", "/event", "/x/events", "/EVENTS", "/v2/x"] {
        assert_eq!(anyone(Request::get(closed)), "credential_missing", "{closed}");
    }
    assert_eq!(anyone(Request::new("POST", "/events")), "credential_missing");
    assert_eq!(versioned.gate.send(&Request::get("/v2/events")).header("deprecation"), Some("@1788220800"));
}

/// A header named in Connection is removed on the way, after the decision that read it.
#[test]
fn decided_version_arrives_even_if_connection_names_its_header() {
    let versioned = Versioned::start(BOTH);
    assert_eq!(versioned.outcome("2", by_header("2").header("Connection", "x-api-version")), "2");
    assert_eq!(versioned.api.last().header("x-api-version"), Some("2"));
}
