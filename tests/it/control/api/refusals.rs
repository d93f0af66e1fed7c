//! Whatever is refused is a problem document with a code, and has done nothing.

use claviger::store::Role;
use jiff::ToSpan as _;
use serde_json::json;

use super::Table;
use crate::store::test_database::noon;

#[tokio::test]
async fn what_is_not_there_and_what_it_cannot_do_are_told_as_problems() {
    let table = Table::sqlite().await;
    for target in
        ["/nothing", "", "/", "/credentials/", "/credentials/a/b/c", "/credentials/nobody", "/credentials/%00"]
    {
        let told = table.get(target).await;
        assert_eq!((told.status.as_u16(), told.code()), (404, "not_found"), "{target}");
    }
    let told = table.ask("PUT", "/credentials").told().await;
    assert_eq!((told.status.as_u16(), told.code()), (405, "method_not_allowed"));
    let allowed: Vec<_> = told.header("allow").split(',').collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"POST"), "{told:?}");
    let told = table.get("/credentials/%FF").await;
    assert_eq!((told.status.as_u16(), told.code()), (404, "not_found"));
}

#[tokio::test]
async fn nobody_is_told_to_say_who_they_are_before_anything_else() {
    let table = Table::sqlite().await.outside();
    for (method, target) in [("GET", "/credentials"), ("POST", "/credentials"), ("DELETE", "/credentials/x")] {
        let told = table.ask(method, target).body("not JSON").told().await;
        assert_eq!((told.status.as_u16(), told.code()), (401, "unauthenticated"), "{method} {target}");
        assert_eq!(told.header("www-authenticate"), "Bearer realm=\"desk\"");
    }
    for value in ["Basic YTpi", "Bearer", "Bearer ", "Bearer clvop_nobody", "\u{1}"] {
        let told = table.ask("GET", "/credentials").header("authorization", value.trim_matches('\u{1}')).told().await;
        assert_eq!(told.code(), "unauthenticated", "{value}");
    }
    let twice =
        table.ask("GET", "/credentials").header("authorization", "Bearer a").header("authorization", "Bearer b");
    assert_eq!(twice.told().await.code(), "malformed");
    let twice = table.ask("GET", "/credentials").header("cookie", "__Host-claviger=a; __Host-claviger=b");
    assert_eq!(twice.told().await.code(), "malformed");
}

