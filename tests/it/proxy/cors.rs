//! Pages of other origins: their preflights, and refusals that their scripts can read.

use axum::body::Body;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::forward_auth::{about, check_message, checked, strictly_about};
use crate::support::{
    Authority, Connection, DISABLED_TOKEN, Gate, GateBuilder, RecordingApi, Reply, Request, TOKEN, digest,
};

const ORIGIN: &str = "https://app.example.org";
const CORS: &str = "cors: {origins: ['https://app.example.org', 'http://localhost:3000'], methods: [GET, PUT], \
                    headers: [Authorization, X-Custom], max_age: 2h}\n";
const OTHERS: [&str; 7] = [
    "https://evil.example",
    "null",
    "*",
    "https://app.example.org.evil.example",
    "http://app.example.org",
    "https://APP.example.org",
    "https://app.example.org, https://evil.example",
];

fn preflight(target: &str, origin: &str) -> Request {
    Request::new("OPTIONS", target)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "PUT")
        .header("Access-Control-Request-Headers", "authorization,x-custom")
}

fn cors_headers(reply: &Reply) -> Vec<(String, String)> {
    let all = reply.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let mut all: Vec<_> = all.filter(|(name, _)| name.starts_with("access-control-")).collect();
    all.sort();
    all
}

fn assert_preflight(reply: &Reply, origin: &str) {
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    let expected = [
        ("access-control-allow-headers", "authorization, x-custom"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-origin", origin),
        ("access-control-max-age", "7200"),
    ];
    assert_eq!(cors_headers(reply), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(reply.all("vary"), ["Origin"]);
}

#[test]
fn preflight_is_answered_without_a_credential_and_without_the_api() {
    let api = RecordingApi::start();
    // The gate answers on public routes too, and whatever the credential of the request.
    let gate = Gate::before(api.url()).settings(CORS).settings("public: [{path: /events}]").start();
    let mut connection = gate.connect();
    for target in ["/x", "/events", "/x?a=b"] {
        for origin in [ORIGIN, "http://localhost:3000"] {
            assert_preflight(&connection.send(&preflight(target, origin)), origin);
            assert_preflight(&connection.send(&preflight(target, origin).bearer("wrong")), origin);
        }
    }
    assert!(api.seen().is_empty());
    let log = gate.access_log(12);
    assert_eq!(
        (&log[0]["decision"], &log[0]["status"], &log[0]["code"]),
        (&"preflight".into(), &204.into(), &serde_json::Value::Null)
    );
    assert_eq!(log[0]["client"], "127.0.0.1");
    let counted = "claviger_auth_requests_total{decision=\"allow\",reason=\"preflight\",scheme=\"none\"}";
    assert_eq!(gate.metric(counted), 12.0);
    // Requests that are no preflights are decided as ever.
    let options = Request::new("OPTIONS", "/x").header("Origin", ORIGIN);
    assert_eq!(connection.send(&options).code(), "credential_missing");
    assert_eq!(connection.send(&options.bearer(TOKEN)).status, 200);
    let get = preflight("/x", ORIGIN).bytes();
    connection.write(&String::from_utf8(get).unwrap().replacen("OPTIONS", "GET", 1).into_bytes());
    assert_eq!(connection.reply(false).unwrap().code(), "credential_missing");
    assert_eq!(connection.send(&preflight("/x//y", ORIGIN)).code(), "request_ambiguous");
}

#[test]
fn preflight_of_another_origin_is_refused_without_an_echo() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(CORS).settings("public: [{methods: [OPTIONS], path: /}]").start();
    let twice = preflight("/x", ORIGIN).header("Origin", ORIGIN);
    for request in OTHERS.map(|origin| preflight("/x", origin)).into_iter().chain([twice]) {
        let reply = gate.send(&request);
        assert_eq!((reply.status, reply.code().as_str()), (403, "origin_not_allowed"), "{request:?}");
        assert!(cors_headers(&reply).is_empty(), "{request:?}: {:?}", reply.headers);
        assert_eq!(reply.all("vary"), ["Origin"]);
        let whole = format!("{:?}{}", reply.headers, reply.text());
        assert!(!whole.contains("evil") && !whole.contains("app.example"), "{whole}");
    }
    assert!(api.seen().is_empty());
}

#[test]
fn without_cors_a_preflight_is_a_request_as_any_other() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("public: [{methods: [OPTIONS], path: /open}]").start();
    assert_eq!(gate.send(&preflight("/open", ORIGIN)).status, 200);
    let reply = gate.send(&preflight("/x", ORIGIN));
    assert_eq!(
        (reply.code().as_str(), reply.header("vary"), cors_headers(&reply).len()),
        ("credential_missing", None, 0)
    );
}

