//! Sessions: the cookie, and when it ends.

use serde_json::json;

use super::TestApi;
use super::people::PASSWORD;
use crate::store::test_database::{TestDatabase, on_each};

const ANN: &str = "ann@acme.example";

on_each!(
    signing_in_sets_one_cookie_that_only_this_host_gets_and_no_script_reads,
    every_sign_in_starts_a_new_session_and_ends_the_previous_one_of_the_browser,
    a_session_chosen_by_an_attacker_is_not_adopted,
    signing_out_ends_the_session,
    the_sessions_of_a_disabled_user_end_and_stay_ended,
    ending_the_sessions_of_a_user_signs_them_out_and_leaves_their_password,
    another_password_ends_every_other_session,
    using_a_new_link_ends_every_session,
    a_session_follows_a_change_of_role,
);

async fn api(bed: TestDatabase) -> (TestApi, String) {
    let api = TestApi::new(bed).await;
    let id = api.person(ANN, "owner", Some("acme")).await;
    (api, id)
}

async fn signing_in_sets_one_cookie_that_only_this_host_gets_and_no_script_reads(bed: TestDatabase) {
    let (api, id) = api(bed).await;
    let reply = api.sign_in("192.0.2.1", ANN, PASSWORD).send().await;
    assert_eq!((reply.status.as_u16(), &reply.body["id"], &reply.body["account"]), (200, &json!(id), &json!("acme")));
    let set = reply.header("set-cookie").to_owned();
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
    assert!(!reply.body.to_string().contains(value));
    assert!(api.knows(&reply.cookie()).await);

    let wrong = api.sign_in("192.0.2.1", ANN, "wrong horse battery").send().await;
    assert_eq!((wrong.status.as_u16(), wrong.header("set-cookie")), (401, ""));
}

async fn every_sign_in_starts_a_new_session_and_ends_the_previous_one_of_the_browser(bed: TestDatabase) {
    let (api, _) = api(bed).await;
    let (first, elsewhere) = (api.cookie(ANN).await, api.cookie(ANN).await);
    assert_ne!(first, elsewhere);
    let again = api.sign_in("192.0.2.1", ANN, PASSWORD).header("cookie", &first);
    let second = again.header("sec-fetch-site", "same-origin").send().await.cookie();
    assert!(second != first && second != elsewhere);
    assert!(api.knows(&second).await && api.knows(&elsewhere).await);
    assert!(!api.knows(&first).await, "the browser has another one now");
}

async fn a_session_chosen_by_an_attacker_is_not_adopted(bed: TestDatabase) {
    let (api, _) = api(bed).await;
    let planted = format!("__Host-claviger={}", "a".repeat(43));
    let again = api.sign_in("192.0.2.1", ANN, PASSWORD).header("cookie", &planted);
    let own = again.header("sec-fetch-site", "same-origin").send().await.cookie();
    assert_ne!(own, planted);
    assert!(api.knows(&own).await && !api.knows(&planted).await);
    for near in [own.to_uppercase(), format!("{own}a"), own[..own.len() - 1].to_owned()] {
        let near = near.replacen("__HOST-CLAVIGER", "__Host-claviger", 1);
        assert!(!api.knows(&near).await, "{near}");
    }
}

async fn signing_out_ends_the_session(bed: TestDatabase) {
    let (api, _) = api(bed).await;
    let (cookie, elsewhere) = (api.cookie(ANN).await, api.cookie(ANN).await);
    let reply = api.with_cookie(&cookie, "DELETE", "/session").send().await;
    assert_eq!((reply.status.as_u16(), reply.cookie().as_str()), (204, "__Host-claviger="));
    assert!(reply.header("set-cookie").contains("Max-Age=0;"));
    for attribute in ["Path=/", "Secure"] {
        assert!(reply.header("set-cookie").contains(attribute), "else a browser keeps it");
    }
    assert!(!api.knows(&cookie).await && api.knows(&elsewhere).await);
    let again = api.with_cookie(&cookie, "DELETE", "/session").send().await;
    assert_eq!(again.status, 204);
}

