//! Keys that may no longer be used stop their hooks; wrong keys are throttled.

use std::time::Duration;

use serde_json::{Value, json};

use super::hooks_api::{Bed, url};
use super::installation::contact;
use super::zapier::{Answer, Login, Subscriber};
use crate::support::eventually;

/// State and reason of the newest delivery.
fn newest(bed: &Bed, hook: &str) -> (String, Value) {
    let page = bed.installation.done("GET", &format!("/webhooks/{hook}/deliveries?limit=1"), None);
    let delivery = &page["items"][0];
    (delivery["state"].as_str().unwrap_or_default().to_owned(), delivery["why"].clone())
}

/// As the list of webhooks shows it to staff.
fn state(bed: &Bed, hook: &str) -> (String, Value) {
    let page = bed.installation.done("GET", "/webhooks", None);
    let webhooks = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
    let found = webhooks.iter().find(|webhook| webhook["id"] == hook).expect("the hook is listed");
    (found["state"].as_str().unwrap().to_owned(), found["stopped"].clone())
}

#[tokio::test]
async fn a_cleared_key_stops_its_hooks_until_it_has_a_new_secret() {
    let bed = Bed::new().await;
    let (id, key) = bed.key(&json!({}));
    let hook = key.subscribed(&url("/x"), "contact.created");
    bed.post(&contact("before"));
    bed.zapier.awaits("/x", 1);
    assert_eq!(state(&bed, &hook), ("active".into(), Value::Null));
    eventually("the delivery is done", || newest(&bed, &hook).0 == "delivered");

    bed.installation.done("POST", &format!("/credentials/{id}/clear"), None);
    for path in ["/hooks/me", "/hooks", "/hooks/samples?event=contact.created"] {
        let answer = key.get(path);
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{path}");
    }
    assert_eq!(key.subscribe(&json!({"url": url("/y"), "event": "contact.created"})).status, 401);
    assert_eq!(key.delete(&format!("/hooks/{hook}")), 401);
    assert_eq!(state(&bed, &hook), ("stopped".into(), json!("its credential has no secret")));
    bed.post(&contact("missed"));
    eventually("the event is skipped", || newest(&bed, &hook) == ("skipped".into(), json!("credential_cleared")));

    let reset = bed.installation.done("POST", &format!("/credentials/{id}/reset"), None);
    let token = reset["secret"]["token"].as_str().unwrap().to_owned();
    assert_eq!(key.get("/hooks/me").status, 401, "the secret from before stays wrong");
    let key = bed.subscriber(Login::Key(token));
    assert_eq!(key.hooks(), std::slice::from_ref(&hook));
    assert_eq!(state(&bed, &hook), ("active".into(), Value::Null));
    bed.post(&contact("after"));
    let received = bed.zapier.awaits("/x", 2);
    assert_eq!(received[1]["body"]["data"]["contact"]["id"], "after", "what was missed is not sent by itself");
    assert_eq!(received[1]["signers"], json!([hook]), "the secret of the hook is another one than that of the key");
    assert_eq!(key.delete(&format!("/hooks/{hook}")), 204);
}

#[tokio::test]
async fn keys_that_the_gate_refuses_are_refused_and_their_hooks_stop() {
    let bed = Bed::new().await;
    let (id, key) = bed.key(&json!({}));
    let hook = key.subscribed(&url("/x"), "contact.created");
    let owner = bed.installation.owner("acme");
    let refused = |status: u64, code: &str, stopped: &str| {
        let answer = key.get("/hooks/me");
        assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
        assert_eq!(key.subscribe(&json!({"url": url("/y"), "event": "contact.created"})).status, status);
        assert_eq!(key.delete(&format!("/hooks/{hook}")), status);
        assert_eq!(state(&bed, &hook), ("stopped".into(), json!(stopped)));
        assert_eq!(bed.zapier.received().len(), 0);
    };
    let works = || assert_eq!((key.hooks(), state(&bed, &hook).0), (vec![hook.clone()], "active".to_owned()));
    let done = |path: &str| drop(bed.installation.done("POST", &format!("/credentials/{id}{path}"), None));
    works();
    done("/disable");
    refused(401, "unauthenticated", "its credential is disabled");
    done("/enable");
    works();

    let expire = |at: &str| format!("UPDATE credentials SET expires_at = {at} WHERE id = '{id}'");
    bed.installation.database.execute(&expire("1")).await;
    refused(401, "unauthenticated", "its credential has expired");
    bed.installation.database.execute(&expire("NULL")).await;
    works();

    let switch = |what: &str| {
        let reply = bed.installation.call_as(&owner, "POST", &format!("/accounts/acme/{what}"), None);
        assert_eq!(reply.status, 200, "{}", reply.text());
    };
    switch("switch-off");
    refused(403, "forbidden", "API access of the account is off");
    switch("switch-on");
    works();

    bed.installation.done("DELETE", &format!("/credentials/{id}"), None);
    assert_eq!(key.get("/hooks/me").status, 401);
    assert_eq!(bed.installation.call("GET", &format!("/webhooks/{hook}"), None).status, 404);
}

