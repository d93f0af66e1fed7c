//! The same requests through nginx, Traefik, Caddy and Envoy, each with the configuration that is shipped, in front of
//! an API that writes down what reaches it.

mod proxies;

use std::net::Ipv4Addr;

use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

use self::proxies::{Proxy, RunningProxy};
use super::shipped;
use crate::support::{
    Connection, DISABLED_TOKEN, Exchange, Gate, PASSWORD, PASSWORD_HASH, RecordingApi, Reply, Request, ScriptedApi,
    Seen, TOKEN, digest, eventually,
};

/// Callers come from here: an address that is no proxy's.
const CALLER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);
const OFFICE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// One proxy in front of one API, and the gate that it asks.
struct Bed {
    proxy: Proxy,
    gate: Option<Gate>,
    api: RecordingApi,
    running: RunningProxy,
}

/// What came of a request.
struct Outcome {
    reply: Reply,
    reached: Option<Seen>,
}

fn credentials() -> String {
    let token = |id: &str, token: &str, rest: &str| {
        format!("  - {{id: {id}, account: acme, version: '2', token: '{}'{rest}}}\n", digest(token))
    };
    [
        "credentials:\n".to_owned(),
        token("acme-billing", TOKEN, ""),
        token("acme-disabled", DISABLED_TOKEN, ", enabled: false"),
        token("acme-payer", "payer", ", scopes: ['payments:write']"),
        token("acme-office", "office", &format!(", addresses: [{OFFICE}/32]")),
        token("acme-slow", "slow", ", rate_limit: {requests: 1, per: 1h}"),
        format!("  - {{id: acme-nightly, account: acme, version: '2', username: acme, password: '{PASSWORD_HASH}'}}\n"),
    ]
    .concat()
}

/// The gate as the shipped settings have it, but for its ports.
fn gate() -> Gate {
    let settings = std::fs::read_to_string(shipped("forward-auth/claviger.yaml")).unwrap();
    let own = ["forward_auth:\n", "credentials:\n  file: credentials.yaml\n"];
    for part in own {
        assert!(settings.contains(part), "{part} is not in the shipped settings");
    }
    let settings = settings.replace(own[1], "").replace("127.0.0.1:8082", "127.0.0.1:0");
    Gate::from_settings(&settings).credentials(&credentials()).start()
}

impl Bed {
    fn start(proxy: Proxy) -> Self {
        let (api, gate) = (RecordingApi::start(), gate());
        let running = proxy.start(api.url().trim_start_matches("http://"), gate.asked);
        Self { proxy, gate: Some(gate), api, running }
    }

    fn send_from(&self, from: Ipv4Addr, request: &Request) -> Outcome {
        let before = self.api.seen().len();
        let reply = Connection::from(from, self.running.address).send(&request.clone().header("Connection", "close"));
        let mut seen = self.api.seen();
        assert!(seen.len() <= before + 1, "{:?}: {request:?} reached the API twice", self.proxy);
        Outcome { reply, reached: (seen.len() > before).then(|| seen.pop().unwrap()) }
    }

    fn send(&self, request: &Request) -> Outcome {
        self.send_from(CALLER, request)
    }

    /// Waits until the gate says that this path is what it has decided about last.
    fn assert_decided(&self, path: &str) {
        let gate = self.gate.as_ref().unwrap();
        eventually(path, || gate.access_log(1).pop().unwrap()["path"] == path);
    }

    /// Refused with this status and code, and nothing has reached the API. nginx knows two statuses only.
    fn assert_refused(&self, request: &Request, status: u16, code: &str) {
        let Outcome { reply, reached } = self.send(request);
        let expected = match self.proxy {
            Proxy::Nginx if status != 401 => 403,
            _ => status,
        };
        let context = format!("{:?}: {request:?}: {}", self.proxy, reply.text());
        assert_eq!((reply.status, reply.code().as_str()), (expected, code), "{context}");
        assert!(reached.is_none(), "{context}");
        if status == 401 {
            assert!(reply.header("WWW-Authenticate").is_some(), "{context}");
        }
    }

