//! `/users`

use claviger::store::Role;

use super::visitors::{HOSTILE, Pages, ROLES, assert_roles};

const NEW: &str = "email=new%40acme.example&name=Zo%C3%AB&role=member";

#[tokio::test]
async fn owners_and_staff_manage_users() {
    let pages = Pages::start().await;
    for role in ROLES {
        pages.person(role).await;
    }
    for path in [
        "/users",
        "/users/new",
        "/users/usr_member",
        "/users/usr_member/disable",
        "/users/usr_member/end-sessions",
        "/users/usr_member/setup-link",
    ] {
        assert_roles(&pages, path, [200, 200, 403, 403]).await;
    }
    for role in [Role::Implementer, Role::Member] {
        let person = pages.person(role).await;
        for path in ["/users/new", "/users/usr_owner", "/users/usr_owner/disable", "/users/usr_owner/setup-link"] {
            assert_eq!(
                person.post(path, NEW).await.status,
                if path.ends_with('k') || path.ends_with("disable") { 400 } else { 403 }
            );
        }
        for action in ["disable", "enable", "end-sessions", "setup-link"] {
            let path = format!("/users/usr_owner/{action}");
            assert_eq!(person.post(&path, "").await.status, 403, "{path}");
        }
    }
}

#[tokio::test]
async fn a_user_of_another_account_is_not_found() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    pages.named(Role::Owner, Some("hooli"), "usr_hooli").await;
    pages.person(Role::Staff).await;
    for path in ["", "/disable", "/end-sessions", "/setup-link"] {
        let missing = owner.get(&format!("/users/usr_none{path}")).await;
        assert_eq!(missing.status, 404);
        for id in ["usr_hooli", "usr_staff", "%00", "a%20b"] {
            let foreign = owner.get(&format!("/users/{id}{path}")).await;
            assert_eq!((foreign.status, foreign.steady()), (missing.status, missing.steady()), "{id}{path}");
        }
    }
    for path in ["/disable", "/enable", "/end-sessions", "/setup-link"] {
        assert_eq!(owner.post(&format!("/users/usr_hooli{path}"), "").await.status, 404, "{path}");
    }
    assert_eq!(owner.post("/users/usr_hooli", "email=a%40b.example&role=member").await.status, 404);
    assert_eq!(owner.get("/users?account=hooli").await.status, 404);
    let list = owner.get("/users").await;
    assert!(list.text.contains("usr_owner@") && !list.text.contains("usr_hooli@") && !list.text.contains("usr_staff@"));
}

#[tokio::test]
async fn a_new_user_gets_a_link_that_is_shown_once() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    let created = owner.post("/users/new", &format!("{NEW}&once=a")).await;
    assert_eq!(created.status, 200, "{}", created.text);
    let link = created.shown().to_owned();
    let ticket = link.strip_prefix("https://example.org/keys/setup/").unwrap();
    assert_eq!(owner.get(&format!("/setup/{ticket}")).await.status, 200);
    let again = owner.post("/users/new", &format!("{NEW}&once=a")).await;
    assert!(again.text.contains("This was done already") && !again.text.contains(ticket), "{}", again.text);
    assert_eq!(
        pages.bed.ask("SELECT COUNT(*) FROM users WHERE email = 'new@acme.example' AND account = 'acme'").await,
        1
    );

    let page = again.text.split_once("/keys/users/").unwrap().1.split('"').next().unwrap().to_owned();
    assert!(!owner.get(&format!("/users/{page}")).await.text.contains(ticket));
    let second = owner.post(&format!("/users/{page}/setup-link"), "once=b").await;
    assert_ne!(second.shown(), link);
    assert_eq!(owner.get(&format!("/setup/{ticket}")).await.status, 410, "the first link is void");
}