#[tokio::test]
async fn a_stranger_who_keeps_trying_is_told_to_wait() {
    let table = Table::sqlite().await.outside();
    let ask = async || table.ask("GET", "/credentials").header("authorization", "Bearer clvop_x").told().await;
    for _ in 0..30 {
        assert_eq!(ask().await.status, 401);
    }
    let told = ask().await;
    assert_eq!((told.status.as_u16(), told.code(), told.header("retry-after")), (429, "too_many_requests", "1"));
    table.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(ask().await.status, 401);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused() {
    let table = Table::sqlite().await;
    let post = || table.ask("POST", "/credentials");
    let cases = [
        (post().body("{}"), 415, "unsupported_media_type"),
        (post().header("content-type", "text/plain").body("{}"), 415, "unsupported_media_type"),
        (post().header("content-type", "application/json; charset=latin1").body("{}"), 415, "unsupported_media_type"),
        (post().header("content-type", "application/json").body("{"), 400, "malformed"),
        (post().header("content-type", "application/json").body(&b"\xff"[..]), 400, "malformed"),
        (post().header("content-type", "application/json").body(vec![b' '; 65_537]), 413, "too_large"),
        (post().json(&json!([])), 400, "malformed"),
        (post().json(&json!({"account": "acme"})), 400, "malformed"),
        (post().json(&json!({"account": "acme", "kind": "token", "enabled": false})), 400, "malformed"),
        (post().json(&json!({"account": "acme", "kind": "token", "digest": "x"})), 400, "malformed"),
    ];
    for (at, (ask, status, code)) in cases.into_iter().enumerate() {
        let told = ask.told().await;
        assert_eq!((told.status.as_u16(), told.code()), (status, code), "{at}: {told:?}");
    }
    let told =
        post().body(r#"{"account":"acme","kind":"token"}"#).header("content-type", "Application/JSON;charset=UTF-8");
    assert_eq!(told.told().await.status, 201);
    assert_eq!(table.bed.store.count().await.unwrap(), (1, 2));
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_not_told_back() {
    let table = Table::sqlite().await;
    let cases = [
        ("/credentials", r#"{"account": "acme", "kind": "password", "username": "u", "password": 70617373}"#),
        ("/credentials", r#"{"account": "acme", "kind": "70617373"}"#),
        ("/credentials", r#"{"account": "acme", "kind": "token", "rate_limit": "70617373"}"#),
        ("/credentials", r#"{"account": "acme", "kind": "token", "rate_limit": "70617373, expected 70617373"}"#),
        ("/credentials/x/reset", r#"{"overlap_seconds": "70617373"}"#),
        ("/credentials/x/reset", r#"{"overlap_seconds": -70617373}"#),
        ("/session", r#"{"email": "a@b.c", "password": 70617373}"#),
        ("/session", r#"{"email": "a@b.c", "password": 70617373.5}"#),
        ("/session", r#"{"email": "a@b.c", "password": "70617373"#),
        ("/session", r#""70617373""#),
    ];
    for (target, body) in cases {
        let told = table.ask("POST", target).header("content-type", "application/json").body(body).told().await;
        assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{body}");
        assert!(!told.body.to_string().contains("70617373"), "{body}: {}", told.body);
    }
    let told = table.post("/session", json!({"email": 5, "password": "x"})).await;
    assert_eq!(
        told.body["detail"],
        "the body cannot be read: invalid type: integer, expected a string at line 1 column 10"
    );
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_field_by_field() {
    let table = Table::sqlite().await;
    let body = json!({
        "account": "a b", "kind": "token", "username": "x", "name": "", "description": "x".repeat(2001),
        "scopes": ["ok", "not ok"], "addresses": ["10.0.0.0/33"], "expires_at": "tomorrow",
        "rate_limit": {"requests": 0, "seconds": 1},
    });
    let told = table.post("/credentials", body).await;
    assert_eq!((told.status.as_u16(), told.code()), (422, "invalid"));
    let fields = told.body["fields"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap());
    let fields: Vec<_> = fields.collect();
    let expected = ["username", "account", "name", "description", "scopes", "addresses", "expires_at", "rate_limit"];
    assert_eq!(fields, expected, "{told:?}");
}

#[tokio::test]
async fn a_query_that_nobody_knows_is_refused() {
    let table = Table::sqlite().await;
    for query in ["acount=acme", "limit=x", "limit=-1", "account=acme&account=globex", "limit"] {
        let told = table.get(&format!("/credentials?{query}")).await;
        assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{query}");
    }
    for query in ["limit=0", "limit=201", "account=a%20b", "account="] {
        let told = table.get(&format!("/credentials?{query}")).await;
        assert_eq!((told.status.as_u16(), told.code()), (422, "invalid"), "{query}");
    }
}

#[tokio::test]
async fn a_role_without_the_right_is_refused_and_another_account_is_not_there() {
    let table = Table::sqlite().await;
    let foreign = table.made("globex").await;
    let member = table.by(Role::Member, Some("acme"));
    assert_eq!(member.get("/credentials").await.code(), "members_not_allowed");
    assert_eq!(member.get("/users").await.code(), "forbidden");
    assert_eq!(member.post("/credentials", json!({"account": "acme", "kind": "token"})).await.code(), "forbidden");
    assert_eq!(member.ask("POST", "/accounts/acme/switch-off").told().await.code(), "forbidden");

    let owner = member.by(Role::Owner, Some("acme"));
    let id = format!("/credentials/{foreign}");
    for (method, target) in [
        ("GET", id.clone()),
        ("DELETE", id.clone()),
        ("POST", format!("{id}/reset")),
        ("POST", format!("{id}/disable")),
        ("POST", format!("{id}/enable")),
        ("POST", "/accounts/globex/switch-off".into()),
        ("GET", "/credentials?account=globex".into()),
    ] {
        let told = owner.ask(method, &target).told().await;
        assert_eq!((told.status.as_u16(), told.code()), (404, "not_found"), "{method} {target}");
    }
    let told = owner.post("/credentials", json!({"account": "globex", "kind": "token"})).await;
    assert_eq!(told.code(), "not_found");
    assert_eq!(owner.get("/credentials").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_page_of_another_site_may_ask_for_nothing() {
    let table = Table::sqlite().await;
    let body = json!({"account": "acme", "kind": "token"});
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let told = table.ask("POST", "/credentials").header(name, value).json(&body).told().await;
        assert_eq!((told.status.as_u16(), told.code()), (403, "cross_site"), "{name}: {value}");
    }
    let told = table.ask("GET", "/credentials").header("origin", "https://evil.example").told().await;
    assert_eq!(told.code(), "cross_site");
    for (name, value) in [("origin", "https://keys.example.org"), ("sec-fetch-site", "same-origin")] {
        let told = table.ask("POST", "/credentials").header(name, value).json(&body).told().await;
        assert_eq!(told.status, 201, "{name}: {value}");
    }
    let outside = table.outside();
    let told = outside.ask("POST", "/credentials").header("cookie", "__Host-claviger=x").json(&body).told().await;
    assert_eq!(told.code(), "cross_site", "a cookie alone proves nothing");
    let own = outside.ask("POST", "/credentials").header("cookie", "__Host-claviger=x");
    let told = own.header("sec-fetch-site", "same-origin").json(&body).told().await;
    assert_eq!(told.code(), "unauthenticated");
}

/// Whoever is not known yet makes nobody hold much.
#[tokio::test]
async fn a_body_with_an_idempotency_key_is_no_longer_than_another() {
    let table = Table::sqlite().await.outside();
    for target in ["/credentials", "/credential-files", "/nothing"] {
        let ask = table.ask("POST", target).header("idempotency-key", "one").body("x".repeat(64 * 1024 + 1));
        let told = ask.told().await;
        assert_eq!((told.status.as_u16(), told.code()), (413, "too_large"), "{target}");
    }
}

/// Else what is done long after a revocation would stand before it in the audit.
#[tokio::test]
async fn what_is_asked_for_by_a_body_that_comes_late_is_done_when_it_has_come() {
    let table = Table::sqlite().await;
    let clock = table.clock.clone();
    let late = futures_util::stream::once(async move {
        clock.advance(std::time::Duration::from_secs(60));
        Ok::<_, std::io::Error>(json!({"account": "acme", "kind": "token"}).to_string())
    });
    let ask = table.ask("POST", "/credentials").header("content-type", "application/json");
    let told = ask.body(axum::body::Body::from_stream(late)).told().await;
    assert_eq!(told.body["credential"]["created_at"], (noon() + 1.minutes()).to_string(), "{told:?}");
}
