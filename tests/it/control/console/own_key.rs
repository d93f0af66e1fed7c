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
    let off = owner.get("/my-key").await;
    assert!(
        off.text.contains("API access of your account is switched off") && off.text.contains("href=\"/keys/access\"")
    );
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

#[tokio::test]
async fn a_button_that_can_only_fail_is_not_there_and_a_late_press_says_why() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    let ways = |page: &str| (page.contains("action=\"/keys/my-key\""), page.contains("/my-key/regenerate"));
    assert_eq!(ways(&owner.get("/my-key").await.text), (true, false));
    pages.bed.execute("UPDATE accounts SET switched_on = FALSE").await;
    assert_eq!(ways(&owner.get("/my-key").await.text), (false, false), "no key, access off");
    let late = owner.post("/my-key", "").await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("<h1>My API key</h1>") && late.text.contains("switched off"), "{}", late.text);
    pages.bed.execute("UPDATE accounts SET switched_on = TRUE").await;
    owner.post("/my-key", "").await;
    assert_eq!(ways(&owner.get("/my-key").await.text), (false, true));
    for (change, text) in [
        ("UPDATE accounts SET switched_on = FALSE", "API access of your account is switched off"),
        ("UPDATE credentials SET expires_at = 1000", "Ask an owner of the account to extend it."),
        ("UPDATE credentials SET version = 'gone'", "Ask an owner of the account to upgrade it."),
        ("UPDATE credentials SET enabled = FALSE", "until an owner of the account enables it"),
    ] {
        pages.bed.execute(change).await;
        let page = owner.get("/my-key").await;
        assert_eq!(ways(&page.text), (false, false), "{change}: {}", page.text);
        assert!(page.text.contains(text), "{change}: {}", page.text);
        assert_eq!(owner.get("/my-key/regenerate").await.leads(), (303, "/keys/my-key"), "{change}");
        let late = owner.post("/my-key/regenerate", "").await;
        assert_eq!(late.status, 409, "{change}: {}", late.text);
        assert!(late.text.contains("<h1>My API key</h1>") && late.text.contains("class=\"errors\""), "{}", late.text);
        pages.bed.execute("UPDATE accounts SET switched_on = TRUE").await;
        pages.bed.execute("UPDATE credentials SET expires_at = NULL, version = '2', enabled = TRUE").await;
    }
    // Cleared, and past its end: a new secret would be refused.
    owner.post("/my-key/off", "").await;
    pages.bed.execute("UPDATE credentials SET expires_at = 1000").await;
    assert_eq!(ways(&owner.get("/my-key").await.text), (false, false));
}

#[tokio::test]
async fn a_stale_page_of_the_own_key_replaces_no_newer_one() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    owner.post("/my-key", "").await;
    let ask = owner.get("/my-key/regenerate").await;
    let revision = ask.text.split_once("name=\"revision\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let key = owner.post("/my-key/regenerate", "").await.shown().to_owned();
    for path in ["/my-key/regenerate", "/my-key/off"] {
        let stale = owner.post(path, &format!("revision={revision}")).await;
        assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    }
    assert!(works(&pages.bed, &key).await);
}

/// The page that an owner is sent to by "ask an owner of the account to extend it".
#[tokio::test]
async fn an_owner_extends_and_upgrades_the_key_of_a_user() {
    let pages = Pages::start().await;
    let (owner, other) = (pages.owner().await, pages.person(Role::Implementer).await);
    other.post("/my-key", "").await;
    pages.bed.execute("UPDATE credentials SET expires_at = 1000, version = '1'").await;
    let list = owner.get("/credentials?kind=own").await;
    for page in ["edit", "upgrade"] {
        assert!(list.text.contains(&format!("/credentials/own-usr_implementer/{page}")), "{}", list.text);
        assert_eq!(owner.get(&format!("/credentials/own-usr_implementer/{page}")).await.status, 200);
    }
    let edited = owner.post("/credentials/own-usr_implementer/edit", "expires=never").await;
    assert_eq!(edited.status, 303, "{}", edited.text);
    assert_eq!(owner.post("/credentials/own-usr_implementer/upgrade", "version=2").await.status, 303);
    let key = other.post("/my-key/regenerate", "").await.shown().to_owned();
    assert!(works(&pages.bed, &key).await);
}
