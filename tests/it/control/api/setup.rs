//! Set-up links: lookup, and use.

use futures_util::future::join_all;
use serde_json::json;

use super::{ApiReply, TestApi};
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_link_may_be_looked_up_often_and_used_once,
    parallel_uses_of_one_link_set_one_password,
    expired_replaced_and_unknown_links_get_the_same_410,
);

async fn look(api: &TestApi, ticket: &str) -> ApiReply {
    api.request("POST", "/setup/look").from("192.0.2.1").json(&json!({"ticket": ticket})).send().await
}

async fn a_link_may_be_looked_up_often_and_used_once(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let (_, ticket) = api.invited("ann@acme.example", "owner", Some("acme")).await;
    for _ in 0..3 {
        let reply = look(&api, &ticket).await;
        assert_eq!((reply.status.as_u16(), &reply.body), (200, &json!({"first": false, "email": "ann@acme.example"})));
    }
    let short = api.use_link(&ticket, "short").await;
    assert_eq!((short.status.as_u16(), &short.body["fields"][0]["field"]), (422, &json!("password")));
    let common = api.use_link(&ticket, "password1").await;
    assert_eq!(common.status, 422);
    assert_eq!(look(&api, &ticket).await.status, 200, "what was refused has used nothing up");
    assert_eq!(api.use_link(&ticket, "correct horse battery").await.status, 204);
    api.pause();
    let again = api.use_link(&ticket, "another horse battery").await;
    assert_eq!((again.status.as_u16(), again.code()), (410, "link_worthless"));
    assert_eq!(look(&api, &ticket).await.code(), "link_worthless");
    assert!(api.knows(&api.cookie("ann@acme.example").await).await);
}

async fn parallel_uses_of_one_link_set_one_password(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let (_, ticket) = api.invited("ann@acme.example", "owner", Some("acme")).await;
    let passwords: Vec<_> = (0..8).map(|number| format!("correct horse {number}")).collect();
    let answers = join_all(passwords.iter().map(|password| api.use_link(&ticket, password))).await;
    let statuses: Vec<_> = answers.iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 7, "{statuses:?}");
    for (password, status) in passwords.iter().zip(statuses) {
        api.pause();
        let reply = api.sign_in("192.0.2.1", "ann@acme.example", password).send().await;
        assert_eq!(reply.status == 200, status == 204, "{password}");
        api.clock.advance(std::time::Duration::from_secs(900));
    }
}

async fn expired_replaced_and_unknown_links_get_the_same_410(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let (id, first) = api.invited("ann@acme.example", "owner", Some("acme")).await;
    let (_, old) = api.invited("old@acme.example", "owner", Some("acme")).await;
    let second = api.post(&format!("/users/{id}/setup-link"), json!({})).await;
    let second = second.body["ticket"].as_str().unwrap().to_owned();
    assert_eq!(api.use_link(&second, "correct horse battery").await.status, 204);
    api.clock.advance(std::time::Duration::from_secs(72 * 3600));
    let mut answers = Vec::new();
    for ticket in [&first, &second, &old, "", "x", "\0", "é", &"a".repeat(43)] {
        api.pause();
        let reply = api.use_link(ticket, "another horse battery").await;
        assert_eq!((reply.status.as_u16(), reply.code()), (410, "link_worthless"), "{ticket:?}");
        answers.push(reply.without_id());
        api.pause();
        assert_eq!(look(&api, ticket).await.code(), "link_worthless", "{ticket:?}");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
