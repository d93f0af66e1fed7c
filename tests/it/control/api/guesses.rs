//! Wrong passwords at sign-in.

use serde_json::json;

use super::TestApi;
use super::people::PASSWORD;
use crate::store::test_database::{TestDatabase, on_each};

const ANN: &str = "ann@acme.example";

on_each!(
    a_wrong_password_an_unknown_user_and_a_disabled_user_get_the_same_bytes,
    guesses_are_throttled_by_address,
    many_names_from_one_address_are_throttled_too,
    wrong_guesses_at_many_names_are_throttled_at_any_pace,
    guesses_at_links_are_throttled,
    a_new_password_works_at_once_where_the_previous_one_was_guessed_at,
);

async fn a_wrong_password_an_unknown_user_and_a_disabled_user_get_the_same_bytes(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.person(ANN, "owner", Some("acme")).await;
    let off = api.person("off@acme.example", "owner", Some("acme")).await;
    api.post(&format!("/users/{off}/disable"), json!({})).await;
    api.invited("new@acme.example", "owner", Some("acme")).await;
    let wrong = "wrong horse battery";
    let tries = [
        (ANN, wrong),
        (ANN, ""),
        (ANN, "x"),
        ("off@acme.example", PASSWORD),
        ("off@acme.example", wrong),
        ("new@acme.example", PASSWORD),
        ("stranger@acme.example", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
    ];
    let mut answers = Vec::new();
    for (email, password) in tries {
        let reply = api.sign_in("192.0.2.1", email, password).send().await;
        assert_eq!((reply.status.as_u16(), reply.code()), (401, "sign_in_failed"), "{email} {password}");
        answers.push((email, password, reply.without_id()));
        api.pause();
    }
    for (email, password, answer) in &answers {
        assert_eq!(*answer, answers[0].2, "{email} {password}");
    }
}

async fn guesses_are_throttled_by_address(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.person(ANN, "owner", Some("acme")).await;
    let mut put_off = None;
    for number in 0..6 {
        let reply = api.sign_in("192.0.2.66", ANN, &format!("wrong horse {number}")).send().await;
        if reply.status == 429 {
            put_off = Some(reply);
            break;
        }
        assert_eq!(reply.code(), "sign_in_failed");
    }
    let put_off = put_off.expect("six guesses cost nothing");
    assert_eq!(put_off.code(), "too_many_requests");
    let seconds: u64 = put_off.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    let right = api.sign_in("192.0.2.66", ANN, PASSWORD).send().await;
    assert_eq!((right.status.as_u16(), right.header("set-cookie")), (429, ""), "not checked");
    let elsewhere = api.sign_in("198.51.100.1", ANN, PASSWORD).send().await;
    assert_eq!(elsewhere.status, 200, "another address is not throttled");
    let stranger = api.sign_in("203.0.113.1", "stranger@acme.example", PASSWORD).send().await;
    assert_eq!(stranger.code(), "sign_in_failed");
    api.clock.advance(std::time::Duration::from_secs(seconds));
    assert_eq!(api.sign_in("192.0.2.66", ANN, PASSWORD).send().await.status, 200);
}

/// By their pace, which counts right passwords as well.
async fn many_names_from_one_address_are_throttled_too(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    api.person(ANN, "owner", Some("acme")).await;
    let mut answers = Vec::new();
    let mut detail = String::new();
    for number in 0..12 {
        let reply = api.sign_in("192.0.2.66", &format!("user{number}@acme.example"), PASSWORD).send().await;
        answers.push((reply.status.as_u16(), reply.header("retry-after").to_owned()));
        detail = reply.body["detail"].to_string();
    }
    assert_eq!(answers[9], (401, String::new()));
    assert_eq!(answers[11], (429, "3".into()));
    assert!(detail.contains("right and wrong ones (20 a minute)"), "the pace is not named: {detail}");
    assert_eq!(api.sign_in("198.51.100.1", ANN, PASSWORD).send().await.status, 200);
}

async fn wrong_guesses_at_many_names_are_throttled_at_any_pace(bed: TestDatabase) {
    let api = TestApi::with_free_guesses(bed, 12).await;
    api.person(ANN, "owner", Some("acme")).await;
    for number in 0..20 {
        let reply = api.sign_in("192.0.2.66", &format!("user{number}@acme.example"), PASSWORD).send().await;
        if reply.status == 429 {
            let detail = reply.body["detail"].to_string();
            assert!(number >= 12 && !detail.contains("a minute"), "{number}: {detail}");
            let right = api.sign_in("192.0.2.66", ANN, PASSWORD).send().await;
            assert_eq!(right.status, 429, "not checked");
            return;
        }
        assert_eq!(reply.code(), "sign_in_failed");
        // As many as the pace allows.
        api.clock.advance(std::time::Duration::from_secs(3));
    }
    panic!("twenty guesses cost nothing");
}

async fn guesses_at_links_are_throttled(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let mut last = 410;
    for number in 0..12 {
        let body = json!({"ticket": format!("{number:043}")});
        let reply = api.request("POST", "/setup/look").from("192.0.2.66").json(&body).send().await;
        last = reply.status.as_u16();
        assert!(matches!(last, 410 | 429), "{reply:?}");
    }
    assert_eq!(last, 429);
}

async fn a_new_password_works_at_once_where_the_previous_one_was_guessed_at(bed: TestDatabase) {
    let api = TestApi::new(bed).await;
    let id = api.person(ANN, "owner", Some("acme")).await;
    let wrong = async || api.sign_in("192.0.2.66", ANN, "wrong horse").send().await.status.as_u16();
    assert_eq!([wrong().await, wrong().await, wrong().await, wrong().await], [401, 401, 401, 429]);
    let link = api.post(&format!("/users/{id}/setup-link"), json!({})).await;
    let reply = api.use_link(link.body["ticket"].as_str().unwrap(), "another horse battery").await;
    assert_eq!(reply.status, 204, "{reply:?}");
    assert_eq!(api.sign_in("192.0.2.66", ANN, "another horse battery").send().await.status, 200);
}
