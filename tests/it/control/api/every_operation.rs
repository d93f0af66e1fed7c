//! What holds for every operation of the description.

use serde_json::json;

use super::samples::{For, every_operation, operations};
use super::{ApiReply, TestApi};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(an_anonymous_caller_learns_nothing_but_401, every_body_refuses_an_unknown_field,);

fn assert_unauthenticated(reply: &ApiReply, what: &str) {
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "unauthenticated"), "{what}");
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"claviger\"", "{what}");
}

async fn an_anonymous_caller_learns_nothing_but_401(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let known = api.create_token("acme").await;
    let api = api.outside();
    for operation in every_operation() {
        for id in ["acme", known.as_str(), "stranger"] {
            let reply = operation.request(&api, id).send().await;
            if operation.whose == For::Everybody {
                assert_ne!(reply.code(), "unauthenticated", "{}", operation.name);
                continue;
            }
            assert_unauthenticated(&reply, &operation.name);
            let path = operation.path.replace("{id}", "acme").replace("{delivery}", "x");
            for (name, value) in [("content-type", "text/plain"), ("if-match", "junk"), ("idempotency-key", "a b")] {
                let reply = api.request(&operation.method, &path).header(name, value).body("{junk").send().await;
                assert_unauthenticated(&reply, &format!("{} with {name}", operation.name));
            }
            let reply = api.request(&operation.method, &format!("{path}?junk")).send().await;
            assert_unauthenticated(&reply, &format!("{} with a query", operation.name));
        }
    }
    assert_eq!(api.bed.store.count().await.unwrap(), (1, 2), "nothing has happened");
}

async fn every_body_refuses_an_unknown_field(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let mut bodies = 0;
    for operation in operations().iter().filter(|operation| operation.schema.is_some()) {
        let sample = operation.sample("acme");
        let path = operation.path.replace("{id}", "acme");
        let ask = || api.request(&operation.method, &path).header("if-match", "*");
        for field in ["unknown", "Account", "is_admin", "__proto__", "", "\0"] {
            let mut body = sample.clone();
            body[field] = json!(true);
            let reply = ask().json(&body).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{} {field:?}", operation.name);
        }
        let text = sample.to_string();
        for odd in [format!("[{text}]"), format!("{text}{text}"), format!("{text},"), "null".into(), "[]".into()] {
            let reply = ask().header("content-type", "application/json").body(odd.clone()).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{} {odd}", operation.name);
        }
        let values: Vec<_> = operation.sample("acme").as_object().unwrap().values().cloned().collect();
        let reply = ask().json(&json!(values)).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{} as a list", operation.name);
        if let Some((first, value)) = sample.as_object().unwrap().iter().next() {
            let twice = text.replacen('{', &format!("{{\"{first}\":{value},"), 1);
            let reply = ask().header("content-type", "application/json").body(twice).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{} {first} twice", operation.name);
        }
        bodies += 1;
    }
    assert_eq!(bodies, 27);
    for limit in [json!({"requests": 1, "seconds": 1, "unknown": 1}), json!([1, 1, 1])] {
        let reply = api.post("/credentials", json!({"account": "acme", "kind": "token", "rate_limit": limit})).await;
        assert_eq!(reply.code(), "malformed", "{limit}");
        let edit = api.request("PATCH", "/credentials/x").header("if-match", "*").json(&json!({"rate_limit": limit}));
        assert_eq!(edit.send().await.code(), "malformed", "{limit}");
    }
    assert_eq!(api.bed.store.count().await.unwrap(), (0, 2), "nothing has happened");
}
