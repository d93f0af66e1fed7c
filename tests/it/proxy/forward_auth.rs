//! What proxies that ask are told. The real ones ask in `deploy::forward_auth`.

use std::net::Ipv4Addr;

use crate::support::{
    Connection, DISABLED_TOKEN, Gate, GateBuilder, PASSWORD, Reply, Request, TOKEN, credentials, digest,
};

/// Asks as Traefik and Caddy do.
pub(super) fn about(method: &str, target: &str) -> Request {
    Request::get("/auth").header("X-Forwarded-Method", method).header("X-Forwarded-Uri", target)
}

/// Asks as nginx does with our configuration.
pub(super) fn strictly_about(method: &str, target: &str) -> Request {
    let request = Request::get("/auth?codes=strict").header("X-Original-Method", method);
    request.header("X-Original-URI", target)
}

fn gate_builder() -> GateBuilder {
    Gate::forward_auth("").settings(
        "scopes: {'payments:write': [{methods: [POST], path: /payments}]}\n\
         public: [{methods: [GET], path: /events}]\n\
         versions: {read_from: {header: X-API-Version}, known: [{name: '1'}, {name: '2', sunset_on: 2099-01-01}]}",
    )
}

/// The usual ones and a payer, at version 2.
fn set() -> String {
    format!(
        "{}  - {{id: acme-payer, account: acme, token: '{}', scopes: ['payments:write']}}\n",
        credentials(),
        digest("payer")
    )
    .replace("account: acme,", "account: acme, version: '2',")
}

fn gate() -> Gate {
    gate_builder().credentials(&set()).start()
}

fn ask(gate: &Gate, request: &Request) -> Reply {
    Connection::open(gate.forward_auth_addr).send(request)
}

fn identity(reply: &Reply) -> Vec<&str> {
    let names = ["Credential", "Account", "Version", "Scopes"].map(|name| format!("X-Claviger-{name}"));
    names.iter().map(|name| reply.header(name).unwrap_or("absent")).collect()
}

/// Public and archived events of one path.
#[test]
fn a_credential_that_may_be_left_out_must_be_right_where_it_is_presented() {
    let public = "public: [{methods: [GET], path: /archive, credential: optional}]";
    let gate = Gate::forward_auth("").settings(public).start();
    for about in [about, strictly_about] {
        let anonymous = ask(&gate, &about("GET", "/archive"));
        assert_eq!((anonymous.status, identity(&anonymous)), (200, vec!["", "", "", ""]));
        let named = ask(&gate, &about("GET", "/archive").bearer(TOKEN));
        assert_eq!((named.status, &identity(&named)[..2]), (200, &["acme-billing", "acme"][..]));
        for (request, code) in [
            (about("GET", "/archive").bearer("wrong"), "credential_invalid"),
            (about("GET", "/archive").bearer(DISABLED_TOKEN), "credential_disabled"),
            (about("POST", "/archive"), "credential_missing"),
        ] {
            let reply = ask(&gate, &request);
            assert_eq!((reply.status, reply.code().as_str()), (401, code), "{request:?}");
            assert!(reply.header("X-Claviger-Account").is_none_or(str::is_empty), "{request:?}");
        }
    }
}

