//! Every refusal is a problem document with a code, and changes nothing.

use claviger::store::Role;
use jiff::ToSpan as _;
use serde_json::json;

use super::TestApi;
use crate::store::test_database::noon;

#[tokio::test]
async fn unknown_paths_and_methods_get_problem_documents() {
    let api = TestApi::sqlite().await;
    for target in
        ["/nothing", "", "/", "/credentials/", "/credentials/a/b/c", "/credentials/stranger", "/credentials/%00"]
    {
        let reply = api.get(target).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (404, "not_found"), "{target}");
    }
    let reply = api.request("PUT", "/credentials").send().await;
    assert_eq!((reply.status.as_u16(), reply.code()), (405, "method_not_allowed"));
    let allowed: Vec<_> = reply.header("allow").split(',').collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"POST"), "{reply:?}");
    let reply = api.get("/credentials/%FF").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (404, "not_found"));
}

#[tokio::test]
async fn authentication_comes_before_every_other_check() {
    let api = TestApi::sqlite().await.outside();
    for (method, target) in [("GET", "/credentials"), ("POST", "/credentials"), ("DELETE", "/credentials/x")] {
        let reply = api.request(method, target).body("not JSON").send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "unauthenticated"), "{method} {target}");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"claviger\"");
    }
    for value in ["Basic YTpi", "Bearer", "Bearer ", "Bearer clvop_stranger", "\u{1}"] {
        let reply =
            api.request("GET", "/credentials").header("authorization", value.trim_matches('\u{1}')).send().await;
        assert_eq!(reply.code(), "unauthenticated", "{value}");
    }
    let twice =
        api.request("GET", "/credentials").header("authorization", "Bearer a").header("authorization", "Bearer b");
    assert_eq!(twice.send().await.code(), "malformed");
    let twice = api.request("GET", "/credentials").header("cookie", "__Host-claviger=a; __Host-claviger=b");
    assert_eq!(twice.send().await.code(), "malformed");
}

#[tokio::test]
async fn repeated_failures_to_authenticate_get_429() {
    let api = TestApi::sqlite().await.outside();
    let ask = async || api.request("GET", "/credentials").header("authorization", "Bearer clvop_x").send().await;
    for _ in 0..30 {
        assert_eq!(ask().await.status, 401);
    }
    let reply = ask().await;
    assert_eq!((reply.status.as_u16(), reply.code(), reply.header("retry-after")), (429, "too_many_requests", "1"));
    api.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(ask().await.status, 401);
}

#[tokio::test]
async fn an_unreadable_body_is_refused() {
    let api = TestApi::sqlite().await;
    let post = || api.request("POST", "/credentials");
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
        let reply = ask.send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{at}: {reply:?}");
    }
    let reply =
        post().body(r#"{"account":"acme","kind":"token"}"#).header("content-type", "Application/JSON;charset=UTF-8");
    assert_eq!(reply.send().await.status, 201);
    assert_eq!(api.bed.store.count().await.unwrap(), (1, 2));
}

/// The detail is a sentence that names what to do.
#[tokio::test]
async fn a_refusal_says_what_to_send() {
    let api = TestApi::sqlite().await;
    let post = || api.request("POST", "/credentials");
    let media = "the body must be JSON, and the header must say so; send Content-Type: application/json";
    for ask in [
        post().body("{}"),
        post().header("content-type", "text/plain").body("{}"),
        api.request("POST", "/credentials/x/reset").body("{}"),
    ] {
        let reply = ask.send().await;
        assert_eq!((reply.status.as_u16(), &reply.body["detail"]), (415, &json!(media)));
    }
    for (method, target, detail) in [
        ("GET", "/nothing", "no resource has this path; /api-docs lists the paths"),
        ("PUT", "/credentials", "the resource does not have this method; the header Allow lists its methods"),
    ] {
        assert_eq!(api.request(method, target).send().await.body["detail"], detail);
    }
    let api = api.outside();
    let ask = || api.request("GET", "/credentials");
    for (ask, detail) in [
        (ask(), "the request has no credential; sign in, or send an operator token as Authorization: Bearer TOKEN"),
        (ask().header("authorization", "Basic YTpi"), "an operator token is sent as Authorization: Bearer TOKEN"),
        (
            ask().header("authorization", "Bearer clvop_x"),
            "the operator token is unknown, disabled or expired; send one that is valid",
        ),
        (ask().header("cookie", "__Host-claviger=x"), "the session has ended; sign in again"),
    ] {
        let reply = ask.send().await;
        assert_eq!((reply.status.as_u16(), &reply.body["detail"]), (401, &json!(detail)));
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_not_echoed() {
    let api = TestApi::sqlite().await;
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
        let reply = api.request("POST", target).header("content-type", "application/json").body(body).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{body}");
        assert!(!reply.body.to_string().contains("70617373"), "{body}: {}", reply.body);
    }
    let reply = api.post("/session", json!({"email": 5, "password": "x"})).await;
    assert_eq!(
        reply.body["detail"],
        "the body cannot be read: invalid type: integer, expected a string at line 1 column 10"
    );
}

#[tokio::test]
async fn every_invalid_field_is_reported_at_once() {
    let api = TestApi::sqlite().await;
    let body = json!({
        "account": "a b", "kind": "token", "username": "x", "name": "", "description": "x".repeat(2001),
        "scopes": ["ok", "not ok"], "addresses": ["10.0.0.0/33"], "expires_at": "tomorrow",
        "rate_limit": {"requests": 0, "seconds": 1},
    });
    let reply = api.post("/credentials", body).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (422, "invalid"));
    let fields = reply.body["fields"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap());
    let fields: Vec<_> = fields.collect();
    let expected = ["username", "account", "name", "description", "scopes", "addresses", "expires_at", "rate_limit"];
    assert_eq!(fields, expected, "{reply:?}");
}

