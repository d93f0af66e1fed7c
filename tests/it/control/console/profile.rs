//! `/profile`: who one is, and what one may do.

use claviger::store::Role;

use super::stage::Stage;
use super::visitors::{HOSTILE, Pages, ROLES};

#[tokio::test]
async fn a_person_sees_their_role_account_and_rights() {
    let pages = Pages::start().await;
    for (role, lead, right, other) in [
        (Role::Staff, "Works for the provider", "Decide access requests", "Have an API key of your own"),
        (Role::Owner, "Everything in the account", "Ask the provider for API access", "Decide access requests"),
        (Role::Implementer, "API accounts and keys of the account", "Create, change and delete", "Manage users"),
        (Role::Member, "A key of their own", "See the state of API access", "Have an API key of your own"),
    ] {
        let page = pages.person(role).await.get("/profile").await;
        assert!(page.text.contains(lead) && page.text.contains(right), "{role}: {}", page.text);
        assert!(!page.text.contains(other), "{role}: {}", page.text);
        assert_eq!(page.text.contains("<code>acme</code>"), role != Role::Staff, "{role}: {}", page.text);
    }
    pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    let member = pages.person(Role::Member).await.get("/profile").await;
    assert!(member.text.contains("Have an API key of your own"), "{}", member.text);
}

#[tokio::test]
async fn a_person_changes_their_name_and_no_other_field() {
    let pages = Pages::start().await;
    let member = pages.person(Role::Member).await;
    assert_eq!(member.post("/profile/name", "name=Mia&revision=1").await.leads(), (303, "/keys/profile"));
    assert!(member.get("/profile").await.text.contains("Mia, Member"));
    let stale = member.post("/profile/name", "name=Max&revision=1").await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    for text in ["changed this at", "value=\"Max\"", "<b>Mia</b>", "name=\"revision\" value=\"2\""] {
        assert!(stale.text.contains(text), "{text}: {}", stale.text);
    }
    for bad in ["name=a%00b".to_owned(), format!("name={}", "x".repeat(201))] {
        let page = member.post("/profile/name", &bad).await;
        assert!(page.status == 422 && page.text.contains("id=\"name-fault\""), "{bad}: {}", page.text);
    }
    for field in ["role=owner", "email=a%40b.example", "account=hooli"] {
        assert_eq!(member.post("/profile/name", &format!("name=x&{field}")).await.status, 400, "{field}");
    }
    assert_eq!(member.post("/profile/name", "name=").await.status, 303);
    let changed =
        "SELECT COUNT(*) FROM audit WHERE verb = 'edit_user' AND actor = 'usr_member' AND target = 'usr_member'";
    assert_eq!(pages.bed.ask(changed).await, 2);
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM users WHERE id = 'usr_member' AND role = 'member'").await, 1);
}

#[tokio::test]
async fn a_hostile_name_is_text() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    let name = HOSTILE.replace('\'', "''");
    pages.bed.execute(&format!("UPDATE users SET name = '{name}'")).await;
    pages.bed.execute(&format!("UPDATE accounts SET name = '{name}'")).await;
    owner.get("/profile").await.assert_escaped("profile");
}

#[tokio::test]
async fn the_documentation_is_in_the_menu_of_every_role() {
    let (pages, none) = (Pages::start().await, Stage::set().await);
    for role in ROLES {
        let page = pages.person(role).await.get("/profile").await.text;
        let menu = page.split_once("<nav class=\"menu\"").unwrap().1.split_once("</nav>").unwrap().0;
        let api = menu.split_once("</ul>").unwrap().0;
        assert!(api.contains("<li><a href=\"https://docs.example/a\">API documentation"), "{role}: {menu}");
        let without = none.guest(role, "acme").await.get("/profile").await;
        assert!(!without.has("API documentation"), "{role}: {}", without.text);
    }
}
