//! Signing in with a browser: what it is given, and when that ends.

use serde_json::json;

use super::Table;
use super::people::PASSWORD;
use crate::store::test_database::{TestDatabase, on_each};

const ANN: &str = "ann@acme.example";

on_each!(
    signing_in_sets_one_cookie_that_only_this_host_gets_and_no_script_reads,
    every_sign_in_begins_a_session_of_its_own_and_ends_the_one_that_the_browser_had,
    a_session_that_somebody_else_made_up_is_not_taken_over,
    whoever_signs_out_is_nobody_from_then_on,
    the_sessions_of_whoever_is_disabled_end_and_stay_ended,
    another_password_ends_every_other_session,
    a_new_link_ends_every_session_once_it_is_used,
    a_session_shows_its_owner_what_their_role_is_now,
);

async fn table(bed: TestDatabase) -> (Table, String) {
    let table = Table::new(bed).await;
    let id = table.person(ANN, "owner", Some("acme")).await;
    (table, id)
}

async fn signing_in_sets_one_cookie_that_only_this_host_gets_and_no_script_reads(bed: TestDatabase) {
    let (table, id) = table(bed).await;
    let told = table.sign_in("192.0.2.1", ANN, PASSWORD).told().await;
    assert_eq!((told.status.as_u16(), &told.body["id"], &told.body["account"]), (200, &json!(id), &json!("acme")));
    let set = told.header("set-cookie").to_owned();
    let (pair, attributes) = set.split_once("; ").unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    assert_eq!(name, "__Host-claviger");
    assert!(
        value.len() >= 32 && value.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-_".contains(&letter)),
        "{value}"
    );
    let mut attributes: Vec<_> = attributes.split("; ").collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=86400", "Path=/", "SameSite=Lax", "Secure"]);
    assert!(!told.body.to_string().contains(value));
    assert!(table.knows(&told.cookie()).await);

    let wrong = table.sign_in("192.0.2.1", ANN, "wrong horse battery").told().await;
    assert_eq!((wrong.status.as_u16(), wrong.header("set-cookie")), (401, ""));
}

async fn every_sign_in_begins_a_session_of_its_own_and_ends_the_one_that_the_browser_had(bed: TestDatabase) {
    let (table, _) = table(bed).await;
    let (first, elsewhere) = (table.cookie(ANN).await, table.cookie(ANN).await);
    assert_ne!(first, elsewhere);
    let again = table.sign_in("192.0.2.1", ANN, PASSWORD).header("cookie", &first);
    let second = again.header("sec-fetch-site", "same-origin").told().await.cookie();
    assert!(second != first && second != elsewhere);
    assert!(table.knows(&second).await && table.knows(&elsewhere).await);
    assert!(!table.knows(&first).await, "the browser has another one now");
}

async fn a_session_that_somebody_else_made_up_is_not_taken_over(bed: TestDatabase) {
    let (table, _) = table(bed).await;
    let planted = format!("__Host-claviger={}", "a".repeat(43));
    let again = table.sign_in("192.0.2.1", ANN, PASSWORD).header("cookie", &planted);
    let own = again.header("sec-fetch-site", "same-origin").told().await.cookie();
    assert_ne!(own, planted);
    assert!(table.knows(&own).await && !table.knows(&planted).await);
    for near in [own.to_uppercase(), format!("{own}a"), own[..own.len() - 1].to_owned()] {
        let near = near.replacen("__HOST-CLAVIGER", "__Host-claviger", 1);
        assert!(!table.knows(&near).await, "{near}");
    }
}

async fn whoever_signs_out_is_nobody_from_then_on(bed: TestDatabase) {
    let (table, _) = table(bed).await;
    let (cookie, elsewhere) = (table.cookie(ANN).await, table.cookie(ANN).await);
    let told = table.with_cookie(&cookie, "DELETE", "/session").told().await;
    assert_eq!((told.status.as_u16(), told.cookie().as_str()), (204, "__Host-claviger="));
    assert!(told.header("set-cookie").contains("Max-Age=0;"));
    for attribute in ["Path=/", "Secure"] {
        assert!(told.header("set-cookie").contains(attribute), "else a browser keeps it");
    }
    assert!(!table.knows(&cookie).await && table.knows(&elsewhere).await);
    let again = table.with_cookie(&cookie, "DELETE", "/session").told().await;
    assert_eq!(again.status, 204);
}

async fn the_sessions_of_whoever_is_disabled_end_and_stay_ended(bed: TestDatabase) {
    let (table, id) = table(bed).await;
    let cookie = table.cookie(ANN).await;
    assert_eq!(table.post(&format!("/users/{id}/disable"), json!({})).await.status, 200);
    assert!(!table.knows(&cookie).await);
    let write = table.with_cookie(&cookie, "POST", "/accounts/acme/switch-off").told().await;
    assert_eq!(write.code(), "unauthenticated");
    assert_eq!(table.sign_in("192.0.2.1", ANN, PASSWORD).told().await.code(), "sign_in_failed");
    assert_eq!(table.post(&format!("/users/{id}/enable"), json!({})).await.status, 200);
    assert!(!table.knows(&cookie).await, "it comes back with its user");
    table.pause();
    assert!(table.knows(&table.cookie(ANN).await).await);
}

async fn another_password_ends_every_other_session(bed: TestDatabase) {
    let (table, _) = table(bed).await;
    let (cookie, elsewhere) = (table.cookie(ANN).await, table.cookie(ANN).await);
    let change = async |current: &str, password: &str| {
        let body = json!({"current": current, "password": password});
        table.with_cookie(&cookie, "POST", "/session/password").json(&body).told().await
    };
    let wrong = change("wrong horse battery", "another horse battery").await;
    assert_eq!((wrong.status.as_u16(), &wrong.body["fields"][0]["field"]), (422, &json!("current")));
    assert!(table.knows(&elsewhere).await);
    assert_eq!(change(PASSWORD, "another horse battery").await.status, 204);
    assert!(table.knows(&cookie).await && !table.knows(&elsewhere).await);
    assert_eq!(table.sign_in("192.0.2.1", ANN, PASSWORD).told().await.code(), "sign_in_failed");
    assert_eq!(table.sign_in("192.0.2.1", ANN, "another horse battery").told().await.status, 200);
}

async fn a_new_link_ends_every_session_once_it_is_used(bed: TestDatabase) {
    let (table, id) = table(bed).await;
    let cookie = table.cookie(ANN).await;
    let link = table.post(&format!("/users/{id}/setup-link"), json!({})).await;
    assert!(table.knows(&cookie).await, "a link that nobody has used ends nothing");
    let told = table.use_link(link.body["ticket"].as_str().unwrap(), "another horse battery").await;
    assert_eq!((told.status.as_u16(), told.header("set-cookie")), (204, ""), "nobody is signed in by a link");
    assert!(!table.knows(&cookie).await);
}

async fn a_session_shows_its_owner_what_their_role_is_now(bed: TestDatabase) {
    let (table, id) = table(bed).await;
    let cookie = table.cookie(ANN).await;
    assert_eq!(table.with_cookie(&cookie, "GET", "/users").told().await.status, 200);
    let edit = table.ask("PATCH", &format!("/users/{id}")).header("if-match", "*").json(&json!({"role": "member"}));
    assert_eq!(edit.told().await.status, 200);
    assert_eq!(table.with_cookie(&cookie, "GET", "/users").told().await.code(), "forbidden");
}
