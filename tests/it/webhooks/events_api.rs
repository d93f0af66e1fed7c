//! The API behind posts events to a real process.

use serde_json::{Value, json};

use super::installation::{Installation, contact, fields, refusal, with};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    an_event_is_accepted_and_its_id_again_is_the_same_event,
    of_a_list_with_one_bad_event_nothing_is_recorded,
    texts_that_a_database_cannot_hold_are_refused_as_any_other,
);

async fn installation() -> (Installation, String) {
    on(TestDatabase::sqlite().await).await
}

/// With the token of a publisher for all accounts.
async fn on(database: TestDatabase) -> (Installation, String) {
    let installation = Installation::management_only(database, 9, "").await;
    let publisher = installation.publisher(None);
    (installation, publisher.token)
}

fn accepted(reply: &crate::support::Reply) -> Vec<(String, bool)> {
    assert_eq!(reply.status, 202, "{}", reply.text());
    let entries = reply.json().as_array().unwrap().clone();
    let entry = |entry: &Value| {
        assert_eq!(entry.as_object().unwrap().len(), 2, "{entry}");
        (entry["event"].as_str().unwrap().to_owned(), entry["repeated"].as_bool().unwrap())
    };
    entries.iter().map(entry).collect()
}

async fn an_event_is_accepted_and_its_id_again_is_the_same_event(database: TestDatabase) {
    let (installation, token) = on(database).await;
    let first = accepted(&installation.post(&token, &contact("1")));
    assert!(matches!(&first[..], [(event, false)] if event.starts_with("evt_")), "{first:?}");
    let again = with(&contact("1"), "data", json!({"other": 1}));
    assert_eq!(accepted(&installation.post(&token, &again)), [(first[0].0.clone(), true)]);
    assert_eq!(installation.recorded().await, 1);

    let list = accepted(&installation.post(&token, &json!([contact("3"), contact("1"), contact("2")])));
    assert_eq!(list.iter().map(|(_, repeated)| *repeated).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(list[1].0, first[0].0);
    assert!(list[0].0 < list[2].0, "{list:?}");
    assert_eq!(installation.recorded().await, 3);
    // Ids are those of one publisher.
    let other = installation.publisher(Some("acme"));
    let posted = accepted(&installation.post(&other.token, &contact("1")));
    assert!(posted[0].0 != first[0].0 && !posted[0].1, "{posted:?}");
    assert_eq!(installation.recorded().await, 4);
    let shown = installation.done("GET", &format!("/publishers/{}", other.id), None);
    assert!(shown["last_used_at"].is_string(), "{shown}");
}

async fn of_a_list_with_one_bad_event_nothing_is_recorded(database: TestDatabase) {
    let (installation, token) = on(database).await;
    let bad = with(&contact("2"), "entity", json!("customer"));
    let reply = installation.post(&token, &json!([contact("1"), bad, contact("3")]));
    assert_eq!((reply.status, fields(&reply)), (422, vec!["[1].entity".to_owned()]));
    let unknown = with(&contact("2"), "account", json!("stranger"));
    let reply = installation.post(&token, &json!([contact("1"), unknown]));
    assert_eq!((reply.status, reply.code()), (404, "not_found".into()));
    let reply = installation.post(&token, &json!([contact("1"), contact("2"), contact("1")]));
    assert_eq!((reply.status, fields(&reply)), (422, vec!["[2].id".to_owned()]));
    assert_eq!(installation.recorded().await, 0);
    assert_eq!(accepted(&installation.post(&token, &json!([contact("1"), contact("2"), contact("3")]))).len(), 3);
    assert_eq!(installation.recorded().await, 3);
}

/// PostgreSQL holds no NUL.
async fn texts_that_a_database_cannot_hold_are_refused_as_any_other(database: TestDatabase) {
    let (installation, token) = on(database).await;
    for (field, status) in [("account", 404), ("entity", 422), ("operation", 422), ("id", 422), ("scope", 422)] {
        let reply = installation.post(&token, &with(&contact("1"), field, json!("a\0b")));
        assert_eq!(reply.status, status, "{field}: {}", reply.text());
    }
    let reply = installation.post(&token, &with(&contact("1"), "credentials", json!(["a\0b"])));
    assert_eq!(reply.status, 422, "{}", reply.text());
    let data = json!({"a\0b": "\0", "\u{202e}": "'; DROP TABLE events; --"});
    assert_eq!(accepted(&installation.post(&token, &with(&contact("1"), "data", data))).len(), 1);
    for path in ["/webhooks/x%00y", "/webhooks/x%00y/deliveries", "/webhooks/x%00y/deliveries/x%00y"] {
        let reply = installation.call("GET", path, None);
        assert_eq!((reply.status, reply.code()), (404, "not_found".into()), "{path}");
    }
}

#[tokio::test]
async fn every_bad_field_is_named_alone_and_in_a_list() {
    let (installation, token) = installation().await;
    let (crm, _) = installation.credential(&json!({}));
    let foreign = installation.credential(&json!({"account": "other"})).0;
    let many: Vec<String> = (0..101).map(|number| format!("c{number}")).collect();
    let far = with(&contact("x"), "occurred_at", json!("2999-01-01T00:00:00Z"));
    let cases = [
        ("id", json!("")),
        ("id", json!("a b")),
        ("id", json!("é")),
        ("id", json!("x".repeat(129))),
        ("entity", json!("customer")),
        ("entity", json!("*")),
        // Events of this program are its own.
        ("entity", json!("credential")),
        ("entity", json!("Contact")),
        ("operation", json!("updated")),
        ("operation", json!("*")),
        ("operation", json!("")),
        ("occurred_at", far["occurred_at"].clone()),
        ("occurred_at", json!("yesterday")),
        ("occurred_at", json!("2026-11-21T12:00:00")),
        ("data", json!(null)),
        ("data", json!([{"id": 1}])),
        ("data", json!("text")),
        ("data", json!(1)),
        ("data", json!({"text": "x".repeat(64 * 1024)})),
        ("credentials", json!([])),
        ("credentials", json!(["not an id"])),
        ("credentials", json!(many)),
        ("credentials", json!([crm, foreign])),
        ("credentials", json!([crm, "stranger"])),
        ("scope", json!("write")),
        ("scope", json!("")),
    ];
    for (field, value) in cases {
        let bad = with(&contact("2"), field, value);
        let shown = bad.to_string().chars().take(300).collect::<String>();
        let reply = installation.post(&token, &bad);
        assert_eq!((reply.status, fields(&reply)), (422, vec![field.to_owned()]), "{shown}");
        let reply = installation.post(&token, &json!([contact("1"), bad]));
        assert_eq!((reply.status, fields(&reply)), (422, vec![format!("[1].{field}")]), "{shown}");
    }
    let too_many: Vec<Value> = (0..101).map(|number| contact(&number.to_string())).collect();
    for list in [json!([]), json!(too_many)] {
        let reply = installation.post(&token, &list);
        assert_eq!((reply.status, fields(&reply)), (422, vec!["events".to_owned()]));
    }
    assert_eq!(installation.recorded().await, 0);
    // With everything right, at the limits.
    let event = with(&contact("~".repeat(128).as_str()), "credentials", json!([crm, crm]));
    let event = with(&event, "scope", json!("pay"));
    assert_eq!(accepted(&installation.post(&token, &event)).len(), 1);
    assert_eq!(accepted(&installation.post(&token, &json!(too_many[..100]))).len(), 100);
}

#[tokio::test]
async fn junk_bodies_and_content_types_are_refused() {
    let (installation, token) = installation().await;
    let event = contact("1").to_string();
    let more = with(&contact("1"), "more", json!(1)).to_string();
    let mut incomplete = contact("1");
    incomplete.as_object_mut().unwrap().remove("data");
    let as_list = json!(["1", "acme", "contact", "created", "2026-11-21T12:00:00Z", {}]).to_string();
    let twice = event.replacen('{', "{\"id\": \"2\", ", 1);
    let deep = format!("{{\"data\": {}", "[".repeat(1000));
    let bodies = [
        "",
        " ",
        "null",
        "1",
        "\"\"",
        "{}",
        "[",
        "[null]",
        "[1]",
        "[[]]",
        "{",
        &event[..event.len() - 1],
        &format!("{event}{event}"),
        &format!("[{event},]"),
        &format!("[[{event}]]"),
        &format!("[{as_list}]"),
        &as_list,
        &more,
        &incomplete.to_string(),
        &twice,
        &deep,
        // No value is no restriction; it is refused.
        &with(&contact("1"), "credentials", json!(null)).to_string(),
        &with(&contact("1"), "scope", json!(null)).to_string(),
        &with(&contact("1"), "credentials", json!([null])).to_string(),
        &with(&contact("1"), "credentials", json!("acme-crm")).to_string(),
        &with(&contact("1"), "id", json!(1)).to_string(),
        &with(&contact("1"), "occurred_at", json!(1_795_000_000)).to_string(),
    ];
    for body in bodies {
        let reply = installation.post_bytes(&token, "application/json", body.as_bytes());
        assert_eq!((reply.status, reply.code()), (400, "malformed".into()), "{body:.200}: {}", reply.text());
    }
    let reply = installation.post_bytes(&token, "application/json", b"{\"id\": \"\xff\"}");
    assert_eq!(reply.status, 400, "{}", reply.text());
    let types = ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json"];
    for content_type in types {
        let reply = installation.post_bytes(&token, content_type, event.as_bytes());
        assert_eq!(reply.status, 415, "{content_type}: {}", reply.text());
    }
    assert_eq!(installation.recorded().await, 0);
    let reply =
        installation.post_bytes(&token, "application/json; charset=UTF-8", format!("\n\t [{event}]").as_bytes());
    assert_eq!(accepted(&reply).len(), 1);
}

#[tokio::test]
async fn a_list_may_be_larger_than_an_event_and_has_a_limit_too() {
    let (installation, token) = installation().await;
    let large = |id: &str, bytes: usize| with(&contact(id), "data", json!({"text": "x".repeat(bytes)}));
    let three = json!([large("1", 60_000), large("2", 60_000), large("3", 60_000)]);
    assert!(three.to_string().len() > 128 * 1024);
    assert_eq!(accepted(&installation.post(&token, &three)).len(), 3);
    let five: Vec<Value> = (10..15).map(|id| large(&id.to_string(), 60_000)).collect();
    let reply = installation.post(&token, &json!(five));
    assert_eq!((reply.status, reply.code()), (413, "too_large".into()));
    // Other paths stay at the limit that they had.
    let new = json!({"name": "x".repeat(65 * 1024)});
    assert_eq!(installation.call("POST", "/publishers", Some(&new)).status, 413);
    assert_eq!(installation.recorded().await, 3);
}

#[tokio::test]
async fn a_publisher_of_one_account_cannot_learn_which_others_there_are() {
    let (installation, all) = installation().await;
    let bound = installation.publisher(Some("acme")).token;
    assert_eq!(accepted(&installation.post(&bound, &contact("1"))).len(), 1);
    let of = |account: &str| with(&contact("2"), "account", json!(account));
    let unknown = installation.post(&all, &of("stranger"));
    assert_eq!((unknown.status, unknown.code()), (404, "not_found".into()));
    for account in ["other", "stranger", "", "Acme", "acme "] {
        let reply = installation.post(&bound, &of(account));
        assert_eq!((reply.status, refusal(&reply)), (404, refusal(&unknown)), "{account}");
    }
    let mixed = installation.post(&bound, &json!([contact("3"), of("other")]));
    assert_eq!(refusal(&mixed), refusal(&unknown));
    assert_eq!(installation.recorded().await, 1);
    assert_eq!(accepted(&installation.post(&all, &of("other"))).len(), 1);
    let reply = installation.call("POST", "/publishers", Some(&json!({"name": "x", "account": "stranger"})));
    assert_eq!((reply.status, fields(&reply)), (422, vec!["account".to_owned()]));
}
