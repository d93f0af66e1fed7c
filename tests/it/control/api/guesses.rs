//! Guessing at the door.

use serde_json::json;

use super::Table;
use super::people::PASSWORD;
use crate::store::test_database::{TestDatabase, on_each};

const ANN: &str = "ann@acme.example";

on_each!(
    a_wrong_password_and_nobody_and_somebody_disabled_are_told_the_same_byte_by_byte,
    guesses_are_put_off_where_they_come_from_and_nowhere_else,
    many_names_from_one_place_are_put_off_too,
    guesses_at_links_are_put_off,
);

async fn a_wrong_password_and_nobody_and_somebody_disabled_are_told_the_same_byte_by_byte(bed: TestDatabase) {
    let table = Table::new(bed).await;
    table.person(ANN, "owner", Some("acme")).await;
    let off = table.person("off@acme.example", "owner", Some("acme")).await;
    table.post(&format!("/users/{off}/disable"), json!({})).await;
    table.invited("new@acme.example", "owner", Some("acme")).await;
    let wrong = "wrong horse battery";
    let tries = [
        (ANN, wrong),
        (ANN, ""),
        (ANN, "x"),
        ("off@acme.example", PASSWORD),
        ("off@acme.example", wrong),
        ("new@acme.example", PASSWORD),
        ("nobody@acme.example", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
    ];
    let mut answers = Vec::new();
    for (email, password) in tries {
        let told = table.sign_in("192.0.2.1", email, password).told().await;
        assert_eq!((told.status.as_u16(), told.code()), (401, "sign_in_failed"), "{email} {password}");
        answers.push((email, password, told.without_id()));
        table.pause();
    }
    for (email, password, answer) in &answers {
        assert_eq!(*answer, answers[0].2, "{email} {password}");
    }
}

async fn guesses_are_put_off_where_they_come_from_and_nowhere_else(bed: TestDatabase) {
    let table = Table::new(bed).await;
    table.person(ANN, "owner", Some("acme")).await;
    let mut put_off = None;
    for number in 0..6 {
        let told = table.sign_in("192.0.2.66", ANN, &format!("wrong horse {number}")).told().await;
        if told.status == 429 {
            put_off = Some(told);
            break;
        }
        assert_eq!(told.code(), "sign_in_failed");
    }
    let put_off = put_off.expect("six guesses cost nothing");
    assert_eq!(put_off.code(), "too_many_requests");
    let seconds: u64 = put_off.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    let right = table.sign_in("192.0.2.66", ANN, PASSWORD).told().await;
    assert_eq!((right.status.as_u16(), right.header("set-cookie")), (429, ""), "nobody looks at it");
    let elsewhere = table.sign_in("198.51.100.1", ANN, PASSWORD).told().await;
    assert_eq!(elsewhere.status, 200, "nobody can lock somebody else out");
    let stranger = table.sign_in("203.0.113.1", "nobody@acme.example", PASSWORD).told().await;
    assert_eq!(stranger.code(), "sign_in_failed");
    table.clock.advance(std::time::Duration::from_secs(seconds));
    assert_eq!(table.sign_in("192.0.2.66", ANN, PASSWORD).told().await.status, 200);
}

async fn many_names_from_one_place_are_put_off_too(bed: TestDatabase) {
    let table = Table::new(bed).await;
    table.person(ANN, "owner", Some("acme")).await;
    let mut answers = Vec::new();
    for number in 0..12 {
        let told = table.sign_in("192.0.2.66", &format!("user{number}@acme.example"), PASSWORD).told().await;
        answers.push((told.status.as_u16(), told.header("retry-after").to_owned()));
    }
    assert_eq!(answers[9], (401, String::new()));
    assert_eq!(answers[11], (429, "3".into()));
    assert_eq!(table.sign_in("198.51.100.1", ANN, PASSWORD).told().await.status, 200);
}

async fn guesses_at_links_are_put_off(bed: TestDatabase) {
    let table = Table::new(bed).await;
    let mut last = 410;
    for number in 0..12 {
        let body = json!({"ticket": format!("{number:043}")});
        let told = table.ask("POST", "/setup/look").from("192.0.2.66").json(&body).told().await;
        last = told.status.as_u16();
        assert!(matches!(last, 410 | 429), "{told:?}");
    }
    assert_eq!(last, 429);
}