#[test]
fn every_kind_of_proxy_gets_the_same_verdict() {
    let gate = gate();
    let kinds: [fn(&str, &str) -> Request; 3] =
        [about, strictly_about, |method, target| Request::new(method, &format!("/auth{target}"))];
    for (kind, about) in kinds.into_iter().enumerate() {
        let strict = kind == 1;
        for (request, status, code) in [
            (about("GET", "/visits?a=%20b").bearer(TOKEN), 200, ""),
            (about("DELETE", "/visits").header("X-API-Key", TOKEN), 200, ""),
            (about("GET", "/visits").basic("acme", PASSWORD), 200, ""),
            (about("GET", "/events"), 200, ""),
            (about("GET", "/visits"), 401, "credential_missing"),
            (about("GET", "/visits").bearer("wrong"), 401, "credential_invalid"),
            (about("GET", "/visits").basic("acme", "wrong"), 401, "credential_invalid"),
            (about("GET", "/visits").bearer(DISABLED_TOKEN), 401, "credential_disabled"),
            (about("GET", "/visits").bearer(TOKEN).header("X-API-Version", "1"), 403, "version_not_allowed"),
            (about("GET", "/visits").bearer(TOKEN).header("X-API-Version", "9"), 400, "version_unknown"),
            (about("GET", "/visits").bearer("payer"), 403, "scope_insufficient"),
            (about("POST", "/payments/7").bearer("payer"), 200, ""),
            (about("GET", "/visits%2Fx").bearer(TOKEN), 400, "request_ambiguous"),
            (about("GET", "/x/../events"), 400, "request_ambiguous"),
            (about("GET", "/visits").bearer(TOKEN).bearer(TOKEN), 400, "credential_malformed"),
        ] {
            let reply = ask(&gate, &request);
            let expected = if strict && status == 400 { 403 } else { status };
            assert_eq!((reply.status, reply.code().as_str()), (expected, code), "{kind}: {request:?}");
            assert_eq!(reply.header("X-Claviger-Code").unwrap_or_default(), code, "{kind}: {request:?}");
            if status == 200 {
                assert!(reply.body.is_empty(), "{kind}: {request:?}");
            }
        }
    }
}

#[test]
fn identity_headers_are_complete_and_empty_where_absent() {
    let gate = gate();
    let reply = ask(&gate, &about("GET", "/visits").bearer(TOKEN).header("X-Claviger-Scopes", "all"));
    assert_eq!(identity(&reply), ["acme-billing", "acme", "2", ""]);
    assert_eq!(reply.header("X-API-Version"), Some("2"));
    assert_eq!(reply.header("x-envoy-auth-headers-to-remove"), Some("authorization,x-api-key"));
    assert_eq!(reply.header("Sunset"), Some("Thu, 01 Jan 2099 00:00:00 GMT"));
    let reply = ask(&gate, &about("POST", "/payments").bearer("payer"));
    assert_eq!(identity(&reply), ["acme-payer", "acme", "2", "payments:write"]);
    let reply = ask(&gate, &about("GET", "/events").header("X-Claviger-Credential", "root"));
    assert_eq!(identity(&reply), ["", "", "", ""]);
    assert_eq!(reply.header("X-API-Version"), Some(""));
    assert!(reply.header("X-Claviger-Request-Id").is_some_and(|id| id.len() == 36));
}

/// Empty, so that a proxy that copies them overwrites a caller's; refused from a caller, since a proxy whose configuration
/// leaves them out does not remove it; and named to Envoy for removal.
#[test]
fn identity_header_that_is_not_sent_is_empty_and_refused_from_callers() {
    let gate = gate_builder().settings("identity: {headers: [account]}").credentials(&set()).start();
    let reply = ask(&gate, &about("GET", "/visits").bearer(TOKEN).header("X-Claviger-Account", "root"));
    assert_eq!((reply.status, identity(&reply)), (200, vec!["", "acme", "", ""]));
    assert_eq!(reply.header("X-Claviger-Request-Id"), Some(""));
    let removed =
        "authorization,x-api-key,x-claviger-credential,x-claviger-version,x-claviger-scopes,x-claviger-request-id";
    assert_eq!(reply.header("x-envoy-auth-headers-to-remove"), Some(removed));
    for name in ["X-Claviger-Credential", "x-claviger-version", "X-CLAVIGER-SCOPES", "X-Claviger-Request-Id"] {
        for request in [about("GET", "/visits").bearer(TOKEN), about("GET", "/events")] {
            let reply = ask(&gate, &request.header(name, "root"));
            assert_eq!((reply.status, reply.code().as_str()), (400, "request_ambiguous"), "{name}");
        }
        let reply = ask(&gate, &strictly_about("GET", "/events").header(name, "root"));
        assert_eq!((reply.status, reply.code().as_str()), (403, "request_ambiguous"), "{name}");
    }
    let none = gate_builder().settings("identity: {headers: []}").credentials(&set()).start();
    let reply = ask(&none, &about("GET", "/visits").bearer(TOKEN));
    assert_eq!((reply.status, identity(&reply)), (200, vec!["", "", "", ""]));
    assert_eq!(ask(&none, &about("GET", "/visits").bearer(TOKEN).header("X-Claviger-Account", "root")).status, 400);
    // A refusal has its code and its id for the proxy, not for the API.
    let reply = ask(&none, &about("GET", "/visits"));
    assert!(reply.header("X-Claviger-Request-Id").is_some_and(|id| id.len() == 36));
}

