//! CSRF: the origin of requests with a session.

use serde_json::json;

use super::{ApiRequest, TestApi};
use crate::store::test_database::{TestDatabase, on_each};

const ANN: &str = "ann@acme.example";

on_each!(
    a_write_with_a_session_needs_the_same_origin,
    a_read_with_a_session_is_refused_to_scripts_of_other_sites_only,
    a_write_with_an_operator_token_needs_no_origin,
);

/// Headers of requests from a page of another site, or from an old browser.
const FOREIGN: [&[(&str, &str)]; 18] = [
    &[],
    &[("sec-fetch-site", "none")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "Same-Origin")],
    &[("sec-fetch-site", "same-origin, cross-site")],
    &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://keys.example.org")],
    &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
    &[("sec-fetch-site", "same-origin"), ("origin", "null")],
    &[("origin", "null")],
    &[("origin", "https://keys.example.org.evil.example")],
    &[("origin", "https://keys.example.org@evil.example")],
    &[("origin", "http://keys.example.org")],
    &[("origin", "https://keys.example.org:8443")],
    &[("origin", "https://evil.example"), ("host", "keys.example.org")],
    &[("origin", "https://keys.example.org"), ("origin", "https://evil.example")],
];

const OWN: [&[(&str, &str)]; 5] = [
    &[("sec-fetch-site", "same-origin")],
    &[("origin", "https://keys.example.org")],
    &[("origin", "HTTPS://Keys.Example.org")],
    &[("sec-fetch-site", "same-origin"), ("origin", "https://keys.example.org")],
    &[("origin", "http://127.0.0.1:8081"), ("host", "127.0.0.1:8081")],
];

fn with<'t>(ask: ApiRequest<'t>, headers: &[(&str, &str)]) -> ApiRequest<'t> {
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

async fn a_write_with_a_session_needs_the_same_origin(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.person(ANN, "owner", Some("acme")).await;
    let cookie = api.cookie(ANN).await;
    let body = json!({"allowed": true});
    let writes =
        [("PUT", "/accounts/acme/member-policy"), ("POST", "/accounts/acme/switch-off"), ("DELETE", "/session")];
    for (method, target) in writes {
        let ask = || api.request(method, target).from("192.0.2.1").header("cookie", &cookie).json(&body);
        for headers in FOREIGN {
            let reply = with(ask(), headers).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (403, "cross_site"), "{method} {target} {headers:?}");
        }
    }
    let account = api.get("/accounts/acme").await;
    assert_eq!((&account.body["revision"], &account.body["switched_on"]), (&json!(1), &json!(true)));
    for (at, headers) in OWN.into_iter().enumerate() {
        let ask = api.request("PUT", "/accounts/acme/member-policy").from("192.0.2.1").header("cookie", &cookie);
        let reply = with(ask.json(&json!({"allowed": at % 2 == 0})), headers).send().await;
        assert_eq!((reply.status.as_u16(), &reply.body["revision"]), (200, &json!(at + 2)), "{headers:?}");
    }
}

async fn a_read_with_a_session_is_refused_to_scripts_of_other_sites_only(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.person(ANN, "owner", Some("acme")).await;
    let cookie = api.cookie(ANN).await;
    for headers in FOREIGN.into_iter().chain(OWN) {
        let ask = api.request("GET", "/me").from("192.0.2.1").header("cookie", &cookie);
        let reply = with(ask, headers).send().await;
        let is_own = |value| OWN.iter().any(|own| own.contains(&("origin", value)));
        let is_script = headers.iter().any(|(name, value)| *name == "origin" && !is_own(*value));
        assert_eq!(reply.status.as_u16(), if is_script { 403 } else { 200 }, "{headers:?}");
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
}

async fn a_write_with_an_operator_token_needs_no_origin(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.person(ANN, "owner", Some("acme")).await;
    let cookie = api.cookie(ANN).await;
    let made = api.post("/operator-tokens", json!({"name": "x", "role": "owner", "account": "acme"})).await;
    let token = format!("Bearer {}", made.body["token"].as_str().unwrap());
    let ask = || api.request("POST", "/accounts/acme/switch-off").from("192.0.2.1").header("authorization", &token);
    assert_eq!(ask().send().await.status, 200);
    assert_eq!(ask().header("origin", "https://evil.example").send().await.code(), "cross_site");
    let wrong = api.request("POST", "/accounts/acme/switch-on").from("192.0.2.1").header("cookie", &cookie);
    let reply =
        wrong.header("authorization", "Bearer clvop_stranger").header("sec-fetch-site", "same-origin").send().await;
    assert_eq!(reply.code(), "unauthenticated", "a wrong token is not mended by a cookie");
}
