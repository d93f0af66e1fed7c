//! `/api-management`

use claviger::store::Role;

use super::visitors::{HOSTILE, Pages, assert_roles};
use crate::control::works;
use crate::store::test_database::token;

#[tokio::test]
async fn those_who_manage_credentials_see_all_keys() {
    let pages = Pages::start().await;
    assert_roles(&pages, "/api-management", [200, 200, 200, 403]).await;
    pages.bed.execute("UPDATE accounts SET granted = FALSE").await;
    assert_roles(&pages, "/api-management", [200, 404, 404, 403]).await;
}

#[tokio::test]
async fn keys_of_the_account_are_listed_and_cleared() {
    let pages = Pages::start().await;
    let (owner, implementer) = (pages.owner().await, pages.person(Role::Implementer).await);
    let other = pages.named(Role::Owner, Some("hooli"), "usr_hooli").await;
    assert!(implementer.get("/api-management").await.text.contains("No API keys yet"));
    let key = owner.post("/my-key", "").await.shown().to_owned();
    other.post("/my-key", "").await;
    pages.bed.put(&token("integration", "acme", "clv_x")).await;

    let list = implementer.get("/api-management").await;
    assert!(list.text.contains("usr_owner@example.org") && list.text.contains("1 enabled"), "{}", list.text);
    assert!(!list.text.contains("usr_hooli") && !list.text.contains("integration"), "{}", list.text);
    for (query, is_there) in [
        ("user=USR_owner%40example.org", true),
        ("user=sr_own", true),
        ("user=+Owner%40EX+", true),
        ("user=%25", false),
        ("user=usr_hooli%40example.org", false),
        ("user=nobody%40example.org", false),
        ("state=disabled", false),
        ("state=enabled", true),
    ] {
        let page = implementer.get(&format!("/api-management?{query}")).await;
        assert_eq!(
            (page.status.as_u16(), page.text.contains("own-usr_owner")),
            (200, is_there),
            "{query}: {}",
            page.text
        );
    }
    let staff = pages.person(Role::Staff).await;
    assert!(staff.get("/api-management?account=hooli").await.text.contains("own-usr_hooli"));
    assert_eq!(implementer.get("/api-management?account=hooli").await.status, 404);

    let ask = implementer.get("/api-management/own-usr_owner/clear").await;
    assert!(ask.text.contains("must generate a new key"), "{}", ask.text);
    let stale = implementer.post("/api-management/own-usr_owner/clear", "revision=7").await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert!(works(&pages.bed, &key).await);
    let cleared = implementer.post("/api-management/own-usr_owner/clear", "revision=1&once=a").await;
    assert_eq!(cleared.leads(), (303, "/keys/api-management"));
    assert!(!works(&pages.bed, &key).await);
    let again = implementer.post("/api-management/own-usr_owner/clear", "revision=1&once=a").await;
    assert!(again.text.contains("This was done already"), "{}", again.text);
    assert!(owner.get("/my-key").await.text.contains("You have no key"));
}

#[tokio::test]
async fn a_user_is_found_by_a_part_of_their_name_which_leads_to_their_key() {
    let pages = Pages::start().await;
    let (owner, implementer) = (pages.owner().await, pages.person(Role::Implementer).await);
    let other = pages.named(Role::Owner, Some("hooli"), "usr_hooli").await;
    for person in [&owner, &implementer, &other] {
        person.post("/my-key", "").await;
    }
    pages.bed.execute("UPDATE users SET name = 'Zoë Owner' WHERE id IN ('usr_owner', 'usr_hooli')").await;
    for (part, found) in [("zo%C3%AB", true), ("ZO", true), ("o%C3%AB+Ow", true), ("mplement", false)] {
        let page = implementer.get(&format!("/api-management?user={part}")).await;
        assert_eq!(page.text.contains("own-usr_owner"), found, "{part}: {}", page.text);
        assert_eq!(page.text.contains("own-usr_implementer"), !found, "{part}: {}", page.text);
        assert!(!page.text.contains("usr_hooli") && page.text.contains("1 enabled"), "{part}: {}", page.text);
    }
    let page = implementer.get("/api-management").await;
    let link = page.text.split_once("<h2><a href=\"/keys").unwrap().1.split('"').next().unwrap().replace("&#38;", "&");
    let key = implementer.get(&link).await;
    assert_eq!(key.status, 200, "{link}");
    assert!(key.text.contains("Zoë Owner") || key.text.contains("own-usr_implementer"), "{}", key.text);
}