#[tokio::test]
async fn a_key_of_other_addresses_is_refused_here() {
    let bed = Bed::new().await;
    let (_, elsewhere) = bed.key(&json!({"addresses": ["192.0.2.7"]}));
    let answer = elsewhere.get("/hooks/me");
    assert_eq!((answer.status, answer.code()), (403, "forbidden"), "{answer:?}");
    let (_, here) = bed.key(&json!({"addresses": ["192.0.2.7", "127.0.0.0/8"]}));
    assert_eq!(here.get("/hooks/me").status, 200);
}

#[tokio::test]
async fn a_user_name_and_password_manage_hooks_as_at_the_gate() {
    let bed = Bed::new().await;
    let (_, secret) = bed.installation.credential(&json!({"kind": "password", "username": "zapier"}));
    let password = secret["password"].as_str().unwrap().to_owned();
    let basic = |name: &str, password: &str| bed.subscriber(Login::Basic(name.to_owned(), password.to_owned()));
    let pair = basic("zapier", &password);
    let me = pair.get("/hooks/me");
    assert_eq!((me.status, &me.body["account"], &me.body["hint"]), (200, &json!("acme"), &Value::Null));
    let hook = pair.subscribed(&url("/x"), "contact.created");
    bed.post(&contact("1"));
    assert_eq!(bed.zapier.awaits("/x", 1)[0]["signers"], json!([hook]));
    for (name, password) in [("zapier", "wrong password"), ("stranger", password.as_str())] {
        let answer = basic(name, password).get("/hooks");
        assert_eq!(answer.status, 401, "{name}: {answer:?}");
    }
    assert_eq!(pair.delete(&format!("/hooks/{hook}")), 204);
    let bearer =
        bed.subscriber(Login::Bearer(bed.installation.credential(&json!({})).1["token"].as_str().unwrap().into()));
    assert_eq!(bearer.get("/hooks/me").status, 200);
    for other in [Login::None, Login::Bearer(bed.installation.staff.clone()), Login::Key(bed.publisher.clone())] {
        let answer = bed.subscriber(other.clone()).get("/hooks/me");
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{other:?}");
    }
}

/// Wrong keys, until one is not checked any more.
fn guess(subscriber: impl Fn(usize) -> Login, bed: &Bed) -> (usize, Answer) {
    for number in 0..30 {
        let answer = bed.subscriber(subscriber(number)).get("/hooks/me");
        if answer.status != 401 {
            return (number, answer);
        }
    }
    panic!("30 guesses were answered");
}

#[tokio::test]
async fn guesses_at_keys_are_throttled_and_right_keys_go_on() {
    let bed = Bed::with("throttle: {free_per_address: 5, free_per_pair: 3, first_delay: 2s}").await;
    let (_, key) = bed.key(&json!({}));
    let token = bed.subscriber(key.login.clone());
    let (free, answer) = guess(|number| Login::Key(format!("clv_guess{number}")), &bed);
    assert_eq!((free, answer.status, answer.code()), (5, 429, "too_many_requests"), "{answer:?}");
    let retry: u64 = answer.retry_after.unwrap().parse().unwrap();
    assert!((1..=2).contains(&retry), "{retry}");
    assert_eq!(token.get("/hooks/me").status, 200, "of the same network");
    std::thread::sleep(Duration::from_secs(retry));
    assert_eq!(bed.subscriber(Login::Key("clv_guess".into())).get("/hooks/me").status, 401);

    let secret = bed.installation.credential(&json!({"kind": "password", "username": "zapier"})).1;
    let right = Login::Basic("zapier".into(), secret["password"].as_str().unwrap().to_owned());
    let (free, answer) = guess(|number| Login::Basic("zapier".into(), format!("guess {number}")), &bed);
    assert_eq!((free, answer.status), (3, 429), "{answer:?}");
    let pair = |login: &Login| Subscriber { login: login.clone(), ..bed.subscriber(Login::None) }.get("/hooks/me");
    assert_eq!(pair(&right).status, 429, "a right guess is not told from a wrong one");
    let retry: u64 = answer.retry_after.unwrap().parse().unwrap();
    std::thread::sleep(Duration::from_secs(retry));
    assert_eq!(pair(&right).status, 200);
}