#[test]
fn head_is_answered_like_get_without_its_body() {
    let gate = gate();
    let head = |request: Request| {
        let line = String::from_utf8(request.bytes()).unwrap().replacen("GET ", "HEAD ", 1);
        let mut connection = Connection::open(gate.forward_auth_addr);
        connection.write(line.as_bytes());
        let mut reply = connection.reply(true).unwrap();
        reply.headers.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("date") && !name.eq_ignore_ascii_case("x-claviger-request-id")
        });
        reply
    };
    for request in [about("GET", "/visits").bearer(TOKEN), about("GET", "/visits").bearer("wrong")] {
        let mut get = ask(&gate, &request);
        get.headers.retain(|(name, _)| {
            !name.eq_ignore_ascii_case("date") && !name.eq_ignore_ascii_case("x-claviger-request-id")
        });
        let head = head(request);
        assert_eq!((head.status, head.headers), (get.status, get.headers));
    }
}

#[test]
fn unlisted_proxy_gets_no_verdict() {
    let gate = Gate::forward_auth("trusted_proxies: [127.0.0.2/32]").start();
    for request in [about("GET", "/visits").bearer(TOKEN), about("GET", "/visits").bearer("wrong"), Request::get("/x")]
    {
        let reply = ask(&gate, &request);
        assert_eq!((reply.status, reply.code().as_str()), (403, "proxy_not_trusted"));
        assert_eq!(reply.header("X-Claviger-Credential"), None);
    }
    assert_eq!(gate.access_log(3)[0]["client"], "127.0.0.1");
    let reply = Connection::from(Ipv4Addr::new(127, 0, 0, 2), gate.forward_auth_addr)
        .send(&about("GET", "/visits").bearer(TOKEN));
    assert_eq!(reply.status, 200);
}

#[test]
fn query_without_an_original_request_is_refused() {
    let gate = gate();
    for request in [
        Request::get("/auth").bearer(TOKEN),
        about("GET", "/events").header("X-Original-URI", "/visits").header("X-Original-Method", "GET"),
        about("GET", "/events").header("X-Forwarded-Uri", "/visits"),
        Request::get("/auth").bearer(TOKEN).header("X-Forwarded-Uri", "/visits"),
        about("GET", "https://host/visits").bearer(TOKEN),
        about("GET", "*").bearer(TOKEN),
        about("GET", "/visits").bearer(TOKEN).header("X_Claviger_Credential", "root"),
        about("GET", "/visits").bearer(TOKEN).header("x.claviger.account", "root"),
        about("GET", "/visits").bearer(TOKEN).header("X_API_Version", "1"),
        about("GET", "/visits").bearer(TOKEN).header("X-Claviger-Role", "root"),
        about("CONNECT", "/visits").bearer(TOKEN),
    ] {
        let reply = ask(&gate, &request);
        assert_eq!((reply.status, reply.code().as_str()), (400, "request_ambiguous"), "{request:?}");
    }
    for strict in
        [Request::get("/auth?codes=strict"), strictly_about("GET", "/events").header("X_Claviger_Account", "x")]
    {
        let reply = ask(&gate, &strict);
        assert_eq!((reply.status, reply.code().as_str()), (403, "request_ambiguous"), "{strict:?}");
    }
    assert_eq!(ask(&gate, &Request::get("/").bearer(TOKEN)).status, 404);
}

