//! Every row of the code table, through the listener. Refused requests never reach the API.

use crate::support::{DISABLED_TOKEN, Gate, PASSWORD, RecordingApi, Reply, Request, TOKEN, credentials, digest};

const VERSIONS: &str = "versions:
  read_from: {path: \"/v{version}/\", header: X-API-Version}
  known:
    - {name: \"1\", retired_on: 2020-01-01}
    - {name: \"2\"}
    - {name: \"3\"}
scopes:
  pay: [{methods: [POST], path: /payments}]
public: [{methods: [GET], path: /events}]
";

/// A gate with everything that can refuse, and what refused.
struct Refusing {
    api: RecordingApi,
    gate: Gate,
}

impl Refusing {
    fn start() -> Self {
        let api = RecordingApi::start();
        let one = |id: &str, rest: &str| {
            format!("  - {{id: {id}, account: acme, token: '{}', {rest}}}\n", digest(&format!("token-{id}")))
        };
        let set = [
            "credentials:\n".to_owned(),
            one("good", "version: '2'"),
            one("disabled", "version: '2', enabled: false"),
            one("expired", "version: '2', expires_at: 2020-01-01T00:00:00Z"),
            one("old", "version: '1'"),
            one("payer", "version: '2', scopes: [pay]"),
            one("elsewhere", "version: '2', addresses: [192.0.2.0/24]"),
            format!("  - {{id: off, account: gone, version: '2', token: '{}'}}\n", digest("token-off")),
            "accounts:\n  - {id: gone, access: false}\n".to_owned(),
        ];
        let gate = Gate::before(api.url()).settings(VERSIONS).credentials(&set.concat()).start();
        Self { api, gate }
    }

    fn refusal(&self, request: &Request) -> Reply {
        let reply = self.gate.send(request);
        assert_eq!(self.api.seen().len(), 0, "a refused request has reached the API: {:?}", self.api.last());
        reply
    }

    fn expect(&self, request: &Request, status: u16, code: &str) -> Reply {
        let reply = self.refusal(request);
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{request:?}\n{}", reply.text());
        reply
    }
}

#[test]
fn every_refusal_has_its_code_and_status_and_reaches_no_api() {
    let refusing = Refusing::start();
    let as_one = |id: &str, target: &str| Request::get(target).bearer(&format!("token-{id}"));
    let good = |target: &str| as_one("good", target);
    refusing.expect(&Request::get("/v2/x"), 401, "credential_missing");
    refusing.expect(&good("/v2/x").header("X-API-Key", "token-good"), 400, "credential_malformed");
    refusing.expect(&Request::get("/v2/x").bearer("wrong"), 401, "credential_invalid");
    refusing.expect(&Request::get("/v2/x").bearer("clv_junk"), 401, "credential_invalid");
    refusing.expect(&as_one("disabled", "/v2/x"), 401, "credential_disabled");
    refusing.expect(&as_one("expired", "/v2/x"), 401, "credential_expired");
    refusing.expect(&as_one("off", "/v2/x"), 403, "access_off");
    refusing.expect(&good("/v9/x"), 400, "version_unknown");
    refusing.expect(&good("/v3/x"), 403, "version_not_allowed");
    refusing.expect(&good("/v1/x"), 410, "version_retired");
    refusing.expect(&as_one("old", "/v1/x"), 410, "version_retired");
    refusing.expect(&as_one("old", "/x"), 410, "version_retired");
    refusing.expect(&as_one("payer", "/v2/payments"), 403, "scope_insufficient");
    refusing.expect(&as_one("elsewhere", "/v2/x"), 403, "address_not_allowed");
    refusing.expect(&good("/v2//x"), 400, "request_ambiguous");
    refusing.expect(&good("/v2/x").header("X-API-Version", "1"), 400, "request_ambiguous");
    assert_eq!(refusing.gate.send(&good("/v2/x")).status, 200);
}

#[test]
fn a_version_must_be_named_where_the_rules_want_one() {
    let api = RecordingApi::start();
    let set = format!("credentials:\n  - {{id: a, account: b, version: '2', token: '{}'}}\n", digest(TOKEN));
    let versions = VERSIONS.replace("  known:", "  when_unstated: reject\n  known:");
    let gate = Gate::before(api.url()).settings(&versions).credentials(&set).start();
    let reply = gate.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!((reply.status, reply.code().as_str()), (400, "version_unstated"));
    assert_eq!(gate.send(&Request::get("/v2/x").bearer(TOKEN)).status, 200);
}

#[test]
fn an_api_that_is_down_is_502_and_one_that_is_slow_504() {
    let gate = Gate::before("http://127.0.0.1:1").start();
    let reply = gate.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!((reply.status, reply.code().as_str()), (502, "upstream_unreachable"));
    assert!(reply.json()["request_id"].is_string());

    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).proxy("  timeouts: {upstream_read: 200ms}").start();
    let reply = gate.send(&Request::get("/silent").bearer(TOKEN));
    assert_eq!((reply.status, reply.code().as_str()), (504, "upstream_timeout"));
}

#[test]
fn a_queue_of_slow_hashes_that_is_full_is_503_with_a_time_to_come_back() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("passwords: {threads: 1, queue: 1}").credentials(&format!(
        "credentials:\n  - {{id: a, account: b, username: acme, password: '{}'}}\n",
        crate::support::slow_hash(PASSWORD)
    ));
    let gate = gate.start();
    let mut connections: Vec<_> = (0..30).map(|_| gate.connect()).collect();
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.write(&Request::get("/x").basic("acme", &format!("wrong-{number}")).bytes());
    }
    let replies: Vec<_> = connections.iter_mut().map(|connection| connection.reply(false).unwrap()).collect();
    let full: Vec<_> = replies.iter().filter(|reply| reply.status == 503).collect();
    assert!(!full.is_empty());
    assert!(
        full.iter().all(|reply| reply.code() == "directory_unavailable" && reply.header("retry-after") == Some("1"))
    );
    assert!(replies.iter().all(|reply| matches!(reply.status, 401 | 503)));
    assert_eq!(api.seen().len(), 0);
}

#[test]
fn one_challenge_per_scheme_of_authorization_and_no_error_where_nothing_was_presented() {
    let refusing = Refusing::start();
    let missing = refusing.expect(&Request::get("/v2/x"), 401, "credential_missing");
    assert_eq!(missing.all("www-authenticate"), ["Bearer realm=\"api\"", "Basic realm=\"api\", charset=\"UTF-8\"",]);
    let invalid = refusing.expect(&Request::get("/v2/x").bearer("wrong"), 401, "credential_invalid");
    assert_eq!(invalid.all("www-authenticate")[0], "Bearer realm=\"api\", error=\"invalid_token\"");
    assert_eq!(invalid.all("www-authenticate").len(), 2);
}

#[test]
fn a_problem_document_holds_what_rfc_9457_and_we_promise() {
    let refusing = Refusing::start();
    let reply = refusing.expect(&Request::get("/v2/x"), 401, "credential_missing");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let mut document = reply.json();
    let id = document["request_id"].take();
    let logged = refusing.gate.access_log(1);
    assert_eq!(logged[0]["request_id"], id);
    insta::assert_snapshot!(document.to_string(), @r##"{"type":"https://claviger.invalid/reference/error-codes.html#credential_missing","title":"Credential missing","status":401,"detail":"This request needs a credential and presents none.","code":"credential_missing","request_id":null}"##);
}

#[test]
fn unknown_and_wrong_look_the_same() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).credentials(&credentials()).start();
    let body = |request: Request| {
        let reply = gate.send(&request);
        let mut document = reply.json();
        document["request_id"].take();
        (
            reply.status,
            document.to_string(),
            reply.headers.iter().filter(|(name, _)| name != "Date").cloned().collect::<Vec<_>>(),
        )
    };
    let unknown = body(Request::get("/").basic("stranger", "x"));
    assert_eq!(body(Request::get("/").basic("acme", "wrong")), unknown);
    // A disabled credential is told apart only by who has its secret.
    assert_eq!(body(Request::get("/").bearer("anything")).1, unknown.1);
    assert_eq!(gate.send(&Request::get("/").bearer(DISABLED_TOKEN)).code(), "credential_disabled");
}

