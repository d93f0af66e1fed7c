//! What holds of every operation that is described.

use serde_json::json;

use super::samples::{For, operations};
use super::{Table, Told};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(nobody_is_told_anything_but_to_say_who_they_are, a_field_that_nobody_knows_is_refused_by_every_body,);

fn assert_unauthenticated(told: &Told, what: &str) {
    assert_eq!((told.status.as_u16(), told.code()), (401, "unauthenticated"), "{what}");
    assert_eq!(told.header("www-authenticate"), "Bearer realm=\"desk\"", "{what}");
}

async fn nobody_is_told_anything_but_to_say_who_they_are(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let known = table.made("acme").await;
    let table = table.outside();
    for operation in operations() {
        for id in ["acme", known.as_str(), "nobody"] {
            let told = operation.ask(&table, id).told().await;
            if operation.whose == For::Everybody {
                assert_ne!(told.code(), "unauthenticated", "{}", operation.name);
                continue;
            }
            assert_unauthenticated(&told, &operation.name);
            let path = operation.path.replace("{id}", "acme");
            for (name, value) in [("content-type", "text/plain"), ("if-match", "junk"), ("idempotency-key", "a b")] {
                let told = table.ask(&operation.method, &path).header(name, value).body("{junk").told().await;
                assert_unauthenticated(&told, &format!("{} with {name}", operation.name));
            }
            let told = table.ask(&operation.method, &format!("{path}?junk")).told().await;
            assert_unauthenticated(&told, &format!("{} with a query", operation.name));
        }
    }
    assert_eq!(table.bed.store.count().await.unwrap(), (1, 2), "nothing has happened");
}

async fn a_field_that_nobody_knows_is_refused_by_every_body(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let mut bodies = 0;
    for operation in operations().iter().filter(|operation| operation.schema.is_some()) {
        let sample = operation.sample("acme");
        let path = operation.path.replace("{id}", "acme");
        let ask = || table.ask(&operation.method, &path).header("if-match", "*");
        for field in ["unknown", "Account", "is_admin", "__proto__", "", "\0"] {
            let mut body = sample.clone();
            body[field] = json!(true);
            let told = ask().json(&body).told().await;
            assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{} {field:?}", operation.name);
        }
        let text = sample.to_string();
        for odd in [format!("[{text}]"), format!("{text}{text}"), format!("{text},"), "null".into(), "[]".into()] {
            let told = ask().header("content-type", "application/json").body(odd.clone()).told().await;
            assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{} {odd}", operation.name);
        }
        let values: Vec<_> = operation.sample("acme").as_object().unwrap().values().cloned().collect();
        let told = ask().json(&json!(values)).told().await;
        assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{} as a list", operation.name);
        if let Some((first, value)) = sample.as_object().unwrap().iter().next() {
            let twice = text.replacen('{', &format!("{{\"{first}\":{value},"), 1);
            let told = ask().header("content-type", "application/json").body(twice).told().await;
            assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{} {first} twice", operation.name);
        }
        bodies += 1;
    }
    assert_eq!(bodies, 19);
    for limit in [json!({"requests": 1, "seconds": 1, "unknown": 1}), json!([1, 1, 1])] {
        let told = table.post("/credentials", json!({"account": "acme", "kind": "token", "rate_limit": limit})).await;
        assert_eq!(told.code(), "malformed", "{limit}");
        let edit = table.ask("PATCH", "/credentials/x").header("if-match", "*").json(&json!({"rate_limit": limit}));
        assert_eq!(edit.told().await.code(), "malformed", "{limit}");
    }
    assert_eq!(table.bed.store.count().await.unwrap(), (0, 2), "nothing has happened");
}