#[tokio::test]
async fn an_unknown_query_is_refused() {
    let api = TestApi::sqlite().await;
    for query in ["acount=acme", "limit=x", "limit=-1", "account=acme&account=globex", "limit"] {
        let reply = api.get(&format!("/credentials?{query}")).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{query}");
    }
    for query in ["limit=0", "limit=201", "account=a%20b", "account="] {
        let reply = api.get(&format!("/credentials?{query}")).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "invalid"), "{query}");
    }
}

#[tokio::test]
async fn a_role_without_the_right_gets_403_and_another_account_404() {
    let api = TestApi::sqlite().await;
    let foreign = api.create_token("globex").await;
    let member = api.by(Role::Member, Some("acme"));
    assert_eq!(member.get("/credentials").await.code(), "members_not_allowed");
    assert_eq!(member.get("/users").await.code(), "forbidden");
    assert_eq!(member.post("/credentials", json!({"account": "acme", "kind": "token"})).await.code(), "forbidden");
    assert_eq!(member.request("POST", "/accounts/acme/switch-off").send().await.code(), "forbidden");

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
        let reply = owner.request(method, &target).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (404, "not_found"), "{method} {target}");
    }
    let reply = owner.post("/credentials", json!({"account": "globex", "kind": "token"})).await;
    assert_eq!(reply.code(), "not_found");
    assert_eq!(owner.get("/credentials").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_page_of_another_site_may_not_call() {
    let api = TestApi::sqlite().await;
    let body = json!({"account": "acme", "kind": "token"});
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let reply = api.request("POST", "/credentials").header(name, value).json(&body).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (403, "cross_site"), "{name}: {value}");
    }
    let reply = api.request("GET", "/credentials").header("origin", "https://evil.example").send().await;
    assert_eq!(reply.code(), "cross_site");
    for (name, value) in [("origin", "https://keys.example.org"), ("sec-fetch-site", "same-origin")] {
        let reply = api.request("POST", "/credentials").header(name, value).json(&body).send().await;
        assert_eq!(reply.status, 201, "{name}: {value}");
    }
    let outside = api.outside();
    let reply = outside.request("POST", "/credentials").header("cookie", "__Host-claviger=x").json(&body).send().await;
    assert_eq!(reply.code(), "cross_site", "a cookie alone proves nothing");
    let own = outside.request("POST", "/credentials").header("cookie", "__Host-claviger=x");
    let reply = own.header("sec-fetch-site", "same-origin").json(&body).send().await;
    assert_eq!(reply.code(), "unauthenticated");
}

/// The body is buffered before the caller is authenticated.
#[tokio::test]
async fn a_body_with_an_idempotency_key_has_the_usual_limit() {
    let api = TestApi::sqlite().await.outside();
    for target in ["/credentials", "/credential-files", "/nothing"] {
        let ask = api.request("POST", target).header("idempotency-key", "one").body("x".repeat(64 * 1024 + 1));
        let reply = ask.send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (413, "too_large"), "{target}");
    }
}

/// Otherwise a call after a revocation would be dated before it in the audit.
#[tokio::test]
async fn a_call_with_a_slow_body_runs_at_the_time_the_body_ends() {
    let api = TestApi::sqlite().await;
    let clock = api.clock.clone();
    let late = futures_util::stream::once(async move {
        clock.advance(std::time::Duration::from_secs(60));
        Ok::<_, std::io::Error>(json!({"account": "acme", "kind": "token"}).to_string())
    });
    let ask = api.request("POST", "/credentials").header("content-type", "application/json");
    let reply = ask.body(axum::body::Body::from_stream(late)).send().await;
    assert_eq!(reply.body["credential"]["created_at"], (noon() + 1.minutes()).to_string(), "{reply:?}");
}

/// A program whose variable is empty sends null.
#[tokio::test]
async fn null_stands_for_neither_every_event_nor_every_account() {
    let api = TestApi::sqlite().await;
    let credential = api.create_token("acme").await;
    let webhook = |more: serde_json::Value| {
        let mut body = json!({"credential": credential, "url": "https://hooks.example.org/x"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (target, body) in [
        ("/webhooks", webhook(json!({"entity": "contact", "operation": null}))),
        ("/webhooks", webhook(json!({"entity": null}))),
        ("/webhooks", webhook(json!({"entity": null, "operation": null}))),
        ("/publishers", json!({"name": "shop", "account": null})),
        ("/publishers", json!({"name": "shop", "account": "acme", "expires_at": null})),
    ] {
        let reply = api.post(target, body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{body}: {reply:?}");
    }
    let upgrade = json!({"version": "2", "account": null});
    let reply = api.post("/unversioned-credentials/upgrade", upgrade).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{reply:?}");
    for collection in ["/webhooks", "/publishers"] {
        assert_eq!(api.get(collection).await.body["items"], json!([]), "{collection}");
    }

    let created = api.post("/webhooks", webhook(json!({"entity": "contact", "operation": "created"}))).await;
    let target = format!("/webhooks/{}", created.body["webhook"]["id"].as_str().unwrap());
    for field in ["url", "entity", "operation"] {
        let edit = api.request("PATCH", &target).header("if-match", "*").json(&json!({field: null}));
        let reply = edit.send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{field}: {reply:?}");
    }
    let open = api.post("/webhooks", webhook(json!({}))).await;
    assert_eq!((&open.body["webhook"]["entity"], &open.body["webhook"]["operation"]), (&json!("*"), &json!("*")));
    let open = api.post("/publishers", json!({"name": "shop"})).await;
    assert_eq!((open.status.as_u16(), &open.body["publisher"]["account"]), (201, &json!(null)));
}