#[tokio::test]
async fn clearing_a_key_keeps_the_filter_of_the_list() {
    let pages = Pages::start().await;
    let (staff, owner) = (pages.person(Role::Staff).await, pages.owner().await);
    owner.post("/my-key", "").await;
    let list = staff.get("/api-management?account=acme&user=usr+own&state=enabled").await;
    assert!(!list.text.contains("own-usr_owner"), "{}", list.text);
    let query = "account=acme&user=%5Fowner%40&state=enabled";
    let list = staff.get(&format!("/api-management?{query}")).await;
    let link = list.text.split_once("class=\"more\"").unwrap().1.split_once("href=\"/keys").unwrap().1;
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(link, format!("/api-management/own-usr_owner/clear?{query}"));
    let ask = staff.get(&link).await;
    assert!(ask.text.contains("name=\"user\" value=\"_owner@\""), "{}", ask.text);
    let back = format!("href=\"/keys/api-management?{}\"", query.replace('&', "&#38;"));
    assert!(ask.text.contains(&back), "{}", ask.text);
    let form = "account=acme&user=_owner%40&state=enabled";
    let stale = staff.post("/api-management/own-usr_owner/clear", &format!("{form}&revision=7")).await;
    assert!(stale.status == 409 && stale.text.contains("value=\"_owner@\""), "{}", stale.text);
    let cleared = staff.post("/api-management/own-usr_owner/clear", &format!("{form}&revision=1")).await;
    assert_eq!(cleared.leads(), (303, format!("/keys/api-management?{query}").as_str()));
    for (junk, status) in [("x=y", 400), ("user=a&user=b", 400), ("user=%3Cb%3E", 200), ("state=%00", 200)] {
        let page = staff.get(&format!("/api-management/own-usr_owner/clear?{junk}")).await;
        assert_eq!(page.status, status, "{junk}: {}", page.text);
        assert!(!page.text.contains("<b>"), "{}", page.text);
    }
}

#[tokio::test]
async fn keys_of_others_and_other_credentials_are_not_found() {
    let pages = Pages::start().await;
    let (owner, other) = (pages.owner().await, pages.named(Role::Owner, Some("hooli"), "usr_hooli").await);
    other.post("/my-key", "").await;
    pages.bed.put(&token("integration", "acme", "clv_x")).await;
    let missing = owner.get("/api-management/own-nobody/clear").await;
    assert_eq!(missing.status, 404);
    for id in ["own-usr_hooli", "integration", "%ff", "%3Cimg%3E"] {
        let page = owner.get(&format!("/api-management/{id}/clear")).await;
        assert_eq!((page.status, page.steady()), (missing.status, missing.steady()), "{id}");
        assert_eq!(owner.post(&format!("/api-management/{id}/clear"), "").await.status, 404, "{id}");
    }
    let member = pages.person(Role::Member).await;
    assert_eq!(member.post("/api-management/own-usr_owner/clear", "").await.status, 403);
    assert_eq!(owner.post("/api-management/own-usr_hooli/clear", "x=y").await.status, 400);
}

#[tokio::test]
async fn hostile_users_and_queries_are_text() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    owner.post("/my-key", "").await;
    let text = HOSTILE.replace('\'', "''");
    pages.bed.execute(&format!("UPDATE users SET name = '{text}'")).await;
    pages.bed.execute(&format!("UPDATE credentials SET disabled_reason = '{text}'")).await;
    owner.get("/api-management").await.assert_escaped("list");
    owner.get("/api-management/own-usr_owner/clear").await.assert_escaped("clear");
    for (query, status) in
        [("state=x", 422), ("cursor=x", 422), ("account=%3Cimg", 422), ("x=y", 400), ("user=%00", 422)]
    {
        assert_eq!(owner.get(&format!("/api-management?{query}")).await.status.as_u16(), status, "{query}");
    }
}
