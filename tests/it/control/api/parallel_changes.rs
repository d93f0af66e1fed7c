//! Parallel changes of one credential: one final state, in agreement with the audit.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{ApiReply, TestApi};
use crate::control::works;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(fifty_parallel_changes_end_in_the_state_of_the_last_audit_entry);

const EACH: usize = 50;

async fn every_line(api: &TestApi, target: &str) -> Vec<Value> {
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/audit?limit=200&target_kind=credential&target={target}{cursor}")).await;
        lines.extend(page.body["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page.body["next_cursor"].as_str() else { return lines };
        cursor = format!("&cursor={next}");
    }
}

async fn fifty_parallel_changes_end_in_the_state_of_the_last_audit_entry(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let made = api.post("/credentials", json!({"account": "acme", "kind": "token"})).await;
    let id = made.body["credential"]["id"].as_str().unwrap().to_owned();
    let first = made.body["secret"]["token"].as_str().unwrap().to_owned();
    let ask =
        async |verb: &str, body: Value| -> ApiReply { api.post(&format!("/credentials/{id}/{verb}"), body).await };
    let resets = join_all((0..EACH).map(|number| ask("reset", json!({"overlap_seconds": number % 2 * 3600}))));
    let clears = join_all((0..EACH).map(|_| ask("clear", json!({}))));
    let duplicates = join_all((0..EACH).map(|_| ask("duplicate", json!({}))));
    let (resets, clears, duplicates) = futures_util::join!(resets, clears, duplicates);

    assert!(resets.iter().chain(&clears).all(|reply| reply.status == 200), "{resets:?} {clears:?}");
    assert!(duplicates.iter().all(|reply| reply.status == 201), "{duplicates:?}");
    let end = api.get(&format!("/credentials/{id}")).await.body;
    let mut lines = every_line(&api, &id).await;
    lines.sort_by_key(|line| line["after"]["revision"].as_i64());
    assert_eq!(lines.len() as i64, end["revision"].as_i64().unwrap(), "a line for each revision");
    for pair in lines.windows(2) {
        assert_eq!(pair[1]["before"], pair[0]["after"], "no lost update");
    }
    let reply = |verb: &str| lines.iter().filter(|line| line["verb"] == verb).count();
    assert_eq!((reply("create"), reply("reset")), (1, EACH));
    for fact in ["cleared", "hint", "enabled", "revision", "secret_made_at"] {
        assert_eq!(lines.last().unwrap()["after"][fact], end[fact], "{fact}");
    }

    let token = |reply: &ApiReply| reply.body["secret"]["token"].as_str().unwrap().to_owned();
    let mut alive = Vec::new();
    for token in resets.iter().map(token).chain([first]) {
        if works(&api.bed, &token).await {
            alive.push(token);
        }
    }
    let current = resets.iter().find(|reply| reply.body["credential"]["revision"] == end["revision"]).map(token);
    assert_eq!(current.is_none(), end["cleared"] == true, "the last reset, unless it was cleared behind it");
    assert!(current.is_none_or(|token| alive.contains(&token)));
    let expected = usize::from(end["cleared"] == false) + usize::from(!end["previous_secret_ends_at"].is_null());
    assert_eq!(alive.len(), expected);
    for reply in &duplicates {
        let id = reply.body["credential"]["id"].as_str().unwrap();
        assert_eq!(api.get(&format!("/credentials/{id}")).await.body, reply.body["credential"]);
        assert!(works(&api.bed, &token(reply)).await);
        let lines = every_line(&api, id).await;
        assert_eq!((lines.len(), &lines[0]["verb"]), (1, &json!("duplicate")));
    }
    let audit = every_line(&api, &id).await;
    for secret in resets.iter().chain(&duplicates).map(token) {
        assert!(!json!(audit).to_string().contains(&secret));
    }
}