async fn the_sessions_of_a_disabled_user_end_and_stay_ended(bed: TestDatabase) {
    let (api, id) = api(bed).await;
    let cookie = api.cookie(ANN).await;
    assert_eq!(api.post(&format!("/users/{id}/disable"), json!({})).await.status, 200);
    assert!(!api.knows(&cookie).await);
    let write = api.with_cookie(&cookie, "POST", "/accounts/acme/switch-off").send().await;
    assert_eq!(write.code(), "unauthenticated");
    assert_eq!(api.sign_in("192.0.2.1", ANN, PASSWORD).send().await.code(), "sign_in_failed");
    assert_eq!(api.post(&format!("/users/{id}/enable"), json!({})).await.status, 200);
    assert!(!api.knows(&cookie).await, "it comes back with its user");
    api.pause();
    assert!(api.knows(&api.cookie(ANN).await).await);
}

async fn ending_the_sessions_of_a_user_signs_them_out_and_leaves_their_password(bed: TestDatabase) {
    let (api, id) = api(bed).await;
    let (cookie, elsewhere) = (api.cookie(ANN).await, api.cookie(ANN).await);
    let other = api.person("bob@acme.example", "owner", Some("acme")).await;
    let bob = api.cookie("bob@acme.example").await;
    api.bed.account("hooli").await;
    api.person("eve@hooli.example", "owner", Some("hooli")).await;
    let eve = api.cookie("eve@hooli.example").await;
    let place = format!("/users/{id}/end-sessions");
    for target in [&place, &format!("/users/{other}/end-sessions")] {
        let refused = api.with_cookie(&eve, "POST", target).send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (404, "not_found"), "{target}");
    }
    assert!(api.knows(&cookie).await && api.knows(&bob).await);
    let ended = api.with_cookie(&bob, "POST", &place).send().await;
    assert_eq!((ended.status.as_u16(), &ended.body["id"]), (200, &json!(id)), "{ended:?}");
    assert!(!api.knows(&cookie).await && !api.knows(&elsewhere).await);
    assert!(api.knows(&bob).await && api.knows(&eve).await, "others stay signed in");
    api.pause();
    assert!(api.knows(&api.cookie(ANN).await).await, "the password stays");
    assert_eq!(api.bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'end_sessions'").await, 1);
    assert_eq!(api.post("/users/usr_none/end-sessions", json!({})).await.status, 404);
}

async fn another_password_ends_every_other_session(bed: TestDatabase) {
    let (api, _) = api(bed).await;
    let (cookie, elsewhere) = (api.cookie(ANN).await, api.cookie(ANN).await);
    let change = async |current: &str, password: &str| {
        let body = json!({"current": current, "password": password});
        api.with_cookie(&cookie, "POST", "/session/password").json(&body).send().await
    };
    let wrong = change("wrong horse battery", "another horse battery").await;
    assert_eq!((wrong.status.as_u16(), &wrong.body["fields"][0]["field"]), (422, &json!("current")));
    assert!(api.knows(&elsewhere).await);
    assert_eq!(change(PASSWORD, "another horse battery").await.status, 204);
    assert!(api.knows(&cookie).await && !api.knows(&elsewhere).await);
    assert_eq!(api.sign_in("192.0.2.1", ANN, PASSWORD).send().await.code(), "sign_in_failed");
    assert_eq!(api.sign_in("192.0.2.1", ANN, "another horse battery").send().await.status, 200);
}

async fn using_a_new_link_ends_every_session(bed: TestDatabase) {
    let (api, id) = api(bed).await;
    let cookie = api.cookie(ANN).await;
    let link = api.post(&format!("/users/{id}/setup-link"), json!({})).await;
    assert!(api.knows(&cookie).await, "an unused link ends nothing");
    let reply = api.use_link(link.body["ticket"].as_str().unwrap(), "another horse battery").await;
    assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (204, ""), "a link does not sign in");
    assert!(!api.knows(&cookie).await);
}

async fn a_session_follows_a_change_of_role(bed: TestDatabase) {
    let (api, id) = api(bed).await;
    let cookie = api.cookie(ANN).await;
    assert_eq!(api.with_cookie(&cookie, "GET", "/users").send().await.status, 200);
    let edit = api.request("PATCH", &format!("/users/{id}")).header("if-match", "*").json(&json!({"role": "member"}));
    assert_eq!(edit.send().await.status, 200);
    assert_eq!(api.with_cookie(&cookie, "GET", "/users").send().await.code(), "forbidden");
}
