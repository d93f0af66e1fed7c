//! What a caller says about itself, about the request or about where it comes from, and only the proxy or the gate may.

use super::bed::{CALLER, Outcome, ProxyBed, identity};
use super::proxies::Proxy;
use crate::support::{Request, TOKEN};

/// An address that no client of these tests has.
const ELSEWHERE: &str = "192.0.2.66";

pub(super) fn forged_headers_do_not_reach_the_api(proxy: Proxy) {
    let bed = ProxyBed::start(proxy);
    identities_are_overwritten(&bed);
    other_spellings_and_other_names_are_dropped_or_refused(&bed);
    forged_original_request_is_ignored(&bed);
    forged_forwarding_headers_are_ignored(&bed);
    connection_header_cannot_remove_identity_headers(&bed);
}

/// Those that `identity.headers` leaves out, which the shipped files copy all the same.
pub(super) fn identity_header_that_is_not_sent_does_not_reach_the_api(proxy: Proxy) {
    for (sent, account) in [("account", "acme"), ("", "")] {
        let bed = ProxyBed::start_with(proxy, &format!("identity: {{headers: [{sent}]}}\n"));
        let Outcome { reply, reached } = bed.send(&Request::get("/visits").bearer(TOKEN));
        let seen = reached.unwrap_or_else(|| panic!("{proxy:?}: {}", reply.text()));
        let arrived = ["Account", "Credential", "Version", "Scopes", "Request-Id"].map(|name| identity(&seen, name));
        assert_eq!(arrived, [account, "", "", "", ""], "{proxy:?}: {seen:?}");
        for rest in ["Credential", "Account", "Version", "Scopes", "Request-Id"] {
            let name = format!("X-Claviger-{rest}");
            for name in [name.clone(), name.to_uppercase(), name.replace('-', "_"), name.replace('-', ".")] {
                assert_kept_from_the_api(&bed, &Request::get("/events").header(&name, "root"), "root");
                let twice = Request::get("/visits").bearer(TOKEN).header(&name, "root").header(&name, "root");
                assert_kept_from_the_api(&bed, &twice, "root");
                let nominated = Request::get("/visits").bearer(TOKEN).header(&name, "root").header("Connection", &name);
                assert_kept_from_the_api(&bed, &nominated, "root");
            }
        }
    }
}

/// Served or refused, and no part of this is in what the API gets.
fn assert_kept_from_the_api(bed: &ProxyBed, request: &Request, part: &str) {
    let Outcome { reply, reached } = bed.send(request);
    let context = format!("{:?}: {request:?}", bed.proxy);
    match reached {
        Some(seen) => assert!(!seen.head.join("\n").contains(part), "{context}: {seen:?}"),
        None => assert!((400..500).contains(&reply.status), "{context}: {}", reply.status),
    }
}

fn identities_are_overwritten(bed: &ProxyBed) {
    let forged = |request: Request| {
        let request = request.header("X-Claviger-Credential", "root").header("x-claviger-account", "root");
        request.header("X-CLAVIGER-SCOPES", "all").header("X-Claviger-Version", "9")
    };
    let seen = bed.assert_served(&forged(Request::get("/visits")).bearer(TOKEN), "acme-billing");
    assert_eq!((identity(&seen, "Scopes"), identity(&seen, "Version")), ("", "2"), "{:?}", bed.proxy);
    let seen = bed.assert_served(&forged(Request::get("/events")), "");
    assert_eq!((identity(&seen, "Scopes"), identity(&seen, "Version")), ("", ""), "{:?}", bed.proxy);
}

fn other_spellings_and_other_names_are_dropped_or_refused(bed: &ProxyBed) {
    for name in [
        "X_Claviger_Credential",
        "X-Claviger_Account",
        "X.Claviger.Credential",
        "x-claviger.account",
        "X-Claviger-Role",
        "X-Claviger-Code",
        "x-claviger-",
        "X!Claviger!Account",
        "X~Claviger~Credential",
        "X!API!Key",
        "X_API_Key",
        "X.API.Key",
        "X_API_Version",
        "x-api.version",
    ] {
        assert_kept_from_the_api(bed, &Request::get("/events").header(name, "root"), "root");
        assert_kept_from_the_api(bed, &Request::get("/visits").bearer(TOKEN).header(name, "root"), "root");
    }
}

fn forged_original_request_is_ignored(bed: &ProxyBed) {
    for [method, target] in [["X-Original-Method", "X-Original-URI"], ["X-Forwarded-Method", "X-Forwarded-Uri"]] {
        let request = Request::new("DELETE", "/payments").header(method, "GET").header(target, "/events");
        let Outcome { reply, reached } = bed.send(&request);
        assert!((400..500).contains(&reply.status), "{:?}: {target}: {}", bed.proxy, reply.status);
        assert!(reached.is_none(), "{:?}: {target}: {reached:?}", bed.proxy);
    }
    for name in [
        "X-HTTP-Method-Override",
        "X_HTTP_Method_Override",
        "X.HTTP.Method.Override",
        "X-Method-Override",
        "x-method.override",
        "X-HTTP-Method",
        "x.http.method",
    ] {
        assert_kept_from_the_api(bed, &Request::get("/events").header(name, "DELETE"), "DELETE");
    }
}

fn forged_forwarding_headers_are_ignored(bed: &ProxyBed) {
    for name in [
        "Forwarded",
        "X-Real-IP",
        "X.Real.IP",
        "X-Forwarded-For",
        "X_Forwarded_For",
        "X!Forwarded!For",
        "X!Real!IP",
        "X.Forwarded.For",
        "X-Forwarded-Host",
        "X-Forwarded-Method",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Forwarded-Proto",
        "X-Forwarded-Server",
        "X-Forwarded-Ssl",
        "X-Forwarded-Uri",
        "X-Original-Method",
        "X-Original-URI",
        "X-Original-URL",
    ] {
        assert_kept_from_the_api(bed, &Request::get("/visits").bearer(TOKEN).header(name, ELSEWHERE), ELSEWHERE);
    }
    let chain = Request::get("/visits").bearer(TOKEN).header("X-Forwarded-For", ELSEWHERE);
    let seen = bed.assert_served(&chain, "acme-billing");
    assert_eq!(seen.header("X-Forwarded-For"), Some(CALLER.to_string().as_str()), "{:?}", bed.proxy);
}

/// A proxy takes out what `Connection` names; ours is not the caller's to name.
fn connection_header_cannot_remove_identity_headers(bed: &ProxyBed) {
    let ours = "X-Claviger-Credential, X-Claviger-Account, X-Claviger-Version, X-Claviger-Request-Id, X-API-Version";
    for nominated in
        [ours, "X-Forwarded-For", "X-Forwarded-Method, X-Forwarded-Uri", "X-Original-Method, X-Original-URI"]
    {
        let request = Request::get("/visits").bearer(TOKEN).header("Connection", nominated);
        let Outcome { reply, reached } = bed.send(&request);
        let context = format!("{:?}: {nominated}: {}: {reached:?}", bed.proxy, reply.status);
        let Some(seen) = reached else {
            assert_eq!(reply.status, 400, "{context}");
            continue;
        };
        let told = ["Credential", "Account", "Version"].map(|name| identity(&seen, name));
        assert_eq!(told, ["acme-billing", "acme", "2"], "{context}");
        assert_ne!(identity(&seen, "Request-Id"), "", "{context}");
        assert_eq!(seen.header("X-API-Version"), Some("2"), "{context}");
        assert_eq!(seen.header("X-Forwarded-For"), Some(CALLER.to_string().as_str()), "{context}");
    }
}
