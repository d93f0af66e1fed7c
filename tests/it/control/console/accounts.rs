//! `/accounts`, for staff.

use claviger::store::Role;

use super::stage::{ROLES, Stage};
use crate::store::test_database::label;

#[tokio::test]
async fn only_staff_have_these_pages() {
    let stage = Stage::set().await;
    for role in ROLES {
        let guest = stage.guest(role, "acme").await;
        let is_staff = role == Role::Staff;
        let status = if is_staff { 200 } else { 403 };
        let pages = ["", "/new", "/acme", "/hooli", "/acme/rename", "/acme/withdraw", "/nowhere"];
        for page in pages {
            let expected = if is_staff && page == "/nowhere" { 404 } else { status };
            let answer = guest.get(&format!("/accounts{page}")).await;
            assert_eq!(answer.status, expected, "{role} {page}: {}", answer.text);
        }
        assert_eq!(guest.get("/profile").await.has("href=\"/keys/accounts\""), is_staff, "{role}");
        for (target, form) in [
            ("/accounts/new", "name=X"),
            ("/accounts/acme/rename", "name=X"),
            ("/accounts/acme/withdraw", ""),
            ("/accounts/acme/grant", ""),
        ] {
            assert_eq!(guest.post(target, form).await.status, if is_staff { 303 } else { 403 }, "{role} {target}");
        }
    }
}

#[tokio::test]
async fn an_account_is_created_once() {
    let stage = Stage::set().await;
    let staff = stage.staff().await;
    let once = staff.get("/accounts/new").await.hidden("/accounts/new", "once").to_owned();
    let form = format!("once={once}&name=Umbrella+%26+Co&id=umbrella%2F1");
    let made = staff.post("/accounts/new", &form).await;
    assert_eq!((made.status, made.leads_to()), (303, "/accounts/umbrella%2F1"));
    assert_eq!(made.says(), "done-account-created");
    let again = staff.post("/accounts/new", &form).await;
    assert!(again.status == 200 && again.has("This was done already"), "{}", again.text);
    let page = staff.get("/accounts/umbrella%2F1").await;
    assert!(page.status == 200 && page.has("Umbrella &#38; Co") && page.has("Not granted"), "{}", page.text);
    assert!(page.has("href=\"/keys/credentials?account=umbrella%2F1\""), "{}", page.text);
    let form = format!("revision={}", page.hidden("/accounts/umbrella%2F1/grant", "revision"));
    assert_eq!(staff.post("/accounts/umbrella%2F1/grant", &form).await.says(), "done-account-granted");
    assert!(stage.account("umbrella/1").await.granted);

    let taken = staff.post("/accounts/new", "name=Other&id=acme").await;
    assert!(taken.status == 409 && taken.has("Another account has this id"), "{}", taken.text);
    assert!(taken.has("id=\"id-fault\"") && taken.has("value=\"Other\""), "{}", taken.text);
    for (form, status) in [
        ("name=&id=a+b", 422),
        ("name=&id=%3Cb%3E", 422),
        ("name=%07x&id=", 422),
        ("name=a%E2%80%AEb&id=", 422),
        ("name=x&id=&granted=true", 400),
        ("name=x&name=y", 400),
        ("name=&id=", 303),
        ("name=New&id=new", 303),
    ] {
        let answer = staff.post("/accounts/new", form).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.text);
    }
    let long = format!("name={}", "x".repeat(201));
    assert_eq!(staff.post("/accounts/new", &long).await.status, 422);
    assert!(staff.get("/accounts/%6eew").await.has("<code>new</code>"), "an account with the name of a page");
}

