//! The API's own CORS headers, and settings about pages that are faults.

use std::collections::BTreeSet;

use crate::support::{Exchange, Gate, Reply, Request, ScriptedApi, TOKEN, eventually};

const ORIGIN: &str = "https://app.example.org";
const OWN: [(&str, &str); 7] = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Expose-Headers", "X-Total-Count"),
    ("Access-Control-Allow-Methods", "DELETE"),
    ("Access-Control-Max-Age", "1"),
    ("Vary", "Accept-Encoding"),
    ("X-Total-Count", "7"),
];

fn api() -> ScriptedApi {
    let own: String = OWN.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    ScriptedApi::start(move |exchange: &mut Exchange| {
        while !exchange.head().is_empty() {
            exchange.write(format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{own}\r\n{{}}"));
        }
    })
}

fn send(gate: &Gate, origin: Option<&str>) -> Reply {
    let request = Request::get("/x").bearer(TOKEN);
    gate.send(&origin.map_or(request.clone(), |origin| request.header("Origin", origin)))
}

/// What the API has said about pages and caches, as it arrives.
fn headers(reply: &Reply) -> BTreeSet<(String, String)> {
    let ours = |name: &str| name.starts_with("access-control-") || ["vary", "x-total-count"].contains(&name);
    let all = reply.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    all.filter(|(name, _)| ours(name)).collect()
}

#[test]
fn the_apis_own_cors_headers_are_left_alone_unless_answers_is_set() {
    let api = api();
    for settings in [
        "",
        "cors: {origins: ['https://app.example.org']}",
        "cors: {origins: ['https://app.example.org'], answers: false}",
    ] {
        let gate = Gate::before(api.url()).settings(settings).start();
        for origin in [None, Some(ORIGIN), Some("https://evil.example")] {
            let own = OWN.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
            assert_eq!(headers(&send(&gate, origin)), own.into(), "{settings} {origin:?}");
        }
    }
}

#[test]
fn the_gate_sets_the_cors_headers_of_answers_where_it_is_asked_to() {
    let api = api();
    let gate = Gate::before(api.url()).settings("cors: {origins: ['https://app.example.org'], answers: true}").start();
    let reply = send(&gate, Some(ORIGIN));
    assert_eq!(reply.all("access-control-allow-origin"), [ORIGIN]);
    assert_eq!(reply.all("vary"), ["Accept-Encoding", "Origin"]);
    let exposed = reply.all("access-control-expose-headers").join(", ").to_ascii_lowercase();
    for name in ["x-total-count", "ratelimit", "sunset", "deprecation", "link", "retry-after"] {
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name}: {exposed}");
    }
    assert_eq!(reply.header("x-total-count"), Some("7"));
    let names: BTreeSet<_> = headers(&reply).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["access-control-allow-origin", "access-control-expose-headers", "vary", "x-total-count"]
            .map(String::from)
            .into()
    );
    for origin in [None, Some("https://evil.example"), Some("null")] {
        let reply = send(&gate, origin);
        let names: BTreeSet<_> = headers(&reply).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["vary", "x-total-count"].map(String::from).into(), "{origin:?}");
        assert_eq!(reply.all("vary"), ["Accept-Encoding", "Origin"]);
    }
}

#[test]
fn origins_of_a_reload_take_effect_for_the_next_request() {
    let api = api();
    let gate = Gate::before(api.url()).settings("cors: {origins: ['https://app.example.org']}").start();
    let code = || {
        let request =
            Request::new("OPTIONS", "/x").header("Origin", ORIGIN).header("Access-Control-Request-Method", "GET");
        gate.send(&request).code()
    };
    assert_eq!(code(), "");
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    gate.rename_over(&gate.settings_file(), &settings.replace("https://app.", "https://new."));
    eventually("the settings are in force", || code() == "origin_not_allowed");
}

#[test]
fn origins_that_are_not_exact_are_faults_with_advice() {
    for (settings, fault) in [
        ("cors: {origins: ['*']}", "cors.origins[0]  must be one exact origin: list each one"),
        ("cors: {origins: [https://*.example.org]}", "cors.origins[0]  must be one exact origin"),
        ("cors: {origins: ['null']}", "cors.origins[0]  must be an origin: any page can have the origin null"),
        ("cors: {origins: [null]}", "cors.origins[0]  "),
        ("cors: {origins: [https://a.example, https://b.example/]}", "cors.origins[1]  must end behind the host"),
        ("cors: {origins: [https://a.example:443]}", "cors.origins[0]  must be without the port"),
        ("cors: {origins: []}", "cors.origins  is empty"),
        ("cors: {origins: }", "cors.origins  is empty"),
        ("cors: {}", "cors.origins  is missing"),
        ("cors: ", "cors  is empty"),
        ("cors: {origins: [https://a.example], methods: []}", "cors.methods  is empty"),
        ("cors: {origins: [https://a.example], methods: ['*']}", "cors.methods[0]  must name one method"),
        ("cors: {origins: [https://a.example], headers: []}", "cors.headers  is empty"),
        ("cors: {origins: [https://a.example], headers: ['*']}", "cors.headers[0]  must be the name of a header"),
        ("cors: {origins: [https://a.example], max_age: 0s}", "cors.max_age  must be more than zero"),
        (
            "cors: {origins: [https://a.example], credentials: true}",
            "cors.credentials  is not a known key; did you mean credentials",
        ),
    ] {
        let ended = Gate::before("http://127.0.0.1:9").settings(settings).run();
        assert!(ended.code != 0 && ended.stderr.contains(fault), "{settings}: {}", ended.stderr);
    }
    let answers = "cors: {origins: [https://a.example], answers: true}";
    let ended = Gate::forward_auth("").settings(answers).run();
    let fault = "cors.answers  has no effect without proxy.upstream";
    assert!(ended.code != 0 && ended.stderr.contains(fault), "{}", ended.stderr);
}