#[test]
fn client_address_is_the_one_that_the_proxy_reports() {
    let office = format!(
        "credentials:\n  - {{id: office, account: acme, token: '{}', addresses: [192.0.2.0/24]}}\n",
        digest(TOKEN)
    );
    let balancer = "proxy: {trusted_proxies: [198.51.100.4]}";
    let gate = Gate::forward_auth("").settings(balancer).credentials(&office).start();
    let about = || about("GET", "/visits").bearer(TOKEN);
    for (chain, status) in [
        (Some("192.0.2.7"), 200),
        (Some("192.0.2.7, 198.51.100.4"), 200),
        (Some("203.0.113.9, 192.0.2.7"), 200),
        (Some("\u{ff}, 192.0.2.7"), 200),
        // A forward-auth client is not believed as a trusted proxy.
        (Some("192.0.2.7, 127.0.0.1"), 403),
        (Some("192.0.2.7, \u{ff}"), 403),
        (Some("203.0.113.9"), 403),
        (Some("192.0.2.7, 203.0.113.9"), 403),
        (Some("192.0.2.7, unknown"), 403),
        (None, 403),
    ] {
        let request = chain.map_or_else(about, |chain| about().header("X-Forwarded-For", chain));
        assert_eq!(ask(&gate, &request).status, status, "{chain:?}");
    }
}

#[test]
fn guessing_is_throttled_by_the_callers_address_and_not_by_that_of_the_proxy() {
    let gate =
        gate_builder().settings("throttle: {free_per_address: 3, first_delay: 1h, longest_delay: 1h, window: 2h}");
    let gate = gate.credentials(&set()).start();
    let guess = |from: &str| ask(&gate, &about("GET", "/visits").bearer("wrong").header("X-Forwarded-For", from));
    // Whatever the caller has written in front of it.
    let statuses: Vec<u16> = (0..5).map(|_| guess("\u{ff}, 192.0.2.7").status).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(guess("192.0.2.8").status, 401);
    let reply = ask(&gate, &strictly_about("GET", "/visits").bearer("wrong").header("X-Forwarded-For", "192.0.2.7"));
    assert_eq!((reply.status, reply.code().as_str()), (403, "guesses_throttled"));
    assert!(reply.header("Retry-After").is_some());
}

#[test]
fn log_and_metrics_are_about_the_original_request() {
    let gate = gate();
    let reply = ask(&gate, &about("POST", "/payments?secret=x").bearer("payer"));
    let log = gate.access_log(1);
    let line = |name: &str| log[0][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        [line("method"), line("path"), line("credential"), line("decision")],
        ["POST", "/payments", "acme-payer", "admitted"]
    );
    assert_eq!(line("request_id"), reply.header("X-Claviger-Request-Id").unwrap());
    let admitted = "claviger_auth_requests_total{decision=\"allow\",reason=\"admitted\",scheme=\"bearer\"}";
    assert!(gate.metric(admitted) >= 1.0, "{}", gate.admin("GET", "/metrics").text());
}

#[test]
fn a_reload_decides_anew() {
    let gate = gate();
    assert_eq!(ask(&gate, &about("GET", "/visits").bearer(TOKEN)).status, 200);
    gate.replace_credentials(&set().replacen("version: '2',", "version: '2', enabled: false,", 1));
    assert_eq!(ask(&gate, &about("GET", "/visits").bearer(TOKEN)).code(), "credential_disabled");
}

/// The message by which Envoy asks about a request.
pub(super) fn check_message(method: &str, target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    fn field(tag: u8, value: &[u8]) -> Vec<u8> {
        let [low, high] = [value.len() as u8 & 0x7f | 0x80, (value.len() >> 7) as u8];
        [&[tag << 3 | 2, low, high], value].concat()
    }
    let entry =
        |(name, value): &(&str, &str)| field(3, &[field(1, name.as_bytes()), field(2, value.as_bytes())].concat());
    let headers: Vec<u8> = headers.iter().flat_map(entry).collect();
    let http = [field(2, method.as_bytes()), headers, field(4, target.as_bytes())].concat();
    field(1, &field(4, &field(2, &http)))
}

/// A call of gRPC with this message; the response message, as text that holds its strings.
pub(super) async fn checked(gate: &Gate, message: &[u8]) -> String {
    String::from_utf8_lossy(&call(gate, message, &[]).await.1).into_owned()
}

