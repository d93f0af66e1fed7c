//! Set-up links: looked at, used once.

use futures_util::future::join_all;
use serde_json::json;

use super::{Table, Told};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_link_is_looked_at_as_often_as_one_likes_and_used_once,
    of_many_who_use_one_link_at_once_one_has_set_the_password,
    a_link_that_is_over_or_replaced_is_gone_like_one_that_never_was,
);

async fn look(table: &Table, ticket: &str) -> Told {
    table.ask("POST", "/setup/look").from("192.0.2.1").json(&json!({"ticket": ticket})).told().await
}

async fn a_link_is_looked_at_as_often_as_one_likes_and_used_once(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let (_, ticket) = table.invited("ann@acme.example", "owner", Some("acme")).await;
    for _ in 0..3 {
        let told = look(&table, &ticket).await;
        assert_eq!((told.status.as_u16(), &told.body), (200, &json!({"first": false, "email": "ann@acme.example"})));
    }
    let short = table.use_link(&ticket, "short").await;
    assert_eq!((short.status.as_u16(), &short.body["fields"][0]["field"]), (422, &json!("password")));
    let common = table.use_link(&ticket, "password1").await;
    assert_eq!(common.status, 422);
    assert_eq!(look(&table, &ticket).await.status, 200, "what was refused has used nothing up");
    assert_eq!(table.use_link(&ticket, "correct horse battery").await.status, 204);
    table.pause();
    let again = table.use_link(&ticket, "another horse battery").await;
    assert_eq!((again.status.as_u16(), again.code()), (410, "link_worthless"));
    assert_eq!(look(&table, &ticket).await.code(), "link_worthless");
    assert!(table.knows(&table.cookie("ann@acme.example").await).await);
}

async fn of_many_who_use_one_link_at_once_one_has_set_the_password(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let (_, ticket) = table.invited("ann@acme.example", "owner", Some("acme")).await;
    let passwords: Vec<_> = (0..8).map(|number| format!("correct horse {number}")).collect();
    let answers = join_all(passwords.iter().map(|password| table.use_link(&ticket, password))).await;
    let statuses: Vec<_> = answers.iter().map(|told| told.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 7, "{statuses:?}");
    for (password, status) in passwords.iter().zip(statuses) {
        table.pause();
        let told = table.sign_in("192.0.2.1", "ann@acme.example", password).told().await;
        assert_eq!(told.status == 200, status == 204, "{password}");
        table.clock.advance(std::time::Duration::from_secs(900));
    }
}

async fn a_link_that_is_over_or_replaced_is_gone_like_one_that_never_was(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let (id, first) = table.invited("ann@acme.example", "owner", Some("acme")).await;
    let (_, old) = table.invited("old@acme.example", "owner", Some("acme")).await;
    let second = table.post(&format!("/users/{id}/setup-link"), json!({})).await;
    let second = second.body["ticket"].as_str().unwrap().to_owned();
    assert_eq!(table.use_link(&second, "correct horse battery").await.status, 204);
    table.clock.advance(std::time::Duration::from_secs(72 * 3600));
    let mut answers = Vec::new();
    for ticket in [&first, &second, &old, "", "x", "\0", "é", &"a".repeat(43)] {
        table.pause();
        let told = table.use_link(ticket, "another horse battery").await;
        assert_eq!((told.status.as_u16(), told.code()), (410, "link_worthless"), "{ticket:?}");
        answers.push(told.without_id());
        table.pause();
        assert_eq!(look(&table, ticket).await.code(), "link_worthless", "{ticket:?}");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