#[tokio::test]
async fn what_is_wrong_with_a_user_is_at_its_field() {
    let pages = Pages::start().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    for (form, text) in [
        ("email=x&role=member", "E-mail address"),
        ("email=a%40b.example", "Role must be chosen"),
        ("email=a%40b.example&role=king", "Role must be chosen"),
        ("", "Role must be chosen"),
    ] {
        let page = owner.post("/users/new", form).await;
        assert_eq!(page.status, 422, "{form}: {}", page.text);
        assert!(page.text.contains(text) && page.text.contains("aria-describedby"), "{form}: {}", page.text);
    }
    let taken = owner.post("/users/new", "email=usr_owner%40example.org&role=member").await;
    assert!(taken.status == 409 && taken.text.contains("id=\"email-fault\""), "{}", taken.text);
    assert_eq!(owner.post("/users/new", "email=a%40b.example&role=staff").await.status, 403);
    assert_eq!(owner.post("/users/new", "email=a%40b.example&role=member&account=hooli").await.status, 400);
    for form in [
        "email=a%40b.example&role=staff&account=acme",
        "email=a%40b.example&role=owner",
        "email=a%40b.example&role=owner&account=none",
        "email=a%40b.example&role=owner&account=a+b",
    ] {
        let page = staff.post("/users/new", form).await;
        assert!(page.status == 422 && page.text.contains("id=\"account-fault\""), "{form}: {}", page.text);
    }
    assert_eq!(staff.post("/users/new", "email=a%40b.example&role=owner&account=hooli").await.status, 200);
}

#[tokio::test]
async fn a_user_is_edited_and_a_stale_edit_shows_both() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    pages.person(Role::Member).await;
    let saved = owner.post("/users/usr_member", "email=m%40acme.example&name=Mia&role=implementer&revision=1").await;
    assert_eq!(saved.leads(), (303, "/keys/users/usr_member"));
    let stale = owner.post("/users/usr_member", "email=other%40acme.example&name=Max&role=member&revision=1").await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    for text in [
        "changed this at",
        "m@acme.example",
        "other@acme.example",
        "Mia",
        "Max",
        "<b>Implementer</b>",
        "name=\"revision\" value=\"2\"",
    ] {
        assert!(stale.text.contains(text), "{text}: {}", stale.text);
    }
    let last = owner.post("/users/usr_owner", "email=o%40acme.example&role=member&confirm=member&revision=1").await;
    assert!(last.status == 409 && last.text.contains("last owner"), "{}", last.text);
    assert_eq!(owner.post("/users/usr_member", "email=m%40acme.example&role=").await.status, 422);
    assert_eq!(owner.post("/users/usr_member", "email=m%40acme.example&role=member&enabled=on").await.status, 400);
}

#[tokio::test]
async fn a_user_is_disabled_and_enabled() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    pages.person(Role::Member).await;
    assert!(owner.get("/users/usr_member/disable").await.text.contains("signed out at once"));
    assert_eq!(owner.post("/users/usr_member/disable", "revision=1").await.leads(), (303, "/keys/users/usr_member"));
    assert!(owner.get("/users/usr_member").await.text.contains("cannot sign in"));
    assert!(owner.get("/users?state=disabled").await.text.contains("usr_member@"));
    assert!(!owner.get("/users?state=enabled").await.text.contains("usr_member@"));
    assert_eq!(owner.post("/users/usr_member/enable", "").await.leads(), (303, "/keys/users/usr_member"));
    let stale = owner.post("/users/usr_member/disable", "revision=1").await;
    assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    let oneself = owner.post("/users/usr_owner/disable", "revision=1").await;
    assert!(oneself.status == 409 && oneself.text.contains("cannot disable yourself"), "{}", oneself.text);
}

