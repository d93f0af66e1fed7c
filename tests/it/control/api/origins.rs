//! Where a request comes from that a browser sends with a session.

use serde_json::json;

use super::{Ask, Table};
use crate::store::test_database::{TestDatabase, on_each};

const ANN: &str = "ann@acme.example";

on_each!(
    a_write_with_a_session_is_done_for_pages_of_the_desk_alone,
    a_read_with_a_session_is_done_from_anywhere_but_for_scripts_of_other_pages,
    a_script_with_a_token_says_nothing_of_where_it_comes_from,
);

/// Each set of headers with which a page of somebody else's, or an old browser, could come.
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

fn with<'t>(ask: Ask<'t>, headers: &[(&str, &str)]) -> Ask<'t> {
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

async fn a_write_with_a_session_is_done_for_pages_of_the_desk_alone(bed: TestDatabase) {
    let table = Table::new(bed).await;
    table.person(ANN, "owner", Some("acme")).await;
    let cookie = table.cookie(ANN).await;
    let body = json!({"allowed": true});
    let writes =
        [("PUT", "/accounts/acme/member-policy"), ("POST", "/accounts/acme/switch-off"), ("DELETE", "/session")];
    for (method, target) in writes {
        let ask = || table.ask(method, target).from("192.0.2.1").header("cookie", &cookie).json(&body);
        for headers in FOREIGN {
            let told = with(ask(), headers).told().await;
            assert_eq!((told.status.as_u16(), told.code()), (403, "cross_site"), "{method} {target} {headers:?}");
        }
    }
    let account = table.get("/accounts/acme").await;
    assert_eq!((&account.body["revision"], &account.body["switched_on"]), (&json!(1), &json!(true)));
    for (at, headers) in OWN.into_iter().enumerate() {
        let ask = table.ask("PUT", "/accounts/acme/member-policy").from("192.0.2.1").header("cookie", &cookie);
        let told = with(ask.json(&json!({"allowed": at % 2 == 0})), headers).told().await;
        assert_eq!((told.status.as_u16(), &told.body["revision"]), (200, &json!(at + 2)), "{headers:?}");
    }
}

async fn a_read_with_a_session_is_done_from_anywhere_but_for_scripts_of_other_pages(bed: TestDatabase) {
    let table = Table::new(bed).await;
    table.person(ANN, "owner", Some("acme")).await;
    let cookie = table.cookie(ANN).await;
    for headers in FOREIGN.into_iter().chain(OWN) {
        let ask = table.ask("GET", "/me").from("192.0.2.1").header("cookie", &cookie);
        let told = with(ask, headers).told().await;
        let is_own = |value| OWN.iter().any(|own| own.contains(&("origin", value)));
        let is_script = headers.iter().any(|(name, value)| *name == "origin" && !is_own(*value));
        assert_eq!(told.status.as_u16(), if is_script { 403 } else { 200 }, "{headers:?}");
        assert_eq!(told.header("access-control-allow-origin"), "");
    }
}

async fn a_script_with_a_token_says_nothing_of_where_it_comes_from(bed: TestDatabase) {
    let table = Table::new(bed).await;
    table.person(ANN, "owner", Some("acme")).await;
    let cookie = table.cookie(ANN).await;
    let made = table.post("/operator-tokens", json!({"name": "x", "role": "owner", "account": "acme"})).await;
    let token = format!("Bearer {}", made.body["token"].as_str().unwrap());
    let ask = || table.ask("POST", "/accounts/acme/switch-off").from("192.0.2.1").header("authorization", &token);
    assert_eq!(ask().told().await.status, 200);
    assert_eq!(ask().header("origin", "https://evil.example").told().await.code(), "cross_site");
    let wrong = table.ask("POST", "/accounts/acme/switch-on").from("192.0.2.1").header("cookie", &cookie);
    let told =
        wrong.header("authorization", "Bearer clvop_nobody").header("sec-fetch-site", "same-origin").told().await;
    assert_eq!(told.code(), "unauthenticated", "a wrong token is not mended by a cookie");
}
