//! `If-Match`.

use futures_util::future::join_all;
use serde_json::json;

use super::TestApi;
use super::samples::{Operation, operations};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    every_overwrite_needs_if_match,
    every_change_of_one_resource_honours_if_match,
    of_parallel_edits_of_one_revision_one_succeeds,
);

async fn every_overwrite_needs_if_match(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let patches: Vec<_> = operations().into_iter().filter(|operation| operation.method == "PATCH").collect();
    assert_eq!(patches.len(), 4);
    for operation in patches {
        let kind = operation.kind().unwrap();
        let id = api.thing(kind, "acme").await;
        let place = format!("{kind}/{id}");
        let ask = || api.request("PATCH", &place).json(&operation.sample(&id));
        let seen = api.get(&place).await;
        let reply = ask().send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (428, "precondition_required"), "{place}");
        for stale in ["\"0\"", "\"999\"", "\"9223372036854775807\""] {
            let reply = ask().header("if-match", stale).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (412, "stale"), "{place} {stale}");
        }
        let (etag, number) = (seen.header("etag"), seen.header("etag").trim_matches('"'));
        let junk = [
            "",
            "\"\"",
            number,
            &format!("W/{etag}"),
            &format!("{etag}, {etag}"),
            &format!("{etag}, \"99\""),
            "\"+1\"",
            "\"-1\"",
            "\" 1\"",
            "\"1",
            "**",
            "\"*\"",
            "*, *",
            "\"9223372036854775808\"",
            "\"99999999999999999999999\"",
            "\"١\"",
        ]
        .map(str::to_owned);
        for junk in junk {
            let reply = ask().header("if-match", &junk).send().await;
            assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{place} {junk}");
        }
        let twice = ask().header("if-match", etag).header("if-match", etag).send().await;
        assert_eq!(twice.code(), "malformed");
        assert_eq!(api.get(&place).await.body, seen.body, "nothing has happened");

        let reply = ask().header("if-match", etag).send().await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_ne!(reply.header("etag"), etag);
        assert_eq!(reply.header("etag"), api.get(&place).await.header("etag"));
        assert_eq!(ask().header("if-match", etag).send().await.code(), "stale");
        assert_eq!(ask().header("if-match", "*").send().await.status, 200);
    }
}

/// True for changes of the resource in the path.
fn is_change(operation: &Operation) -> bool {
    let reads = operation.method == "GET";
    operation.kind().is_some()
        && !reads
        && !["duplicate_credential", "new_setup_link", "replay_webhook_delivery"].contains(&operation.name.as_str())
}

async fn every_change_of_one_resource_honours_if_match(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let acme = api.bed.account("acme").await;
    let mut changes = 0;
    for operation in operations().iter().filter(|operation| is_change(operation)) {
        // The previous operation may have changed it.
        api.bed.put_account(&acme).await;
        let kind = operation.kind().unwrap();
        let account = if kind == "/access-requests" { format!("newcomer-{changes}") } else { "acme".into() };
        if account != "acme" {
            api.newcomer(&account).await;
        }
        let id = api.thing(kind, &account).await;
        let place = format!("{kind}/{id}");
        let ask = || {
            let ask = api.request(&operation.method, &operation.path.replace("{id}", &id));
            if operation.body.is_empty() { ask } else { ask.json(&operation.sample(&id)) }
        };
        let seen = api.get(&place).await;
        let reply = ask().header("if-match", "\"999\"").send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (412, "stale"), "{}", operation.name);
        let reply = ask().header("if-match", "junk").send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (400, "malformed"), "{}", operation.name);
        assert_eq!(api.get(&place).await.body, seen.body, "{}", operation.name);
        let reply = ask().header("if-match", seen.header("etag")).send().await;
        // No secret of this credential waits to be shown.
        let is_done = !["deliver_credential", "void_delivery"].contains(&operation.name.as_str());
        assert_eq!(reply.status.as_u16(), if is_done { 200 } else { 409 }, "{} {reply:?}", operation.name);
        changes += 1;
    }
    assert_eq!(changes, 38);
}

async fn of_parallel_edits_of_one_revision_one_succeeds(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let place = format!("/credentials/{}", api.create_token("acme").await);
    let edit = |number: usize| {
        api.request("PATCH", &place).header("if-match", "\"1\"").json(&json!({"name": format!("name {number}")})).send()
    };
    let answers = join_all((0..20).map(edit)).await;
    let done: Vec<_> = answers.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(done.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|reply| reply.status == 200 || reply.code() == "stale"), "{answers:?}");
    assert_eq!(api.get(&place).await.body, done[0].body);
}