/// A call of gRPC with this message; the status of gRPC.
async fn check(gate: &Gate, message: &[u8], more: &[(&'static str, &'static str)]) -> String {
    let (status, body) = call(gate, message, more).await;
    status.unwrap_or_else(|| format!("answered in {} bytes", body.len()))
}

async fn call(gate: &Gate, message: &[u8], more: &[(&'static str, &'static str)]) -> (Option<String>, Vec<u8>) {
    claviger::server::install_crypto();
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let url = format!("http://{}/envoy.service.auth.v3.Authorization/Check", gate.forward_auth_addr);
    let mut request = client.post(url).header("content-type", "application/grpc");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let reply = request.body([&[0], &length[..], message].concat()).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let status = reply.headers().get("grpc-status").map(|status| status.to_str().unwrap().to_owned());
    (status, reply.bytes().await.unwrap().to_vec())
}

/// Envoy removes what the answer names. It may be set up to report some headers only.
#[tokio::test]
async fn identity_header_that_is_not_sent_is_removed_over_grpc() {
    let gate = gate_builder().settings("identity: {headers: [account]}").credentials(&set()).start();
    let bearer = format!("Bearer {TOKEN}");
    let names = ["x-claviger-credential", "x-claviger-account", "x-claviger-scopes", "x-claviger.version"];
    let forged = names.map(|name| (name, "root"));
    let headers: Vec<_> = forged.into_iter().chain([("authorization", bearer.as_str())]).collect();
    let response = checked(&gate, &check_message("GET", "/visits", &headers)).await;
    for name in ["x-claviger-credential", "x-claviger-scopes", "x-claviger.version", "authorization"] {
        assert_eq!(response.matches(name).count(), 1, "{name}: {response:?}");
    }
    let set: Vec<_> = response.matches("x-claviger-account").collect();
    assert!(set.len() == 1 && response.contains("acme") && !response.contains("acme-billing"), "{response:?}");
    let response = checked(&gate, &check_message("GET", "/visits", &[("authorization", &bearer)])).await;
    for name in ["x-claviger-credential", "x-claviger-scopes", "x-claviger-version", "x-claviger-request-id"] {
        assert_eq!(response.matches(name).count(), 1, "{name}: {response:?}");
    }
}

#[tokio::test]
async fn malformed_grpc_call_admits_nothing() {
    let gate = gate();
    // {attributes: {request: {http: {method: "GET", path: "/visits"}}}}
    let whole = b"\x0a\x12\x22\x10\x12\x0e\x12\x03GET\x22\x07/visits";
    assert!(check(&gate, whole, &[]).await.starts_with("answered"));
    for (junk, status) in [(&b""[..], "3"), (b"junk", "3"), (b"\x0a\x00", "3"), (&[b'x'; 200_000], "8")] {
        assert_eq!(check(&gate, junk, &[]).await, status);
    }
    assert_eq!(check(&gate, whole, &[("grpc-encoding", "gzip")]).await, "12");
    let elsewhere = Gate::forward_auth("trusted_proxies: [127.0.0.2/32]").start();
    assert_eq!(check(&elsewhere, whole, &[]).await, "7");
    // Nothing was presented: the status for the client, not that of the gRPC call.
    let log = gate.access_log(6);
    assert_eq!((log[0]["status"].as_u64(), log[0]["path"].as_str()), (Some(401), Some("/visits")));
}

#[test]
fn a_proxy_may_ask_on_as_many_connections_as_it_likes() {
    let gate = Gate::forward_auth("").settings("limits: {connections_per_address: 2}").start();
    let mut connections: Vec<_> = (0..6).map(|_| Connection::open(gate.forward_auth_addr)).collect();
    for connection in &mut connections {
        assert_eq!(connection.send(&about("GET", "/visits").bearer(TOKEN)).status, 200);
    }
}

#[test]
fn query_with_a_body_keeps_the_connection() {
    let gate = gate();
    let mut connection = Connection::open(gate.forward_auth_addr);
    for _ in 0..3 {
        assert_eq!(connection.send(&about("POST", "/visits").bearer(TOKEN).body("body")).status, 200);
    }
}
