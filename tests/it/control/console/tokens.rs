//! `/operator-tokens`

use claviger::store::Role;

use super::Answer;
use super::visitors::{HOSTILE, Pages, Person, assert_roles};

const NEW: &str = "name=nightly&role=implementer&expires_at=2099-01-01";

/// The id of the only token, from the list.
async fn only(person: &Person<'_>) -> String {
    let list = person.get("/operator-tokens").await;
    let rest = list.text.split_once("/keys/operator-tokens/opt_").unwrap_or_else(|| panic!("{}", list.text)).1;
    format!("opt_{}", rest.split('/').next().unwrap())
}

fn revision(page: &Answer) -> &str {
    page.text.split_once("name=\"revision\" value=\"").unwrap().1.split('"').next().unwrap()
}

#[tokio::test]
async fn owners_and_staff_manage_script_tokens() {
    let pages = Pages::start().await;
    for path in ["/operator-tokens", "/operator-tokens/new"] {
        assert_roles(&pages, path, [200, 200, 403, 403]).await;
    }
    for role in [Role::Implementer, Role::Member] {
        let person = pages.person(role).await;
        for path in [
            "/operator-tokens/new",
            "/operator-tokens/x/disable",
            "/operator-tokens/x/enable",
            "/operator-tokens/x/delete",
        ] {
            assert_eq!(person.post(path, "").await.status, 403, "{path}");
        }
    }
}

#[tokio::test]
async fn a_token_is_shown_once_disabled_and_deleted() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    let created = owner.post("/operator-tokens/new", &format!("{NEW}&once=a")).await;
    let secret = created.shown().to_owned();
    assert!(secret.len() > 30, "{secret}");
    let again = owner.post("/operator-tokens/new", &format!("{NEW}&once=a")).await;
    assert!(again.text.contains("This was done already") && !again.text.contains(&secret), "{}", again.text);
    let list = owner.get("/operator-tokens").await;
    assert!(list.text.contains("nightly") && !list.text.contains(&secret), "{}", list.text);
    let id = only(&owner).await;

    assert_eq!(
        owner.post(&format!("/operator-tokens/{id}/disable"), "revision=1").await.leads(),
        (303, "/keys/operator-tokens")
    );
    assert!(owner.get("/operator-tokens").await.text.contains("Disabled"));
    let stale = owner.post(&format!("/operator-tokens/{id}/enable"), "revision=1").await;
    assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    assert!(stale.text.contains("name=\"revision\" value=\"2\"") && stale.text.contains("nightly"), "{}", stale.text);
    assert_eq!(
        owner.post(&format!("/operator-tokens/{id}/enable"), "revision=2").await.leads(),
        (303, "/keys/operator-tokens")
    );
    let ask = owner.get(&format!("/operator-tokens/{id}/delete")).await;
    assert_eq!(revision(&ask), "3");
    let stale = owner.post(&format!("/operator-tokens/{id}/delete"), "revision=1").await;
    assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    assert_eq!(
        owner.post(&format!("/operator-tokens/{id}/delete"), "revision=3&once=b").await.leads(),
        (303, "/keys/operator-tokens")
    );
    assert!(
        owner.post(&format!("/operator-tokens/{id}/delete"), "revision=3&once=b").await.text.contains("done already")
    );
    assert_eq!(owner.get(&format!("/operator-tokens/{id}/delete")).await.status, 404);
    assert!(owner.get("/operator-tokens").await.text.contains("There are no script tokens"));
}

#[tokio::test]
async fn a_token_of_another_account_is_not_found() {
    let pages = Pages::start().await;
    let (owner, other) = (pages.owner().await, pages.named(Role::Owner, Some("hooli"), "usr_hooli").await);
    other.post("/operator-tokens/new", NEW).await;
    let id = only(&other).await;
    let missing = owner.get("/operator-tokens/opt_none/delete").await;
    let foreign = owner.get(&format!("/operator-tokens/{id}/delete")).await;
    assert_eq!((missing.status.as_u16(), missing.steady()), (404, foreign.steady()));
    for action in ["disable", "enable", "delete"] {
        assert_eq!(owner.post(&format!("/operator-tokens/{id}/{action}"), "").await.status, 404, "{action}");
    }
    assert_eq!(owner.get("/operator-tokens?account=hooli").await.status, 404);
    assert!(pages.person(Role::Staff).await.get("/operator-tokens?account=hooli").await.text.contains(&id));
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_at_its_field() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    for (form, field) in [
        ("role=owner", "name"),
        ("name=x", "role"),
        ("name=x&role=member", "role"),
        ("name=x&role=owner&expires_at=soon", "expires_at"),
        ("name=x&role=owner&expires_at=2001-01-01", "expires_at"),
    ] {
        let page = owner.post("/operator-tokens/new", form).await;
        assert!(page.status == 422 && page.text.contains(&format!("id=\"{field}-fault\"")), "{form}: {}", page.text);
    }
    assert_eq!(owner.post("/operator-tokens/new", "name=x&role=staff").await.status, 403);
    assert_eq!(owner.post("/operator-tokens/new", "name=x&role=owner&account=hooli").await.status, 400);
    for (query, status) in [("account=a+b", 422), ("cursor=x", 422), ("x=y", 400)] {
        let page = pages.person(Role::Staff).await.get(&format!("/operator-tokens?{query}")).await;
        assert_eq!(page.status.as_u16(), status, "{query}: {}", page.text);
    }
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM operator_tokens").await, 0);
}

#[tokio::test]
async fn hostile_names_of_tokens_are_text() {
    let pages = Pages::start().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    owner.post("/operator-tokens/new", NEW).await;
    let name = HOSTILE.replace('\'', "''");
    pages.bed.execute(&format!("UPDATE operator_tokens SET name = '{name}'")).await;
    for person in [&owner, &staff] {
        person.get("/operator-tokens").await.assert_escaped("list");
    }
    let id = only(&owner).await;
    owner.get(&format!("/operator-tokens/{id}/delete")).await.assert_escaped("delete");
}

#[tokio::test]
async fn what_is_done_to_a_token_leads_back_to_the_same_list() {
    let pages = Pages::start().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    for _ in 0..26 {
        owner.post("/operator-tokens/new", NEW).await;
    }
    let first = staff.get("/operator-tokens?account=acme").await;
    let next = first.text.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"/keys").unwrap().1;
    let next = next.trim_end_matches("\" ").replace("&#38;", "&");
    let second = staff.get(&next).await;
    let cursor = second.text.split_once("/disable?account=acme&#38;cursor=").unwrap().1.split('"').next().unwrap();
    let id = second.text.split_once("/keys/operator-tokens/opt_").unwrap().1.split('/').next().unwrap();
    let form = format!("account=acme&cursor={cursor}");
    for (action, revision, status) in
        [("disable", "7", 409), ("disable", "1", 303), ("enable", "7", 409), ("enable", "2", 303), ("delete", "7", 409)]
    {
        let path = format!("/operator-tokens/opt_{id}/{action}");
        let answer = staff.post(&path, &format!("{form}&revision={revision}")).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        match status {
            303 => assert_eq!(answer.header("location"), format!("/keys{next}")),
            _ => assert!(
                answer.text.contains(id) && answer.text.contains("name=\"cursor\"")
                    || answer.text.contains("First page"),
                "{action}: {}",
                answer.text
            ),
        }
    }
}
