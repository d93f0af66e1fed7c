//! Who is let through, who is not, and what both are told.

use std::net::Ipv4Addr;

use super::bed::{OFFICE, Outcome, ProxyBed, identity};
use super::proxies::Proxy;
use crate::support::{DISABLED_TOKEN, PASSWORD, Request, TOKEN};

/// The table.
pub(super) fn every_request_is_decided(proxy: Proxy) {
    let bed = ProxyBed::start(proxy);
    valid_requests_are_admitted(&bed);
    invalid_requests_are_refused(&bed);
    forged_client_address_is_ignored(&bed);
    response_headers_reach_the_client(&bed);
    refusals_can_be_read_by_pages(&bed);
    spellings_arrive_as_they_were_decided(&bed);
}

fn valid_requests_are_admitted(bed: &ProxyBed) {
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

fn invalid_requests_are_refused(bed: &ProxyBed) {
    let visits = || Request::get("/visits");
    bed.assert_refused(&visits(), 401, "credential_missing");
    bed.assert_refused(&visits().bearer("wrong"), 401, "credential_invalid");
    bed.assert_refused(&visits().basic("acme", "wrong"), 401, "credential_invalid");
    bed.assert_refused(&visits().bearer(DISABLED_TOKEN), 401, "credential_disabled");
    bed.assert_refused(&visits().bearer(TOKEN).header("X-API-Version", "1"), 403, "version_not_allowed");
    bed.assert_refused(&visits().bearer(TOKEN).header("X-API-Version", "9"), 400, "version_unknown");
    bed.assert_refused(&visits().header("X-API-Key", TOKEN).header("X-API-Key", "x"), 400, "credential_malformed");
    bed.assert_refused(&visits().bearer(TOKEN).header("X-API-Key", TOKEN), 400, "credential_malformed");
    bed.assert_refused(&visits().bearer("payer"), 403, "scope_insufficient");
    bed.assert_refused(&Request::new("POST", "/visits").bearer("payer").body("{}"), 403, "scope_insufficient");
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

fn forged_client_address_is_ignored(bed: &ProxyBed) {
    let visits = || Request::get("/visits").bearer("office");
    bed.assert_refused(&visits(), 403, "address_not_allowed");
    bed.assert_refused(&visits().header("X-Forwarded-For", OFFICE.to_string()), 403, "address_not_allowed");
    for (from, status) in [(OFFICE, 200), (Ipv4Addr::LOCALHOST, 403)] {
        let Outcome { reply, reached } = bed.send_from(from, &visits());
        assert_eq!(reply.status, status, "{:?}: {from}", bed.proxy);
        let told = bed.send_from(from, &Request::get("/events")).reached.unwrap();
        assert_eq!(told.header("X-Forwarded-For"), Some(from.to_string().as_str()), "{:?}: {reached:?}", bed.proxy);
    }
}

/// How often they may call, when their version ends, and which credentials there are. Traefik and Caddy have no way to
/// tell the first two with an answer of the API.
fn response_headers_reach_the_client(bed: &ProxyBed) {
    let slow = Request::get("/visits").bearer("slow");
    let reply = bed.send(&slow).reply;
    let told = ["RateLimit", "RateLimit-Policy", "Sunset", "Link"].map(|name| reply.header(name).unwrap_or_default());
    if !matches!(bed.proxy, Proxy::Traefik | Proxy::Caddy) {
        assert!(told[0].starts_with("\"default\";r=0;t="), "{:?}: {told:?}", bed.proxy);
        assert_eq!(told[1], "\"default\";q=1;w=3600", "{:?}", bed.proxy);
        assert_eq!(told[2], "Thu, 01 Jan 2099 00:00:00 GMT", "{:?}", bed.proxy);
        assert_eq!(told[3], "<https://api.example.org/2>; rel=\"sunset\"", "{:?}", bed.proxy);
    }
    bed.assert_refused(&slow, 429, "rate_limited");
    assert!(bed.send(&slow).reply.header("Retry-After").is_some(), "{:?}", bed.proxy);
    let reply = bed.send(&Request::get("/visits")).reply;
    let challenges = reply.all("WWW-Authenticate").join(", ");
    for scheme in ["Bearer realm=", "Basic realm="] {
        assert_eq!(challenges.matches(scheme).count(), 1, "{:?}: {challenges}", bed.proxy);
    }
}

fn refusals_can_be_read_by_pages(bed: &ProxyBed) {
    let from = |origin: &str| Request::get("/visits").header("Origin", origin);
    let page = || from("https://app.example.org");
    for request in [page(), page().bearer("payer"), page().bearer("office")] {
        let reply = bed.send(&request).reply;
        let context = format!("{:?}: {} {:?}", bed.proxy, reply.status, reply.headers);
        assert!([401, 403].contains(&reply.status), "{context}");
        assert_eq!(reply.all("Access-Control-Allow-Origin"), ["https://app.example.org"], "{context}");
        assert!(
            reply.header("Access-Control-Expose-Headers").is_some_and(|names| names.contains("Retry-After")),
            "{context}"
        );
        assert!(reply.all("Vary").join(", ").contains("Origin"), "{context}");
    }
    for request in [from("https://evil.example"), from("null"), Request::get("/visits")] {
        let reply = bed.send(&request).reply;
        assert_eq!(reply.header("Access-Control-Allow-Origin"), None, "{:?}: {:?}", bed.proxy, reply.headers);
    }
}

/// Traefik decodes and merges by itself, before it asks.
fn spellings_arrive_as_they_were_decided(bed: &ProxyBed) {
    for target in
        ["/queues/%2F/x", "/queues//x", "/queues/100%25", "/queues/a%7Eb", "/queues/%2e%2e%2Fx", "/queues/..%252Fx"]
    {
        let is_dotted = target.contains("/..") || target.contains("%2e");
        let Outcome { reply, reached } = bed.send(&Request::get(target).bearer(TOKEN));
        let context = format!("{:?}: {target}: {} {reached:?}", bed.proxy, reply.status);
        match reached {
            None => {
                assert!((400..500).contains(&reply.status) && (is_dotted || bed.proxy == Proxy::Traefik), "{context}");
            }
            Some(seen) => {
                let arrived = seen.line().split(' ').nth(1).unwrap();
                assert!(bed.proxy == Proxy::Traefik || (arrived == target && !is_dotted), "{context}");
                bed.assert_decided(arrived);
            }
        }
    }
}
