//! `/my-key`

use claviger::store::Role;

use super::visitors::{HOSTILE, Pages, assert_roles};
use crate::control::works;

#[tokio::test]
async fn who_may_have_a_key_sees_the_page() {
    let pages = Pages::start().await;
    assert_roles(&pages, "/my-key", [403, 200, 200, 404]).await;
    pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    assert_roles(&pages, "/my-key", [403, 200, 200, 200]).await;
    pages.bed.execute("UPDATE accounts SET granted = FALSE").await;
    assert_roles(&pages, "/my-key", [403, 404, 404, 404]).await;
    let owner = pages.owner().await;
    assert!(!owner.get("/").await.text.contains("My API key"));
    for path in ["/my-key", "/my-key/regenerate", "/my-key/off"] {
        assert_eq!(owner.post(path, "").await.leads(), (303, "/keys/access"), "{path}");
        assert_eq!(pages.person(Role::Staff).await.post(path, "").await.status, 403);
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_stops_when_it_is_replaced() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    assert!(owner.get("/my-key").await.text.contains("You have no key"));
    for path in ["/my-key/regenerate", "/my-key/off"] {
        assert_eq!(owner.get(path).await.leads(), (303, "/keys/my-key"), "{path}");
    }
    let on = owner.post("/my-key", "once=a").await;
    assert_eq!(on.status, 200, "{}", on.text);
    let first = on.shown().to_owned();
    assert!(works(&pages.bed, &first).await);

    let again = owner.post("/my-key", "once=a").await;
    assert!(again.text.contains("This was done already") && !again.text.contains(&first), "{}", again.text);
    let twice = owner.post("/my-key", "once=b").await;
    assert_eq!(twice.status, 409, "{}", twice.text);
    let page = owner.get("/my-key").await;
    assert!(page.text.contains(&first[first.len() - 4..]) && !page.text.contains(&first), "{}", page.text);

    assert!(owner.get("/my-key/regenerate").await.text.contains("with the old key stops working at once"));
    let second = owner.post("/my-key/regenerate", "once=c").await.shown().to_owned();
    assert!(!works(&pages.bed, &first).await && works(&pages.bed, &second).await);
    assert_eq!(owner.get("/my-key/off").await.status, 200);
    assert_eq!(owner.post("/my-key/off", "once=d").await.leads(), (303, "/keys/my-key"));
    assert!(!works(&pages.bed, &second).await);
    let third = owner.post("/my-key", "once=e").await.shown().to_owned();
    assert!(works(&pages.bed, &third).await);
}

#[tokio::test]
async fn a_key_that_is_refused_says_why() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    owner.post("/my-key", "once=a").await;
    pages.bed.execute("UPDATE accounts SET switched_on = FALSE").await;
    assert!(owner.get("/my-key").await.text.contains("API access of your account is switched off"));
    pages.bed.execute("UPDATE credentials SET expires_at = 1000").await;
    assert!(owner.get("/my-key").await.text.contains("Expired"));
    let reason = HOSTILE.replace('\'', "''");
    pages.bed.execute(&format!("UPDATE credentials SET enabled = FALSE, disabled_reason = '{reason}'")).await;
    let disabled = owner.get("/my-key").await;
    disabled.assert_escaped("reason");
    assert!(!disabled.text.contains("/my-key/regenerate"), "{}", disabled.text);
    assert_eq!(owner.post("/my-key/regenerate", "once=b").await.status, 409);
}

#[tokio::test]
async fn a_field_that_the_form_does_not_have_is_refused() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    for path in ["/my-key", "/my-key/regenerate", "/my-key/off"] {
        assert_eq!(owner.post(path, "owner=usr_member").await.status, 400, "{path}");
    }
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM credentials").await, 0);
}
