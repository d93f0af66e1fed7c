//! `Idempotency-Key`.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{ApiReply, ApiRequest, TestApi};
use crate::control::works;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_repeated_call_gets_the_same_response_without_the_secret,
    a_key_of_another_call_is_refused,
    two_callers_may_use_the_same_key,
    of_parallel_calls_with_one_key_one_runs_and_one_shows_the_secret,
    an_invalid_key_is_refused_and_changes_nothing,
    every_create_with_one_key_runs_once,
);

const KEY: &str = "idempotency-key";

/// Create, reset and duplicate, each with two different bodies.
async fn verbs(api: &TestApi) -> [(String, Value, Value); 3] {
    let place = format!("/credentials/{}", api.create_token("acme").await);
    let new = json!({"account": "acme", "kind": "token", "name": "one"});
    let other = json!({"account": "acme", "kind": "token", "name": "other"});
    [
        ("/credentials".into(), new, other),
        (format!("{place}/reset"), json!({}), json!({"overlap_seconds": 60})),
        (format!("{place}/duplicate"), json!({"name": "one"}), json!({"name": "other"})),
    ]
}

fn call<'t>(api: &'t TestApi, target: &str, key: &str, body: &Value) -> ApiRequest<'t> {
    api.request("POST", target).header(KEY, key).json(body)
}

fn token(reply: &ApiReply) -> String {
    reply.body["secret"]["token"].as_str().unwrap_or_else(|| panic!("{reply:?}")).to_owned()
}

async fn a_repeated_call_gets_the_same_response_without_the_secret(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    for (at, (target, body, _)) in verbs(&api).await.into_iter().enumerate() {
        let key = format!("key-{at}");
        let first = call(&api, &target, &key, &body).send().await;
        let token = token(&first);
        assert!(first.status.is_success() && first.body["repeated"] == false, "{first:?}");
        let changes = api.bed.store.last_change().await.unwrap();
        for _ in 0..3 {
            let again = call(&api, &target, &key, &body).send().await;
            assert_eq!(again.status, first.status);
            for header in ["etag", "location", "content-type"] {
                assert_eq!(again.header(header), first.header(header), "{target} {header}");
            }
            assert_eq!(again.body["credential"], first.body["credential"]);
            assert_eq!((&again.body["secret"], &again.body["repeated"]), (&Value::Null, &json!(true)));
            assert!(!again.body.to_string().contains(&token));
        }
        assert_eq!(api.bed.store.last_change().await.unwrap(), changes, "{target} is done once");
        assert!(works(&api.bed, &token).await, "{target}");
    }
}

async fn a_key_of_another_call_is_refused(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let verbs = verbs(&api).await;
    for (at, (target, body, other)) in verbs.iter().enumerate() {
        let key = format!("key-{at}");
        assert!(call(&api, target, &key, body).send().await.status.is_success());
        let changes = api.bed.store.last_change().await.unwrap();
        let (elsewhere, ..) = &verbs[(at + 1) % verbs.len()];
        for (target, body) in [(target, other), (elsewhere, body)] {
            let reply = call(&api, target, &key, body).send().await;
            assert!(reply.status.is_client_error(), "{reply:?}");
            if target != "/credentials" || body.get("kind").is_some() {
                let known = reply.code() == "idempotency_key_reused" || reply.code() == "malformed";
                assert!(known, "{target}: {reply:?}");
            }
        }
        let reply = call(&api, target, &key, other).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "idempotency_key_reused"), "{target}");
        assert_eq!(api.bed.store.last_change().await.unwrap(), changes);
    }
}

async fn two_callers_may_use_the_same_key(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let made = api.post("/operator-tokens", json!({"name": "x", "role": "owner", "account": "acme"})).await;
    let other = api.post("/operator-tokens", json!({"name": "x", "role": "owner", "account": "acme"})).await;
    let body = json!({"account": "acme", "kind": "token"});
    let mut ids = HashSet::new();
    for made in [&made, &other] {
        let bearer = format!("Bearer {}", made.body["token"].as_str().unwrap());
        let ask = api.request("POST", "/credentials").from("192.0.2.1").header("authorization", &bearer);
        let reply = ask.header(KEY, "same").json(&body).send().await;
        assert_eq!((reply.status.as_u16(), &reply.body["repeated"]), (201, &json!(false)));
        ids.insert(reply.body["credential"]["id"].to_string());
    }
    assert_eq!(ids.len(), 2);
}

