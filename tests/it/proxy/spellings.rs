//! Paths with %2F, //, %25 and %7E, as GitLab, RabbitMQ, npm and Argo CD have them: admitted below the paths that the
//! settings name, where no rule looks further.

use axum::body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::forward_auth::{about, check_message, checked, strictly_about};
use crate::support::{Connection, Gate, Http2Api, RecordingApi, Request, TOKEN, eventually};

const PATHS: &str = "paths:
  - {path: /api/queues, allow: [encoded_slash, empty_segment, encoded_percent, encoded_unreserved]}
  - {path: /slashes, allow: [encoded_slash]}
scopes: {queues: [{methods: [GET], path: /api/queues}]}
public: [{path: /events}]
versions: {read_from: {path: '/v{version}/'}, known: [{name: '1'}], when_unstated: use_pin}
";

const ADMITTED: [&str; 10] = [
    "/api/queues/%2F/orders",
    "/v1/api/queues/%2f/orders?a=%2F",
    "/api/queues//orders//",
    "/api/queues/100%25/a%252eb",
    "/api/queues/a%7Eb%41",
    "/api/queues/group%2Fproject%2Frepository?ref=//..",
    "/v1/api/queues//%2F%25%7e",
    "/slashes/@scope%2Fpackage",
    "/api/queues",
    "/api/queues/...",
];

const REFUSED: [&str; 26] = [
    "/api/queues/../x",
    "/api/queues/%2e%2e/x",
    "/api/queues/%252e%252e/x",
    "/api/queues/%25%32e./x",
    "/api/queues/a%2F..%2Fx",
    "/api/queues/a%252F%252e%252e",
    "/api/queues/a%255C..%255Cx",
    "/api/queues/..;a=b/x",
    "/api/queues/..%3Ba",
    "/api/queues/..%253Ba",
    "/api/queues/..%3Fx",
    "/api/queues/a%2eb",
    "/api/queues/a%5Cb",
    "/api/queues/a%00",
    "/api/queues/a%2500",
    "/api/queues/a%zz",
    "/api/queues%2F..%2Fadmin",
    "/api/queues%2Fx",
    "/api//queues/x",
    "/api/%71ueues/%2F",
    "/v%31/api/queues/%2F",
    "/x/%2F/api/queues",
    "/events%2Fx",
    "/slashes//x",
    "/slashes/100%25",
    "/slashes/a%7Eb",
];

fn credentials() -> String {
    crate::support::credentials().replace("account: acme,", "account: acme, version: '1',")
}

#[test]
fn queue_named_with_an_encoded_slash_reaches_the_api_byte_for_byte() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(PATHS).credentials(&credentials()).start();
    let mut connection = gate.connect();
    for target in ADMITTED {
        let reply = connection.send(&Request::get(target).bearer(TOKEN));
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        assert_eq!(api.last().line(), format!("GET {target} HTTP/1.1"));
        assert_eq!(api.last().header("x-claviger-version"), Some("1"), "{target}");
        assert_eq!(connection.send(&Request::get(target)).code(), "credential_missing", "{target}");
    }
    let before = api.seen().len();
    for target in REFUSED {
        let reply = connection.send(&Request::get(target).bearer(TOKEN));
        assert_eq!((reply.status, reply.code().as_str()), (400, "request_ambiguous"), "{target}");
    }
    assert_eq!(api.seen().len(), before);
}