#[tokio::test]
async fn a_stale_name_shows_both() {
    let stage = Stage::set().await;
    let staff = stage.staff().await;
    let page = staff.get("/accounts/acme/rename").await;
    let revision = page.hidden("/accounts/acme/rename", "revision").to_owned();
    assert_eq!(staff.post("/accounts/acme/rename", &format!("name=First&revision={revision}")).await.status, 303);
    let stale = staff.post("/accounts/acme/rename", &format!("name=Second&revision={revision}")).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert!(
        stale.has("value=\"Second\"") && stale.has("<b>First</b>") && stale.has("changed this at"),
        "{}",
        stale.text
    );
    let revision = stale.hidden("/accounts/acme/rename", "revision");
    let saved = staff.post("/accounts/acme/rename", &format!("name=Second&revision={revision}")).await;
    assert_eq!((saved.status, saved.says().as_str()), (303, "done-account-renamed"));
    assert_eq!(stage.account("acme").await.name.as_deref(), Some("Second"));
    for action in ["grant", "withdraw"] {
        let stale = staff.post(&format!("/accounts/acme/{action}"), "revision=1").await;
        assert_eq!(stale.status, 409, "{action}: {}", stale.text);
    }
    assert!(stage.account("acme").await.granted);
}

#[tokio::test]
async fn withdrawing_asks_says_what_follows_and_hides_the_pages_at_once() {
    let stage = Stage::set().await;
    let (staff, owner) = (stage.staff().await, stage.owner("acme").await);
    stage.bed.put(&crate::store::test_database::token("acme-1", "acme", "x")).await;
    let page = staff.get("/accounts/acme/withdraw").await;
    assert!(
        page.has("Withdraw API access of acme?") && page.has("1 enabled API account or key will be refused"),
        "{}",
        page.text
    );
    assert!(owner.get("/access").await.has("id=\"switches\""));
    let form = format!("revision={}", page.hidden("/accounts/acme/withdraw", "revision"));
    assert_eq!(staff.post("/accounts/acme/withdraw", &form).await.says(), "done-account-withdrawn");
    assert!(!owner.get("/access").await.has("id=\"switches\""));
    assert_eq!(owner.get("/access/off").await.status, 404);
}

#[tokio::test]
async fn accounts_are_searched_filtered_and_counted() {
    let stage = Stage::set().await;
    for number in 0..55 {
        stage.bed.account(&format!("many-{number:02}")).await;
    }
    let staff = stage.staff().await;
    let first = staff.get("/accounts?part=MANY").await;
    assert_eq!(first.text.matches("class=\"card\"").count(), 50);
    let next = first.text.split("href=\"/keys").find(|rest| rest.contains("cursor=")).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = staff.get(&next).await;
    assert_eq!(second.text.matches("class=\"card\"").count(), 5);
    assert!(second.has("href=\"/keys/accounts?part=MANY\">First page") && !first.has("First page"), "{}", second.text);
    for (query, count) in [("granted=no", 1), ("part=glob&granted=yes", 0), ("part=%25", 0), ("part=%00", 0), ("", 50)]
    {
        let page = staff.get(&format!("/accounts?{query}")).await;
        assert_eq!(page.text.matches("class=\"card\"").count(), count, "{query}: {}", page.text);
    }
    for query in ["granted=maybe", "x=y", "part=a&part=b", "part=%ff"] {
        assert_eq!(staff.get(&format!("/accounts?{query}")).await.status, 400, "{query}");
    }
    for role in [Role::Owner, Role::Member, Role::Implementer] {
        stage.guest(role, "acme").await;
    }
    stage.bed.execute("UPDATE users SET enabled = FALSE WHERE role = 'member'").await;
    let page = staff.get("/accounts/acme").await;
    for text in ["Owner: 1", "Implementer: 1", "Member: 0", "Disabled: 1", "Enabled: 0", "never"] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    let people = stage.bed.store.count_people(&label("acme")).await.unwrap();
    assert_eq!((people.owners, people.disabled), (1, 1));
    let (missing, odd) = (staff.get("/accounts/nowhere").await, staff.get("/accounts/a%20b").await);
    assert_eq!((missing.status, odd.steady()), (404, missing.steady()));
}