    /// Let through as this credential; the API sees who that is, and nothing that the caller says about it.
    fn assert_served(&self, request: &Request, credential: &str) -> Seen {
        let Outcome { reply, reached } = self.send(request);
        let context = format!("{:?}: {request:?}: {}", self.proxy, reply.text());
        assert_eq!(reply.status, 200, "{context}");
        let seen = reached.unwrap_or_else(|| panic!("{context}"));
        assert_eq!(identity(&seen, "Credential"), credential, "{context}: {seen:?}");
        assert_eq!(identity(&seen, "Account"), if credential.is_empty() { "" } else { "acme" }, "{context}");
        assert_ne!(identity(&seen, "Request-Id"), "", "{context}");
        for secret in ["Authorization", "X-API-Key"] {
            assert_eq!(seen.header(secret).unwrap_or_default(), "", "{context}");
        }
        seen
    }
}

/// What the API is told; nothing and an empty header are the same to it.
fn identity<'s>(seen: &'s Seen, name: &str) -> &'s str {
    seen.header(&format!("X-Claviger-{name}")).unwrap_or_default()
}

/// The table.
fn every_request_gets_its_verdict(proxy: Proxy) {
    let bed = Bed::start(proxy);
    right_ones_are_served(&bed);
    wrong_ones_are_refused(&bed);
    forged_headers_say_nothing(&bed);
    nobody_calls_from_where_they_are_not(&bed);
    nobody_passes_without_the_gate(bed);
}

fn right_ones_are_served(bed: &Bed) {
    let visits = || Request::get("/visits");
    let seen = bed.assert_served(&Request::get("/visits/a%20b?x=1&y=%2F").bearer(TOKEN), "acme-billing");
    assert_eq!(seen.line(), "GET /visits/a%20b?x=1&y=%2F HTTP/1.1");
    assert_eq!(identity(&seen, "Version"), "2");
    assert_eq!(seen.header("X-API-Version"), Some("2"));
    bed.assert_served(&visits().header("X-API-Key", TOKEN), "acme-billing");
    bed.assert_served(&visits().header("X-API-Version", "2").bearer(TOKEN), "acme-billing");
    bed.assert_served(&visits().basic("acme", PASSWORD), "acme-nightly");
    bed.assert_served(&visits().basic("acme", PASSWORD), "acme-nightly");
    bed.assert_served(&Request::get("/events"), "");
    let body = "long ".repeat(20_000);
    let seen = bed.assert_served(&Request::new("POST", "/payments").bearer("payer").body(&body), "acme-payer");
    assert_eq!(String::from_utf8_lossy(&seen.body), body);
    assert_eq!(identity(&seen, "Scopes"), "payments:write");
    let seen = bed.assert_served(&Request::new("HEAD", "/visits").bearer(TOKEN), "acme-billing");
    assert!(seen.line().starts_with("HEAD /visits "), "{seen:?}");
}

fn wrong_ones_are_refused(bed: &Bed) {
    let visits = || Request::get("/visits");
    bed.assert_refused(&visits(), 401, "credential_missing");
    bed.assert_refused(&visits().bearer("wrong"), 401, "credential_invalid");
    bed.assert_refused(&visits().basic("acme", "wrong"), 401, "credential_invalid");
    bed.assert_refused(&visits().bearer(DISABLED_TOKEN), 401, "credential_disabled");
    bed.assert_refused(&visits().bearer(TOKEN).header("X-API-Version", "1"), 403, "version_not_allowed");
    bed.assert_refused(&visits().bearer(TOKEN).header("X-API-Version", "9"), 400, "version_unknown");
    bed.assert_refused(&visits().bearer("payer"), 403, "scope_insufficient");
    bed.assert_refused(&Request::new("POST", "/visits").bearer("payer").body("{}"), 403, "scope_insufficient");
    bed.assert_served(&visits().bearer("slow"), "acme-slow");
    bed.assert_refused(&visits().bearer("slow"), 429, "rate_limited");
    let head = bed.send(&Request::new("HEAD", "/visits").bearer("wrong"));
    assert_eq!((head.reply.status, head.reached.is_none()), (401, true), "{:?}", bed.proxy);
    // Refused by the gate or the proxy; or tidied up by the proxy before it asks. Never one request decided about, and
    // another one forwarded.
    for target in ["/visits%2Fevents", "/x/%2e%2e/events", "/visits;/../events", "/a%5cb", "/a%00b", "/vis%69ts"] {
        let Outcome { reply, reached } = bed.send(&Request::get(target).bearer(TOKEN));
        let context = format!("{:?}: {target}: {} {reached:?}", bed.proxy, reply.status);
        match reached {
            None => assert!((400..500).contains(&reply.status), "{context}"),
            Some(seen) => bed.assert_decided(seen.line().split(' ').nth(1).unwrap()),
        }
    }
}