/// Clients that keep the bytes of a target, which browsers and many libraries do not.
#[tokio::test(flavor = "multi_thread")]
async fn queue_named_with_an_encoded_slash_reaches_the_api_over_http_2() {
    let (one, two) = (RecordingApi::start(), Http2Api::start());
    let before = |url: &str| Gate::before(url).settings(PATHS).credentials(&credentials());
    let gates = [before(one.url()).start(), before(two.url()).proxy("  upstream_protocol: http2").start()];
    for gate in &gates {
        let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for (target, expected) in
            ADMITTED.map(|target| (target, 200)).into_iter().chain(REFUSED.map(|target| (target, 400)))
        {
            let request = http::Request::get(format!("http://api.example.org{target}"))
                .header("authorization", format!("Bearer {TOKEN}"))
                .body(Body::empty())
                .unwrap();
            assert_eq!(sender.send_request(request).await.unwrap().status(), expected, "{target}");
        }
    }
    let arrived: Vec<_> = one.seen().iter().map(|seen| seen.line().split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(arrived, ADMITTED);
    let arrived: Vec<_> = two.seen().iter().map(|seen| seen.head.uri.path_and_query().unwrap().to_string()).collect();
    assert_eq!(arrived, ADMITTED);
}

#[tokio::test]
async fn forward_auth_admits_the_same_spellings() {
    let gate = Gate::forward_auth("").settings(PATHS).credentials(&credentials()).start();
    let token = format!("Bearer {TOKEN}");
    let kinds: [fn(&str, &str) -> Request; 3] =
        [about, strictly_about, |method, target| Request::new(method, &format!("/auth{target}"))];
    for (target, is_admitted) in
        ADMITTED.map(|target| (target, true)).into_iter().chain(REFUSED.map(|target| (target, false)))
    {
        for about in kinds {
            let mut connection = Connection::open(gate.forward_auth_addr);
            let reply = connection.send(&about("GET", target).bearer(TOKEN));
            assert_eq!(reply.status == 200, is_admitted, "{target}: {}", reply.text());
            assert!(is_admitted || reply.code() == "request_ambiguous", "{target}");
        }
        let text = checked(&gate, &check_message("GET", target, &[("authorization", &token)])).await;
        assert_eq!(text.contains("acme-billing"), is_admitted, "{target}: {text}");
        assert_eq!(text.contains("request_ambiguous"), !is_admitted, "{target}: {text}");
    }
}

#[test]
fn scope_covers_a_path_with_exceptions_as_a_whole() {
    let api = RecordingApi::start();
    let one =
        crate::support::credentials().replacen("account: acme,", "account: acme, version: '1', scopes: [queues],", 1);
    let one = one.replace("account: acme, u", "account: acme, version: '1', u");
    let one = one.replace("account: acme, token: '", "account: acme, version: '1', token: '");
    let gate = Gate::before(api.url()).settings(PATHS).credentials(&one).start();
    for (method, target, status) in [
        ("GET", "/api/queues/%2F/x", 200),
        ("GET", "/api/queues", 200),
        ("DELETE", "/api/queues/%2F/x", 403),
        ("GET", "/slashes/%2Fapi", 403),
        ("GET", "/api/queues/%2F..%2F..%2Fadmin", 400),
    ] {
        assert_eq!(gate.send(&Request::new(method, target).bearer(TOKEN)).status, status, "{method} {target}");
    }
}

#[test]
fn rule_that_looks_below_a_path_with_exceptions_is_a_fault() {
    let queues = "paths: [{path: /api/queues, allow: [encoded_slash]}]\n";
    for (settings, place) in [
        ("scopes: {x: [{path: /other}, {path: /api/queues/x}]}", "scopes.x.1.path"),
        ("public: [{path: /api/queues/x/y}]", "public.0.path"),
        ("public: [{path: /api/queues/x, credential: optional}]", "public.0.path"),
        ("versions: {read_from: {path: '/api/queues/v{version}/'}, known: [{name: '1'}]}", "versions.read_from.path"),
    ] {
        let ended = Gate::before("http://127.0.0.1:9").settings(queues).settings(settings).run();
        assert_ne!(ended.code, 0, "{settings}");
        let fault = format!("{place}  is below /api/queues, where paths[0] admits several spellings of one path");
        assert!(ended.stderr.contains(&fault), "{settings}: {}", ended.stderr);
    }
    let upgrades =
        Gate::before("http://127.0.0.1:9").proxy("  upgrades: [{path: /api/queues/live}]").settings(queues).run();
    assert!(upgrades.stderr.contains("proxy.upgrades.0.path  is below /api/queues"), "{}", upgrades.stderr);
    for (settings, fault) in [
        (
            "paths: [{path: /a, allow: [encoded_slash]}, {path: /a/b, allow: [empty_segment]}]",
            "paths.1.path  is below /a",
        ),
        (
            "paths: [{path: /a/b, allow: [encoded_slash]}, {path: /, allow: [empty_segment]}]",
            "paths.0.path  is below /",
        ),
        (
            "paths: [{path: /a, allow: [encoded_slash]}, {path: /a/, allow: [encoded_slash]}]",
            "paths.1.path  is listed twice",
        ),
        ("paths: [{path: /a%2F, allow: [encoded_slash]}]", "paths[0].path  must be plain segments"),
        ("paths: [{path: /a, allow: [encoded_dot]}]", "paths[0].allow[0]  must be one of encoded_slash"),
        ("paths: [{path: /a, allow: []}]", "paths[0].allow  is empty"),
        ("paths: [{path: /a}]", "paths[0].allow  is missing"),
        ("paths: []", "paths  is empty"),
    ] {
        let ended = Gate::before("http://127.0.0.1:9").settings(settings).run();
        assert!(ended.code != 0 && ended.stderr.contains(fault), "{settings}: {}", ended.stderr);
    }
    let fine = "scopes: {x: [{path: /api/queues}, {path: /api}, {path: /api/queuesx}]}\npublic: [{path: /}]\n";
    let gate = Gate::before("http://127.0.0.1:9").settings(queues).settings(fine).start();
    assert_eq!(gate.send(&Request::get("/api/queues/%2F")).status, 502);
}

/// Scopes of credentials, in a file and in a database, are names of the settings: a rule that looks further cannot come
/// with them.
#[test]
fn a_reload_cannot_bring_a_rule_below_a_path_with_exceptions() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(PATHS).credentials(&credentials()).start();
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    let below = settings.replace("public: [{path: /events}]", "public: [{path: /api/queues/open}]");
    assert_ne!(settings, below);
    gate.rename_over(&gate.settings_file(), &below);
    eventually("the settings are refused", || gate.reloads("failure") > 0.0);
    assert_eq!(gate.send(&Request::get("/api/queues/open")).code(), "credential_missing");
    assert_eq!(gate.send(&Request::get("/events")).status, 200);
}
