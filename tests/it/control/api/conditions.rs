//! Changes of what somebody has seen: `If-Match`.

use futures_util::future::join_all;
use serde_json::json;

use super::Table;
use super::samples::{Operation, operations};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    whatever_overwrites_says_of_what,
    every_change_of_one_thing_can_be_bound_to_what_was_seen,
    of_many_edits_of_one_revision_one_is_done,
);

async fn whatever_overwrites_says_of_what(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let patches: Vec<_> = operations().into_iter().filter(|operation| operation.method == "PATCH").collect();
    assert_eq!(patches.len(), 3);
    for operation in patches {
        let kind = operation.kind().unwrap();
        let id = table.thing(kind, "acme").await;
        let place = format!("{kind}/{id}");
        let ask = || table.ask("PATCH", &place).json(&operation.sample(&id));
        let seen = table.get(&place).await;
        let told = ask().told().await;
        assert_eq!((told.status.as_u16(), told.code()), (428, "precondition_required"), "{place}");
        for stale in ["\"0\"", "\"999\"", "\"9223372036854775807\""] {
            let told = ask().header("if-match", stale).told().await;
            assert_eq!((told.status.as_u16(), told.code()), (412, "stale"), "{place} {stale}");
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
            let told = ask().header("if-match", &junk).told().await;
            assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{place} {junk}");
        }
        let twice = ask().header("if-match", etag).header("if-match", etag).told().await;
        assert_eq!(twice.code(), "malformed");
        assert_eq!(table.get(&place).await.body, seen.body, "nothing has happened");

        let told = ask().header("if-match", etag).told().await;
        assert_eq!(told.status, 200, "{told:?}");
        assert_ne!(told.header("etag"), etag);
        assert_eq!(told.header("etag"), table.get(&place).await.header("etag"));
        assert_eq!(ask().header("if-match", etag).told().await.code(), "stale");
        assert_eq!(ask().header("if-match", "*").told().await.status, 200);
    }
}

/// Whether it changes the thing itself.
fn is_change(operation: &Operation) -> bool {
    let reads = operation.method == "GET";
    operation.kind().is_some()
        && !reads
        && !["duplicate_credential", "new_setup_link"].contains(&operation.name.as_str())
}

async fn every_change_of_one_thing_can_be_bound_to_what_was_seen(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let acme = table.bed.account("acme").await;
    let mut changes = 0;
    for operation in operations().iter().filter(|operation| is_change(operation)) {
        // Whatever the one before has done to it.
        table.bed.put_account(&acme).await;
        let kind = operation.kind().unwrap();
        let account = if kind == "/access-requests" { format!("newcomer-{changes}") } else { "acme".into() };
        if account != "acme" {
            table.newcomer(&account).await;
        }
        let id = table.thing(kind, &account).await;
        let place = format!("{kind}/{id}");
        let ask = || {
            let ask = table.ask(&operation.method, &operation.path.replace("{id}", &id));
            if operation.body.is_empty() { ask } else { ask.json(&operation.sample(&id)) }
        };
        let seen = table.get(&place).await;
        let told = ask().header("if-match", "\"999\"").told().await;
        assert_eq!((told.status.as_u16(), told.code()), (412, "stale"), "{}", operation.name);
        let told = ask().header("if-match", "junk").told().await;
        assert_eq!((told.status.as_u16(), told.code()), (400, "malformed"), "{}", operation.name);
        assert_eq!(table.get(&place).await.body, seen.body, "{}", operation.name);
        let told = ask().header("if-match", seen.header("etag")).told().await;
        assert_eq!(told.status, 200, "{} {told:?}", operation.name);
        changes += 1;
    }
    assert_eq!(changes, 23);
}

async fn of_many_edits_of_one_revision_one_is_done(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let place = format!("/credentials/{}", table.made("acme").await);
    let edit = |number: usize| {
        table.ask("PATCH", &place).header("if-match", "\"1\"").json(&json!({"name": format!("name {number}")})).told()
    };
    let answers = join_all((0..20).map(edit)).await;
    let done: Vec<_> = answers.iter().filter(|told| told.status == 200).collect();
    assert_eq!(done.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|told| told.status == 200 || told.code() == "stale"), "{answers:?}");
    assert_eq!(table.get(&place).await.body, done[0].body);
}