#[tokio::test]
async fn hostile_names_and_queries_are_text() {
    let pages = Pages::start().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    pages.person(Role::Member).await;
    let name = HOSTILE.replace('\'', "''");
    pages.bed.execute(&format!("UPDATE users SET name = '{name}', email = id || '{name}'")).await;
    for path in ["/users", "/users/usr_member", "/users/usr_member/disable", "/users/usr_member/setup-link"] {
        owner.get(path).await.assert_escaped(path);
    }
    owner.post("/users/usr_member/setup-link", "").await.assert_escaped("link");
    for junk in ["role=king", "state=x", "account=%3Cimg%3E", "cursor=x", "cursor=%00"] {
        let page = staff.get(&format!("/users?{junk}")).await;
        assert_eq!(page.status, 422, "{junk}: {}", page.text);
        assert!(!page.text.contains("<img"), "{}", page.text);
    }
    for junk in ["role=owner&role=owner", "nothing=x", "role=%ff"] {
        assert_eq!(staff.get(&format!("/users?{junk}")).await.status, 400, "{junk}");
    }
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let pages = Pages::start().await;
    let staff = pages.person(Role::Staff).await;
    for number in 0..30 {
        pages.named(Role::Member, Some("acme"), &format!("usr_{number:02}")).await;
    }
    let first = staff.get("/users?account=acme&role=member").await;
    let next = first.text.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1;
    let next = next.trim_end_matches("\" ").replace("&#38;", "&");
    assert!(next.contains("account=acme&role=member&cursor="), "{next}");
    let second = staff.get(&next).await;
    assert_eq!(first.text.matches("<li class=\"card\">").count(), 25);
    assert_eq!(second.text.matches("<li class=\"card\">").count(), 5, "{}", second.text);
    assert!(second.text.contains("First page") && !second.text.contains("Next page"));
}

#[tokio::test]
async fn a_user_is_signed_out_everywhere() {
    let pages = Pages::start().await;
    let (owner, member) = (pages.owner().await, pages.person(Role::Member).await);
    let sign_in =
        "INSERT INTO sessions (digest, user_id, created_at, seen_at, ends_at) VALUES (x'01', 'usr_member', 0, 0, 9)";
    pages.bed.execute(sign_in).await;
    pages.bed.execute(&sign_in.replace("x'01', 'usr_member'", "x'02', 'usr_owner'")).await;
    assert!(owner.get("/users/usr_member").await.text.contains("/users/usr_member/end-sessions"));
    assert!(!owner.get("/users/usr_owner").await.text.contains("/users/usr_owner/end-sessions"), "the profile has it");
    assert!(owner.get("/users/usr_member/end-sessions").await.text.contains("Their password stays"));
    let stale = owner.post("/users/usr_member/end-sessions", "revision=7").await;
    assert!(stale.status == 409 && stale.text.contains("while you had the page open"), "{}", stale.text);
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM sessions").await, 2);
    let done = owner.post("/users/usr_member/end-sessions", "revision=1").await;
    assert_eq!(done.leads(), (303, "/keys/users/usr_member"));
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM sessions WHERE user_id = 'usr_owner'").await, 1);
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM sessions").await, 1);
    assert_eq!(
        pages.bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'end_sessions' AND target = 'usr_member'").await,
        1
    );
    assert_eq!(member.post("/users/usr_member/end-sessions", "").await.status, 403);
}

#[tokio::test]
async fn the_page_of_a_user_says_why_they_do_not_see_it() {
    let pages = Pages::start().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    pages.person(Role::Member).await;
    let page = owner.get("/users/usr_member").await;
    for text in
        ["Why do they not see it?", "Members of this account may not have keys", "href=\"/keys/access#switches\""]
    {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(page.text.contains("Last sign-in: none is known"), "{}", page.text);
    pages.bed.execute("UPDATE users SET enabled = FALSE WHERE id = 'usr_member'").await;
    pages.bed.execute("UPDATE accounts SET granted = FALSE WHERE id = 'acme'").await;
    let page = staff.get("/users/usr_member").await;
    for text in ["The user is disabled.", "href=\"/keys/users/usr_member\"", "href=\"/keys/accounts/acme\""] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(!staff.get("/users/usr_staff").await.text.contains("Why do they not see it?"), "staff do not use the API");
}

#[tokio::test]
async fn an_enable_form_that_is_stale_enables_no_one() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    pages.person(Role::Member).await;
    owner.post("/users/usr_member/disable", "revision=1").await;
    let page = owner.get("/users/usr_member").await;
    let form = page.text.split_once("/users/usr_member/enable\"").unwrap().1;
    assert!(form.split_once("</form>").unwrap().0.contains("name=\"revision\" value=\"2\""), "{}", page.text);
    let stale = owner.post("/users/usr_member/enable", "revision=1").await;
    assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    assert!(stale.text.contains("/users/usr_member/enable\""), "the form again: {}", stale.text);
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM users WHERE id = 'usr_member' AND enabled").await, 0);
}
