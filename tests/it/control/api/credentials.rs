//! Credentials over HTTP.

use serde_json::json;

use super::TestApi;
use crate::control::works;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_token_is_created_shown_once_reset_disabled_enabled_and_deleted,
    a_generated_password_is_shown_once_and_a_chosen_one_never,
    pages_join_without_gap_or_overlap,
);

async fn a_token_is_created_shown_once_reset_disabled_enabled_and_deleted(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let made = api.post("/credentials", json!({"account": "acme", "kind": "token", "name": "Billing"})).await;
    assert_eq!((made.status.as_u16(), made.header("etag")), (201, "\"1\""));
    let credential = &made.body["credential"];
    let place = made.header("location").strip_prefix("/api/v1").unwrap();
    assert_eq!(place, format!("/credentials/{}", credential["id"].as_str().unwrap()));
    let token = made.body["secret"]["token"].as_str().unwrap();
    assert!(works(&api.bed, token).await);
    let shown = api.get(place).await;
    assert_eq!((&shown.body, shown.header("etag")), (credential, "\"1\""));
    assert!(!shown.body.to_string().contains(token));

    let reset = api.request("POST", &format!("{place}/reset")).header("if-match", "\"1\"").send().await;
    assert_eq!((reset.status.as_u16(), reset.header("etag")), (200, "\"2\""));
    assert!(!works(&api.bed, token).await && works(&api.bed, reset.body["secret"]["token"].as_str().unwrap()).await);

    let off = api.post(&format!("{place}/disable"), json!({"reason": "leaked"})).await;
    assert_eq!((&off.body["enabled"], &off.body["disabled_reason"]), (&json!(false), &json!("leaked")));
    let stale = api.request("POST", &format!("{place}/enable")).header("if-match", "\"2\"").send().await;
    assert_eq!((stale.status.as_u16(), stale.code()), (412, "stale"));
    for junk in ["5", "W/\"3\"", "\"3\", \"4\"", "\"x\"", "\"\"", ""] {
        let reply = api.request("POST", &format!("{place}/enable")).header("if-match", junk).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{junk}");
    }
    let on = api.request("POST", &format!("{place}/enable")).header("if-match", "*").send().await;
    assert_eq!((&on.body["enabled"], on.header("etag")), (&json!(true), "\"4\""));
    assert_eq!(api.request("DELETE", place).send().await.body, on.body);
    assert_eq!(api.get(place).await.code(), "not_found");
}

async fn a_generated_password_is_shown_once_and_a_chosen_one_never(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let made = api.post("/credentials", json!({"account": "acme", "kind": "password", "username": "acme"})).await;
    assert_eq!(made.body["secret"]["username"], "acme");
    assert_eq!(made.body["secret"]["password"].as_str().unwrap().len(), 24);
    let place = made.header("location").strip_prefix("/api/v1").unwrap();
    let reset = api.post(&format!("{place}/reset"), json!({"password": "correct horse battery"})).await;
    assert_eq!(reset.body["secret"], json!({"username": "acme"}));
    let again = api.post("/credentials", json!({"account": "acme", "kind": "password", "username": "acme"})).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, "username_taken"));
    let short = api.post(&format!("{place}/reset"), json!({"password": "hunter2"})).await;
    assert_eq!((short.status.as_u16(), &short.body["fields"][0]["field"]), (422, &json!("password")));
    assert!(!short.body.to_string().contains("hunter2"));
}

async fn pages_join_without_gap_or_overlap(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let mut all = vec![api.create_token("acme").await, api.create_token("acme").await, api.create_token("acme").await];
    api.create_token("globex").await;
    all.sort();
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/credentials?account=acme&limit=2{cursor}")).await;
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    found.sort();
    assert_eq!(found, all);
}