#[test]
fn the_connection_is_kept_after_a_refusal_with_a_small_body() {
    let refusing = Refusing::start();
    let mut connection = refusing.gate.connect();
    for _ in 0..3 {
        let reply = connection.send(&Request::new("POST", "/v2/x").body("hello"));
        assert_eq!(reply.status, 401);
        assert_eq!(connection.send(&Request::get("/v2/x")).status, 401);
    }
    assert_eq!(connection.send(&Request::get("/v2/x").bearer("token-good")).status, 200);
}

#[test]
fn the_connection_ends_after_a_refusal_with_a_large_or_withheld_body() {
    let refusing = Refusing::start();
    let mut large = refusing.gate.connect();
    large.write(&Request::new("POST", "/v2/x").header("Content-Length", "10000000").bytes());
    assert_eq!(large.reply(false).unwrap().status, 401);
    assert!(large.is_closed());
    let mut withheld = refusing.gate.connect();
    let request = Request::new("POST", "/v2/x").header("Content-Length", "5").header("Expect", "100-continue");
    withheld.write(&request.bytes());
    assert_eq!(withheld.reply(false).unwrap().status, 401);
    assert!(withheld.is_closed());
}

#[test]
fn a_refused_head_request_has_no_body() {
    let refusing = Refusing::start();
    let mut connection = refusing.gate.connect();
    let reply = connection.send(&Request::new("HEAD", "/v2/x"));
    assert_eq!((reply.status, reply.body.len()), (401, 0));
    assert_eq!(connection.send(&Request::get("/v2/x").bearer("token-good")).status, 200);
}