fn forged_headers_say_nothing(bed: &Bed) {
    let forged = |request: Request| {
        let request = request.header("X-Claviger-Credential", "root").header("x-claviger-account", "root");
        request.header("X-CLAVIGER-SCOPES", "all").header("X-Claviger-Version", "9")
    };
    let seen = bed.assert_served(&forged(Request::get("/visits")).bearer(TOKEN), "acme-billing");
    assert_eq!((identity(&seen, "Scopes"), identity(&seen, "Version")), ("", "2"), "{:?}", bed.proxy);
    let seen = bed.assert_served(&forged(Request::get("/events")), "");
    assert_eq!((identity(&seen, "Scopes"), identity(&seen, "Version")), ("", ""), "{:?}", bed.proxy);
    // Dropped, or refused.
    let odd = Request::get("/events").header("X_Claviger_Credential", "root").header("X-Claviger_Account", "root");
    let seen = bed.send(&odd).reached;
    let head = seen.map(|seen| seen.head.join("\n")).unwrap_or_default();
    assert!(!head.contains("root"), "{:?}: {head}", bed.proxy);
    // Another request than the one that is asked about.
    for [method, target] in [["X-Original-Method", "X-Original-URI"], ["X-Forwarded-Method", "X-Forwarded-Uri"]] {
        let request = Request::new("DELETE", "/payments").header(method, "GET").header(target, "/events");
        let Outcome { reply, reached } = bed.send(&request);
        assert!((400..500).contains(&reply.status), "{:?}: {target}: {}", bed.proxy, reply.status);
        assert!(reached.is_none(), "{:?}: {target}: {reached:?}", bed.proxy);
    }
}

fn nobody_calls_from_where_they_are_not(bed: &Bed) {
    let visits = || Request::get("/visits").bearer("office");
    bed.assert_refused(&visits(), 403, "address_not_allowed");
    bed.assert_refused(&visits().header("X-Forwarded-For", OFFICE.to_string()), 403, "address_not_allowed");
    assert_eq!(bed.send_from(OFFICE, &visits()).reply.status, 200, "{:?}", bed.proxy);
}

fn nobody_passes_without_the_gate(mut bed: Bed) {
    drop(bed.gate.take());
    for request in [Request::get("/visits").bearer(TOKEN), Request::get("/events")] {
        let Outcome { reply, reached } = bed.send(&request);
        assert!(reply.status >= 500, "{:?}: {}", bed.proxy, reply.status);
        assert!(reached.is_none(), "{:?}", bed.proxy);
    }
}

/// A tunnel is opened by who holds a credential, and by nobody else.
fn a_websocket_opens_behind_a_credential(proxy: Proxy) {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        let Ok(mut socket) = tungstenite::accept(exchange.socket()) else { return };
        while let Ok(message) = socket.read() {
            if message.is_text() && socket.send(message).is_err() {
                return;
            }
        }
    });
    let gate = gate();
    let running = proxy.start(api.url().trim_start_matches("http://"), gate.asked);
    let open = |token: &str| {
        let mut request = format!("ws://{}/socket", running.address).into_client_request().unwrap();
        request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
        tungstenite::connect(request)
    };
    let (mut socket, _) = open(TOKEN).unwrap();
    for message in ["hello", &"long ".repeat(10_000)] {
        socket.send(Message::text(message)).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text(message), "{proxy:?}");
    }
    match open("wrong") {
        Err(tungstenite::Error::Http(reply)) => assert_eq!(reply.status(), 401, "{proxy:?}"),
        other => panic!("{proxy:?}: {other:?}"),
    }
}

macro_rules! through_each {
    ($($name:ident: $proxy:expr,)+) => {
        $(mod $name {
            use super::*;

            #[test]
            fn every_request_gets_its_verdict() {
                super::every_request_gets_its_verdict($proxy);
            }

            #[test]
            fn a_websocket_opens_behind_a_credential() {
                super::a_websocket_opens_behind_a_credential($proxy);
            }
        })+
    };
}

through_each! {
    nginx: Proxy::Nginx,
    traefik: Proxy::Traefik,
    caddy: Proxy::Caddy,
    envoy: Proxy::Envoy,
    envoy_grpc: Proxy::EnvoyGrpc,
}
