//! `/publishers`

use claviger::store::Role;

use super::visitors::{HOSTILE, Pages, Person, assert_roles};
use super::webhooks::revision;

const NEW: &str = "name=order+service&account=acme&expires_at=2099-01-01";

/// The id of the only publisher, from the list.
async fn only(staff: &Person<'_>) -> String {
    let list = staff.get("/publishers").await;
    let rest = list.text.split_once("/keys/publishers/pub_").unwrap_or_else(|| panic!("{}", list.text)).1;
    format!("pub_{}", rest.split('/').next().unwrap())
}

#[tokio::test]
async fn staff_alone_manages_publishers() {
    let pages = Pages::with_webhooks().await;
    for path in ["/publishers", "/publishers/new"] {
        assert_roles(&pages, path, [200, 403, 403, 403]).await;
    }
    for role in [Role::Owner, Role::Implementer, Role::Member] {
        let person = pages.person(role).await;
        for path in ["/publishers/new", "/publishers/x/disable", "/publishers/x/enable", "/publishers/x/delete"] {
            assert_eq!(person.post(path, "").await.status, 403, "{path}");
        }
        assert!(!person.get("/profile").await.text.contains("/keys/publishers"));
    }
    assert!(pages.person(Role::Staff).await.get("/profile").await.text.contains("/keys/publishers"));
}

#[tokio::test]
async fn a_token_is_shown_once_disabled_and_deleted_after_questions() {
    let pages = Pages::with_webhooks().await;
    let staff = pages.person(Role::Staff).await;
    let created = staff.post("/publishers/new", &format!("{NEW}&once=a")).await;
    let secret = created.shown().to_owned();
    assert!(secret.starts_with("clvpub_"), "{secret}");
    assert!(created.text.contains("<code>https://example.org/keys/api/v1/events</code>"), "{}", created.text);
    let again = staff.post("/publishers/new", &format!("{NEW}&once=a")).await;
    assert!(again.text.contains("This was done already") && !again.text.contains(&secret), "{}", again.text);
    let list = staff.get("/publishers").await;
    assert!(list.text.contains("order service") && !list.text.contains(&secret), "{}", list.text);
    let id = only(&staff).await;
    let page = format!("/publishers/{id}");
    assert!(list.text.contains(&format!("href=\"/keys{page}/disable\"")), "{}", list.text);
    assert!(!list.text.contains(&format!("action=\"/keys{page}")), "no button does it at once: {}", list.text);
    let ask = staff.get(&format!("{page}/disable?cursor=x")).await;
    for text in ["order service", "Last used: never", "until it is enabled again", "name=\"cursor\" value=\"x\""] {
        assert!(ask.text.contains(text), "{text}: {}", ask.text);
    }
    assert_eq!(staff.get(&format!("{page}/disable?x=y")).await.status, 400);
    assert_eq!(staff.post(&format!("{page}/disable"), "revision=7").await.status, 409);
    let disable = format!("revision={}", revision(&ask));
    assert_eq!(staff.post(&format!("{page}/disable"), &disable).await.leads(), (303, "/keys/publishers"));
    assert!(staff.get("/publishers").await.text.contains("Disabled"));
    let stale = staff.post(&format!("{page}/enable"), "revision=1").await;
    assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    assert_eq!(staff.post(&format!("{page}/enable"), "revision=2").await.leads(), (303, "/keys/publishers"));
    let ask = staff.get(&format!("{page}/delete")).await;
    assert_eq!(revision(&ask), "3");
    assert_eq!(staff.post(&format!("{page}/delete"), "revision=1").await.status, 409);
    let deleted = staff.post(&format!("{page}/delete"), "revision=3&once=b").await;
    assert_eq!(deleted.leads(), (303, "/keys/publishers"));
    assert!(staff.post(&format!("{page}/delete"), "revision=3&once=b").await.text.contains("done already"));
    assert_eq!(staff.get(&format!("{page}/delete")).await.status, 404);
    assert!(staff.get("/publishers").await.text.contains("There are no publishers"));
}

#[tokio::test]
async fn what_is_wrong_with_a_publisher_is_at_its_field() {
    let pages = Pages::with_webhooks().await;
    let staff = pages.person(Role::Staff).await;
    for (form, field) in [
        ("", "name"),
        ("name=x&account=a+b", "account"),
        ("name=x&account=unknown", "account"),
        ("name=x&expires_at=soon", "expires_at"),
        ("name=x&expires_at=2001-01-01", "expires_at"),
    ] {
        let page = staff.post("/publishers/new", form).await;
        assert!(page.status == 422 && page.text.contains(&format!("id=\"{field}-fault\"")), "{form}: {}", page.text);
    }
    assert_eq!(staff.post("/publishers/new", "name=x&role=staff").await.status, 400);
    for (query, status) in [("cursor=x", 422), ("x=y", 400)] {
        assert_eq!(staff.get(&format!("/publishers?{query}")).await.status.as_u16(), status, "{query}");
    }
    for id in ["pub_none", "%ff", "a%20b"] {
        for question in ["disable", "delete"] {
            assert_eq!(staff.get(&format!("/publishers/{id}/{question}")).await.status, 404, "{id}");
        }
        assert_eq!(staff.post(&format!("/publishers/{id}/enable"), "").await.status, 404, "{id}");
    }
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM publishers").await, 0);
}

#[tokio::test]
async fn hostile_names_of_publishers_are_text() {
    let pages = Pages::with_webhooks().await;
    let staff = pages.person(Role::Staff).await;
    staff.post("/publishers/new", NEW).await;
    let name = HOSTILE.replace('\'', "''");
    pages.bed.execute(&format!("UPDATE publishers SET name = '{name}'")).await;
    staff.get("/publishers").await.assert_escaped("list");
    let id = only(&staff).await;
    for question in ["disable", "delete"] {
        staff.get(&format!("/publishers/{id}/{question}")).await.assert_escaped(question);
    }
}