async fn of_parallel_calls_with_one_key_one_runs_and_one_shows_the_secret(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    for (at, (target, body, _)) in verbs(&api).await.into_iter().enumerate() {
        let key = format!("key-{at}");
        let before = api.bed.store.last_change().await.unwrap();
        let mut answers = join_all((0..20).map(|_| call(&api, &target, &key, &body).send())).await;
        // A call that gave up waiting for the first is to be retried.
        for reply in &mut answers {
            while reply.code() == "idempotency_key_busy" {
                *reply = call(&api, &target, &key, &body).send().await;
            }
        }
        let (shown, reply): (Vec<_>, Vec<_>) = answers.iter().partition(|reply| !reply.body["secret"].is_null());
        assert_eq!((shown.len(), reply.len()), (1, 19), "{answers:?}");
        for reply in reply {
            assert_eq!((reply.status, &reply.body["repeated"]), (shown[0].status, &json!(true)), "{reply:?}");
            assert_eq!(reply.body["credential"], shown[0].body["credential"]);
        }
        assert!(works(&api.bed, &token(shown[0])).await);
        assert_eq!(api.bed.store.last_change().await.unwrap(), before + 1, "{target}: one change");
    }
}

async fn an_invalid_key_is_refused_and_changes_nothing(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let verbs = verbs(&api).await;
    let before = api.bed.store.last_change().await.unwrap();
    for (target, body, _) in &verbs {
        for key in ["", " ", "a b", "é", &"k".repeat(256)] {
            let reply = call(&api, target, key, body).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{target} {key:?}");
        }
        let twice = call(&api, target, "one", body).header(KEY, "two").send().await;
        assert_eq!((twice.status.as_u16(), twice.code()), (400, "malformed"), "{target}");
    }
    assert_eq!(api.bed.store.last_change().await.unwrap(), before);
}

/// The other idempotent operations, with the pointer to the secret in their response.
async fn makers(api: &TestApi) -> [(String, Value, Option<&'static str>); 5] {
    api.newcomer("initech").await;
    let (user, _) = api.invited("ann@acme.example", "member", Some("acme")).await;
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

async fn every_create_with_one_key_runs_once(bed: TestDatabase) {
    const REPLAYED: &str = "idempotent-replayed";
    let api = TestApi::new(bed).await;
    let audited = async || api.bed.ask("SELECT COUNT(*) FROM audit").await;
    for (at, (target, body, seen_once)) in makers(&api).await.into_iter().enumerate() {
        let (key, before) = (format!("key-{at}"), audited().await);
        let mut answers = join_all((0..8).map(|_| call(&api, &target, &key, &body).send())).await;
        for reply in &mut answers {
            while reply.code() == "idempotency_key_busy" {
                *reply = call(&api, &target, &key, &body).send().await;
            }
        }
        let (again, first): (Vec<_>, Vec<_>) = answers.iter().partition(|reply| reply.header(REPLAYED) == "true");
        assert_eq!((again.len(), first.len(), audited().await), (7, 1, before + 1), "{answers:?}");
        let mut expected = first[0].body.clone();
        assert!(first[0].status.is_success() && !first[0].headers.contains_key(REPLAYED), "{first:?}");
        if let Some(place) = seen_once {
            let secret = std::mem::take(expected.pointer_mut(place).unwrap());
            assert!(!secret.is_null(), "{first:?}");
            // The link is also in `url`.
            expected.as_object_mut().unwrap().entry("url").and_modify(|url| *url = Value::Null);
            assert_eq!(std::mem::replace(&mut expected["repeated"], json!(true)), json!(false));
        }
        for reply in again {
            assert_eq!((reply.status, &reply.body), (first[0].status, &expected));
            for header in ["etag", "location", "content-type"] {
                assert_eq!(reply.header(header), first[0].header(header), "{target} {header}");
            }
        }
        let other = call(&api, &target, &key, &body).body(format!("{body} ")).send().await;
        assert_eq!((other.code(), audited().await), ("idempotency_key_reused", before + 1), "{other:?}");
    }
}
