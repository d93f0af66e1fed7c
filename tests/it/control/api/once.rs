//! Calls that come again with their Idempotency-Key.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Ask, Table, Told};
use crate::control::works;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_call_that_comes_again_is_told_the_same_without_the_secret,
    a_key_of_another_call_is_refused,
    a_key_is_its_callers_own,
    of_many_equal_calls_at_once_one_is_done_and_one_shows_the_secret,
    a_key_that_is_none_is_refused_and_nothing_is_done,
    whatever_is_made_is_made_once,
);

const KEY: &str = "idempotency-key";

/// Create, reset and duplicate, each with a body and with another one.
async fn verbs(table: &Table) -> [(String, Value, Value); 3] {
    let place = format!("/credentials/{}", table.made("acme").await);
    let new = json!({"account": "acme", "kind": "token", "name": "one"});
    let other = json!({"account": "acme", "kind": "token", "name": "other"});
    [
        ("/credentials".into(), new, other),
        (format!("{place}/reset"), json!({}), json!({"overlap_seconds": 60})),
        (format!("{place}/duplicate"), json!({"name": "one"}), json!({"name": "other"})),
    ]
}

fn call<'t>(table: &'t Table, target: &str, key: &str, body: &Value) -> Ask<'t> {
    table.ask("POST", target).header(KEY, key).json(body)
}

fn token(told: &Told) -> String {
    told.body["secret"]["token"].as_str().unwrap_or_else(|| panic!("{told:?}")).to_owned()
}

async fn a_call_that_comes_again_is_told_the_same_without_the_secret(bed: TestDatabase) {
    let table = Table::new(bed).await;
    for (at, (target, body, _)) in verbs(&table).await.into_iter().enumerate() {
        let key = format!("key-{at}");
        let first = call(&table, &target, &key, &body).told().await;
        let token = token(&first);
        assert!(first.status.is_success() && first.body["repeated"] == false, "{first:?}");
        let changes = table.bed.store.last_change().await.unwrap();
        for _ in 0..3 {
            let again = call(&table, &target, &key, &body).told().await;
            assert_eq!(again.status, first.status);
            for header in ["etag", "location", "content-type"] {
                assert_eq!(again.header(header), first.header(header), "{target} {header}");
            }
            assert_eq!(again.body["credential"], first.body["credential"]);
            assert_eq!((&again.body["secret"], &again.body["repeated"]), (&Value::Null, &json!(true)));
            assert!(!again.body.to_string().contains(&token));
        }
        assert_eq!(table.bed.store.last_change().await.unwrap(), changes, "{target} is done once");
        assert!(works(&table.bed, &token).await, "{target}");
    }
}

async fn a_key_of_another_call_is_refused(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let verbs = verbs(&table).await;
    for (at, (target, body, other)) in verbs.iter().enumerate() {
        let key = format!("key-{at}");
        assert!(call(&table, target, &key, body).told().await.status.is_success());
        let changes = table.bed.store.last_change().await.unwrap();
        let (elsewhere, ..) = &verbs[(at + 1) % verbs.len()];
        for (target, body) in [(target, other), (elsewhere, body)] {
            let told = call(&table, target, &key, body).told().await;
            assert!(told.status.is_client_error(), "{told:?}");
            if target != "/credentials" || body.get("kind").is_some() {
                let known = told.code() == "idempotency_key_reused" || told.code() == "malformed";
                assert!(known, "{target}: {told:?}");
            }
        }
        let told = call(&table, target, &key, other).told().await;
        assert_eq!((told.status.as_u16(), told.code()), (422, "idempotency_key_reused"), "{target}");
        assert_eq!(table.bed.store.last_change().await.unwrap(), changes);
    }
}

async fn a_key_is_its_callers_own(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let made = table.post("/operator-tokens", json!({"name": "x", "role": "owner", "account": "acme"})).await;
    let other = table.post("/operator-tokens", json!({"name": "x", "role": "owner", "account": "acme"})).await;
    let body = json!({"account": "acme", "kind": "token"});
    let mut ids = HashSet::new();
    for made in [&made, &other] {
        let bearer = format!("Bearer {}", made.body["token"].as_str().unwrap());
        let ask = table.ask("POST", "/credentials").from("192.0.2.1").header("authorization", &bearer);
        let told = ask.header(KEY, "same").json(&body).told().await;
        assert_eq!((told.status.as_u16(), &told.body["repeated"]), (201, &json!(false)));
        ids.insert(told.body["credential"]["id"].to_string());
    }
    assert_eq!(ids.len(), 2);
}