/// A request that is refused.
struct Refused {
    method: &'static str,
    target: &'static str,
    headers: Vec<(&'static str, String)>,
    code: &'static str,
}

fn refused(
    method: &'static str,
    target: &'static str,
    headers: &[(&'static str, &str)],
    code: &'static str,
) -> Refused {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Refused { method, target, headers, code }
}

impl Refused {
    fn request(&self, origin: Option<&str>) -> Request {
        let request = Request::new(self.method, self.target);
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        origin.map_or(request.clone(), |origin| request.header("Origin", origin))
    }
}

fn gate_that_refuses(api: &RecordingApi) -> GateBuilder {
    let one = |id: &str, rest: &str| {
        format!("  - {{id: {id}, account: acme, version: '2', token: '{}'{rest}}}\n", digest(&format!("token-{id}")))
    };
    let set = [
        "credentials:\n".to_owned(),
        one("good", ""),
        one("expired", ", expires_at: 2020-01-01T00:00:00Z"),
        one("payer", ", scopes: [pay]"),
        one("elsewhere", ", addresses: [192.0.2.0/24]"),
        one("frequent", ", rate_limit: {requests: 1, per: 24h}"),
        one("disabled", ", enabled: false"),
        one("off", "").replace("acme", "gone"),
        "accounts: [{id: gone, access: false}]\n".to_owned(),
    ];
    Gate::before(api.url())
        .proxy("  timeouts: {upstream_read: 2s}")
        .settings(
            "versions: {read_from: {header: X-API-Version}, known: [{name: '1', retired_on: 2020-01-01}, {name: '2'}, \
             {name: '3'}]}\n\
             scopes: {pay: [{methods: [POST], path: /payments}]}\n\
             limits: {body_bytes: 1000, body_time: 500ms, header_bytes: 4000}\n\
             throttle: {enabled: false}",
        )
        .credentials(&set.concat())
}

fn all_refused() -> Vec<Refused> {
    let as_one = |id: &str| format!("Bearer token-{id}");
    let mut all = vec![refused("GET", "/x", &[], "credential_missing")];
    for (id, code) in [
        ("unknown", "credential_invalid"),
        ("disabled", "credential_disabled"),
        ("expired", "credential_expired"),
        ("off", "access_off"),
        ("payer", "scope_insufficient"),
        ("elsewhere", "address_not_allowed"),
    ] {
        all.push(refused("GET", "/x", &[("Authorization", &as_one(id))], code));
    }
    let good = as_one("good");
    let good = ("Authorization", good.as_str());
    all.extend([
        refused("GET", "/x", &[good, ("X-API-Key", "b")], "credential_malformed"),
        refused("GET", "/x", &[good, ("X-API-Version", "9")], "version_unknown"),
        refused("GET", "/x", &[good, ("X-API-Version", "3")], "version_not_allowed"),
        refused("GET", "/x", &[good, ("X-API-Version", "1")], "version_retired"),
        refused("GET", "/x/%2E%2E", &[good], "request_ambiguous"),
        refused("GET", "/x", &[good, ("X-Large", &"a".repeat(4000))], "headers_too_large"),
        refused("POST", "/x", &[good, ("Content-Length", "2000")], "body_too_large"),
        refused("GET", "/silent", &[good], "upstream_timeout"),
    ]);
    all
}

fn assert_readable(reply: &Reply, origin: Option<&str>, code: &str) {
    let shown = format!("{code}: {:?} {}", reply.headers, reply.text());
    assert_eq!(reply.code(), code, "{shown}");
    assert_eq!(reply.all("vary"), ["Origin"], "{shown}");
    if origin.is_none() {
        assert!(cors_headers(reply).is_empty() && reply.header("x-claviger-request-id").is_none(), "{shown}");
        return;
    }
    assert_eq!(reply.all("access-control-allow-origin"), [ORIGIN], "{shown}");
    assert_eq!(cors_headers(reply).len(), 2, "{shown}");
    let exposed = reply.header("access-control-expose-headers").unwrap_or_default().to_ascii_lowercase();
    let exposed: Vec<&str> = exposed.split(", ").collect();
    for name in ["x-claviger-request-id", "retry-after", "ratelimit", "ratelimit-policy", "www-authenticate"] {
        assert!(exposed.contains(&name), "{name} {shown}");
    }
    assert_eq!(reply.header("x-claviger-request-id"), reply.json()["request_id"].as_str(), "{shown}");
}

#[test]
fn every_refusal_can_be_read_by_a_page() {
    let api = RecordingApi::start();
    let gate = gate_that_refuses(&api).settings(CORS).start();
    for refused in all_refused() {
        for origin in [Some(ORIGIN), None] {
            assert_readable(&gate.send(&refused.request(origin)), origin, refused.code);
        }
        let reply = gate.send(&refused.request(Some("https://evil.example")));
        assert!(cors_headers(&reply).is_empty() && reply.header("vary") == Some("Origin"), "{}", refused.code);
    }
    let page = |method, target| Request::new(method, target).header("Origin", ORIGIN).bearer("token-good");
    let websocket = page("GET", "/x").header("Connection", "Upgrade").header("Upgrade", "websocket");
    let websocket =
        websocket.header("Sec-WebSocket-Version", "13").header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_readable(&gate.send(&websocket), Some(ORIGIN), "upgrade_not_allowed");
    // A body over the limit by its chunks, and one that does not come.
    let mut connection = gate.connect();
    connection.write(&page("POST", "/x").header("Transfer-Encoding", "chunked").bytes());
    connection.write(format!("7d0\r\n{}\r\n", "a".repeat(2000)).as_bytes());
    assert_readable(&connection.reply(false).unwrap(), Some(ORIGIN), "body_too_large");
    assert_readable(&gate.send(&page("POST", "/x").header("Content-Length", "5")), Some(ORIGIN), "body_too_slow");
    // The rate limit as scripts wait for it.
    let frequent = || gate.send(&Request::get("/x").bearer("token-frequent").header("Origin", ORIGIN));
    assert_eq!(frequent().status, 200);
    let limited = frequent();
    assert_readable(&limited, Some(ORIGIN), "rate_limited");
    assert!(limited.header("retry-after").is_some() && limited.header("ratelimit").is_some());
}

#[test]
fn refusals_of_what_the_api_or_the_throttle_does_can_be_read_too() {
    let settings = "throttle: {free_per_address: 1, first_delay: 1h, longest_delay: 1h, window: 2h}";
    let gate = Gate::before("http://127.0.0.1:1").settings(CORS).settings(settings).start();
    let page = || Request::get("/x").header("Origin", ORIGIN);
    assert_readable(&gate.send(&page().bearer(TOKEN)), Some(ORIGIN), "upstream_unreachable");
    assert_readable(&gate.send(&page().bearer("wrong")), Some(ORIGIN), "credential_invalid");
    let throttled = gate.send(&page().bearer("wrong"));
    assert_readable(&throttled, Some(ORIGIN), "guesses_throttled");
    assert!(throttled.header("retry-after").is_some());
}

/// Browsers leave a backtick in a query as it is.
#[test]
fn refusal_of_a_head_that_cannot_be_parsed_can_be_read_by_a_page() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings(CORS).start();
    let many: String = (0..300).map(|number| format!("X-{number}: 1\r\n")).collect();
    for (head, code) in [
        (format!("GET /x?q=`a` HTTP/1.1\r\nHost: a\r\norigin:{ORIGIN}\r\n\r\n"), "request_ambiguous"),
        (format!("GET /x HTTP/1.1\r\nHost: a\r\nOrigin: {ORIGIN}\r\nX-A : 1\r\n\r\n"), "request_ambiguous"),
        (format!("GET /x HTTP/1.1\r\nHost: a\r\nOrigin: {ORIGIN} \r\n{many}\r\n"), "headers_too_large"),
    ] {
        let mut connection = gate.connect();
        assert_eq!(connection.send(&Request::get("/x").bearer(TOKEN)).status, 200);
        connection.write(head.as_bytes());
        assert_readable(&connection.reply(false).unwrap(), Some(ORIGIN), code);
    }
    for origin in ["", "Origin: https://evil.example\r\n", "Origin: https://app.example.org\r\nOrigin: null\r\n"] {
        let mut connection = gate.connect();
        connection.write(format!("GET /x HTTP/1.1\r\nHost: a\r\n{origin}X-A : 1\r\n\r\n").as_bytes());
        assert_readable(&connection.reply(false).unwrap(), None, "request_ambiguous");
    }
}

#[test]
fn preflights_and_refusals_are_the_same_over_tls() {
    let api = RecordingApi::start();
    let authority = Authority::new();
    let builder = Gate::before(api.url()).settings(CORS).proxy("  tls: {certificate: cert.pem, key: key.pem}");
    authority.issue("127.0.0.1").write(builder.folder());
    let gate = builder.start();
    let open = || Connection::open_tls(gate.address, &authority.client(None)).unwrap().0;
    let mut connection = open();
    assert_preflight(&connection.send(&preflight("/x", ORIGIN)), ORIGIN);
    assert_eq!(connection.send(&preflight("/x", "null")).code(), "origin_not_allowed");
    for (request, code) in [
        (Request::get("/x"), "credential_missing"),
        (Request::get("/x//").bearer(TOKEN), "request_ambiguous"),
        (Request::get("/x").bearer(DISABLED_TOKEN), "credential_disabled"),
    ] {
        assert_readable(&connection.send(&request.header("Origin", ORIGIN)), Some(ORIGIN), code);
    }
    let mut connection = open();
    connection.write(format!("GET /`x HTTP/1.1\r\nHost: a\r\nOrigin: {ORIGIN}\r\n\r\n").as_bytes());
    assert_readable(&connection.reply(false).unwrap(), Some(ORIGIN), "request_ambiguous");
}

async fn over_http2(sender: &mut SendRequest<Body>, request: http::request::Builder) -> Reply {
    let answer = sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    let value = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    Reply {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(|(name, text)| (name.to_string(), value(text))).collect(),
        body: axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap().to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preflights_and_refusals_are_the_same_over_http_2() {
    let api = RecordingApi::start();
    let gate = gate_that_refuses(&api).settings(CORS).start();
    let stream = tokio::net::TcpStream::connect(gate.address).await.unwrap();
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let builder = |method: &str, target: &str| {
        http::Request::builder().method(method).uri(format!("http://api.example.org{target}"))
    };
    let ask =
        |origin: &str| builder("OPTIONS", "/x").header("origin", origin).header("access-control-request-method", "PUT");
    assert_preflight(&over_http2(&mut sender, ask(ORIGIN)).await, ORIGIN);
    for other in OTHERS {
        let reply = over_http2(&mut sender, ask(other)).await;
        assert_eq!((reply.code().as_str(), cors_headers(&reply).len()), ("origin_not_allowed", 0), "{other}");
    }
    // Without a body of that length, HTTP/2 is broken before the gate decides.
    for refused in all_refused().into_iter().filter(|refused| refused.code != "body_too_large") {
        for origin in [Some(ORIGIN), None] {
            let fields = refused.headers.iter().map(|(name, value)| (*name, value.as_str()));
            let fields = fields.chain(origin.map(|origin| ("origin", origin)));
            let request = builder(refused.method, refused.target);
            let request = fields.fold(request, |request, (name, value)| request.header(name, value));
            assert_readable(&over_http2(&mut sender, request).await, origin, refused.code);
        }
    }
    assert_eq!(api.seen().len(), 2, "only /silent reaches the API");
}

#[tokio::test]
async fn forward_auth_decides_about_preflights_and_its_refusals_can_be_read() {
    let gate = Gate::forward_auth("").settings(CORS).settings("public: [{methods: [OPTIONS], path: /open}]").start();
    let ask = |request: &Request| Connection::open(gate.forward_auth_addr).send(request);
    for request in [about("GET", "/x"), strictly_about("GET", "/x"), about("OPTIONS", "/x")] {
        let request = request.header("Origin", ORIGIN).header("Access-Control-Request-Method", "GET");
        assert_readable(&ask(&request), Some(ORIGIN), "credential_missing");
    }
    let reply = ask(&about("GET", "/x").header("Origin", "https://evil.example"));
    assert!(reply.code() == "credential_missing" && cors_headers(&reply).is_empty(), "{:?}", reply.headers);
    let open = about("OPTIONS", "/open").header("Origin", "null").header("Access-Control-Request-Method", "GET");
    assert_eq!((ask(&open).status, cors_headers(&ask(&open)).len()), (200, 0));
    let text = checked(&gate, &check_message("GET", "/x", &[("origin", ORIGIN)])).await;
    assert!(text.contains("credential_missing") && text.contains("access-control-allow-origin"), "{text}");
    assert!(text.contains(ORIGIN) && text.contains("access-control-expose-headers"), "{text}");
    let text = checked(&gate, &check_message("GET", "/x", &[("origin", "null")])).await;
    assert!(text.contains("credential_missing") && !text.contains("access-control-"), "{text}");
    let unlisted = Gate::forward_auth("trusted_proxies: [127.0.0.2/32]").settings(CORS).start();
    let reply = Connection::open(unlisted.forward_auth_addr).send(&about("GET", "/x").header("Origin", ORIGIN));
    assert_readable(&reply, Some(ORIGIN), "proxy_not_trusted");
}