async fn of_many_equal_calls_at_once_one_is_done_and_one_shows_the_secret(bed: TestDatabase) {
    let table = Table::new(bed).await;
    for (at, (target, body, _)) in verbs(&table).await.into_iter().enumerate() {
        let key = format!("key-{at}");
        let before = table.bed.store.last_change().await.unwrap();
        let mut answers = join_all((0..20).map(|_| call(&table, &target, &key, &body).told())).await;
        // Whoever waited in vain is told to come again, and finds it done.
        for told in &mut answers {
            while told.code() == "idempotency_key_busy" {
                *told = call(&table, &target, &key, &body).told().await;
            }
        }
        let (shown, told): (Vec<_>, Vec<_>) = answers.iter().partition(|told| !told.body["secret"].is_null());
        assert_eq!((shown.len(), told.len()), (1, 19), "{answers:?}");
        for told in told {
            assert_eq!((told.status, &told.body["repeated"]), (shown[0].status, &json!(true)), "{told:?}");
            assert_eq!(told.body["credential"], shown[0].body["credential"]);
        }
        assert!(works(&table.bed, &token(shown[0])).await);
        assert_eq!(table.bed.store.last_change().await.unwrap(), before + 1, "{target}: one change");
    }
}

async fn a_key_that_is_none_is_refused_and_nothing_is_done(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let verbs = verbs(&table).await;
    let before = table.bed.store.last_change().await.unwrap();
    for (target, body, _) in &verbs {
        for key in ["", " ", "a b", "é", &"k".repeat(256)] {
            let told = call(&table, target, key, body).told().await;
            assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{target} {key:?}");
        }
        let twice = call(&table, target, "one", body).header(KEY, "two").told().await;
        assert_eq!((twice.status.as_u16(), twice.code()), (400, "malformed"), "{target}");
    }
    assert_eq!(table.bed.store.last_change().await.unwrap(), before);
}

/// Everything else that makes something, and where in the answer stands what is seen once.
async fn makers(table: &Table) -> [(String, Value, Option<&'static str>); 5] {
    table.newcomer("initech").await;
    let (user, _) = table.invited("ann@acme.example", "member", Some("acme")).await;
    let asked = json!({"account": "initech", "start_on": "2027-01-31", "use_cases": ["reporting"]});
    let bob = json!({"role": "owner", "account": "acme", "email": "bob@acme.example"});
    let script = json!({"name": "nightly", "role": "owner", "account": "acme"});
    [
        ("/accounts".into(), json!({"name": "Hooli"}), None),
        ("/access-requests".into(), asked, None),
        ("/users".into(), bob, Some("/setup_link")),
        (format!("/users/{user}/setup-link"), json!({}), Some("/ticket")),
        ("/operator-tokens".into(), script, Some("/token")),
    ]
}

async fn whatever_is_made_is_made_once(bed: TestDatabase) {
    const REPLAYED: &str = "idempotent-replayed";
    let table = Table::new(bed).await;
    let audited = async || table.bed.ask("SELECT COUNT(*) FROM audit").await;
    for (at, (target, body, seen_once)) in makers(&table).await.into_iter().enumerate() {
        let (key, before) = (format!("key-{at}"), audited().await);
        let mut answers = join_all((0..8).map(|_| call(&table, &target, &key, &body).told())).await;
        for told in &mut answers {
            while told.code() == "idempotency_key_busy" {
                *told = call(&table, &target, &key, &body).told().await;
            }
        }
        let (again, first): (Vec<_>, Vec<_>) = answers.iter().partition(|told| told.header(REPLAYED) == "true");
        assert_eq!((again.len(), first.len(), audited().await), (7, 1, before + 1), "{answers:?}");
        let mut expected = first[0].body.clone();
        assert!(first[0].status.is_success() && !first[0].headers.contains_key(REPLAYED), "{first:?}");
        if let Some(place) = seen_once {
            let secret = std::mem::take(expected.pointer_mut(place).unwrap());
            assert!(!secret.is_null(), "{first:?}");
            // A link is in its ticket and in its address.
            expected.as_object_mut().unwrap().entry("url").and_modify(|url| *url = Value::Null);
            assert_eq!(std::mem::replace(&mut expected["repeated"], json!(true)), json!(false));
        }
        for told in again {
            assert_eq!((told.status, &told.body), (first[0].status, &expected));
            for header in ["etag", "location", "content-type"] {
                assert_eq!(told.header(header), first[0].header(header), "{target} {header}");
            }
        }
        let other = call(&table, &target, &key, &body).body(format!("{body} ")).told().await;
        assert_eq!((other.code(), audited().await), ("idempotency_key_reused", before + 1), "{other:?}");
    }
}
