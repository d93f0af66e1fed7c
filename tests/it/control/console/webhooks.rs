//! `/webhooks`: the list, the forms, and the secret that is shown once.

use claviger::store::Role;

use super::Answer;
use super::visitors::{HOSTILE, Pages, Person, assert_roles};
use crate::store::test_database::token;

const NEW: &str = "url=https%3A%2F%2Fhooks.example.org%2Fin%3Fa%3Db%26c&credential=billing&event=contact.created";

/// With the API account `billing`, and the webhook of an owner.
pub async fn with_webhook() -> (Pages, String) {
    let pages = Pages::with_webhooks().await;
    pages.bed.put(&token("billing", "acme", "clv_x")).await;
    let owner = pages.owner().await;
    let created = owner.post("/webhooks/new", NEW).await;
    assert!(created.shown().starts_with("whsec_"), "{}", created.text);
    let id = only(&owner).await;
    (pages, id)
}

/// The id of the only webhook, from the list.
async fn only(person: &Person<'_>) -> String {
    let list = person.get("/webhooks").await;
    let rest = list.text.split_once("<h2><a href=\"/keys/webhooks/").unwrap_or_else(|| panic!("{}", list.text)).1;
    rest.split('"').next().unwrap().to_owned()
}

pub fn revision(page: &Answer) -> &str {
    page.text.split_once("name=\"revision\" value=\"").unwrap().1.split('"').next().unwrap()
}

/// Staff, owner, implementer, member.
#[tokio::test]
async fn each_role_has_its_pages() {
    let (pages, id) = with_webhook().await;
    let page = format!("/webhooks/{id}");
    assert_roles(&pages, "/webhooks", [200, 200, 200, 404]).await;
    assert_roles(&pages, "/webhooks/new", [403, 200, 200, 404]).await;
    assert_roles(&pages, &page, [200, 200, 200, 404]).await;
    for path in ["edit", "secret", "replay", "delete"] {
        assert_roles(&pages, &format!("{page}/{path}"), [403, 200, 200, 404]).await;
    }
    let (staff, member) = (pages.person(Role::Staff).await, pages.person(Role::Member).await);
    for path in ["pause", "play", "test", "edit", "secret", "end-overlap", "replay", "stop-replay", "delete"] {
        assert_eq!(staff.post(&format!("{page}/{path}"), "").await.status, 403, "{path}");
        assert_eq!(member.post(&format!("{page}/{path}"), "").await.status, 404, "{path}");
    }
    assert_eq!(staff.post("/webhooks/new", NEW).await.status, 403);
    let menu = "<a href=\"/keys/webhooks\"";
    for (role, is_there) in
        [(Role::Staff, false), (Role::Owner, true), (Role::Implementer, true), (Role::Member, false)]
    {
        assert_eq!(pages.person(role).await.get("/profile").await.text.contains(menu), is_there, "{role}");
    }

    pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    assert_roles(&pages, "/webhooks", [200, 200, 200, 200]).await;
    assert_roles(&pages, &page, [200, 200, 200, 404]).await;
    assert!(member.get("/profile").await.text.contains(menu));
    pages.bed.execute("UPDATE accounts SET granted = FALSE").await;
    for path in ["/webhooks", &page] {
        assert_roles(&pages, path, [200, 404, 404, 404]).await;
    }
}

#[tokio::test]
async fn without_settings_there_are_no_webhooks() {
    let pages = Pages::start().await;
    pages.bed.put(&token("billing", "acme", "clv_x")).await;
    for path in ["/webhooks", "/webhooks/new", "/webhooks/wh_x", "/publishers", "/publishers/new"] {
        assert_roles(&pages, path, [404; 4]).await;
    }
    let owner = pages.owner().await;
    assert_eq!(owner.post("/webhooks/new", NEW).await.status, 404);
    for path in ["/", "/credentials/billing", "/credentials/billing/delete", "/api-management"] {
        let page = owner.get(path).await;
        assert!(page.status == 200 && !page.text.contains("ebhook"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let (pages, id) = with_webhook().await;
    let owner = pages.owner().await;
    let created = owner.post("/webhooks/new", &format!("{NEW}&once=a")).await;
    let secret = created.shown().to_owned();
    assert!(created.text.contains("standardwebhooks"), "{}", created.text);
    let again = owner.post("/webhooks/new", &format!("{NEW}&once=a")).await;
    assert!(again.text.contains("This was done already") && !again.text.contains(&secret), "{}", again.text);
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM webhooks").await, 2);
    for path in ["/webhooks", "/credentials/billing", &format!("/webhooks/{id}")] {
        assert!(!owner.get(path).await.text.contains("whsec_"), "{path}");
    }

    let path = format!("/webhooks/{id}/secret");
    let ask = owner.get(&path).await;
    assert_eq!((revision(&ask), ask.text.contains("also signs for 24 hours")), ("1", true));
    for (form, status) in [("", 422), ("stops=later", 422), ("stops=now&revision=9", 409)] {
        assert_eq!(owner.post(&path, form).await.status, status, "{form}");
    }
    let renewed = owner.post(&path, "stops=day&revision=1&once=b").await;
    let second = renewed.shown().to_owned();
    assert!(second.starts_with("whsec_") && second != secret, "{}", renewed.text);
    let again = owner.post(&path, "stops=day&revision=1&once=b").await;
    assert!(again.text.contains("This was done already") && !again.text.contains(&second), "{}", again.text);
    let page = owner.get(&format!("/webhooks/{id}")).await;
    assert!(page.text.contains("The previous one also signs until 22 Nov 2026, 12:00 UTC"), "{}", page.text);
    assert!(owner.get(&path).await.text.contains("The older of them stops now"));
    let ended = owner.post(&format!("/webhooks/{id}/end-overlap"), "revision=2").await;
    assert_eq!(ended.leads(), (303, format!("/keys/webhooks/{id}").as_str()));
    assert!(!owner.get(&format!("/webhooks/{id}")).await.text.contains("also signs until"));
    for verb in ["create_webhook", "renew_webhook_secret", "end_webhook_overlap"] {
        let written = pages.bed.ask(&format!("SELECT COUNT(*) FROM audit WHERE verb = '{verb}'")).await;
        assert!(written > 0, "{verb}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_at_its_field() {
    let pages = Pages::with_webhooks().await;
    let owner = pages.owner().await;
    assert!(owner.get("/webhooks/new").await.text.contains("there is none yet"));
    for id in ["billing", "foreign"] {
        pages.bed.put(&token(id, if id == "billing" { "acme" } else { "hooli" }, id)).await;
    }
    let fine = ("https://hooks.example.org/", "billing", "*.*");
    for ((url, credential, event), field) in [
        (("", fine.1, fine.2), "url"),
        (("http://hooks.example.org/", fine.1, fine.2), "url"),
        (("https://127.0.0.1/", fine.1, fine.2), "url"),
        (("https://internal.example/", fine.1, fine.2), "url"),
        (("https://unknown.example.org/", fine.1, fine.2), "url"),
        (("https://example.org/x", fine.1, fine.2), "url"),
        ((fine.0, "", fine.2), "credential"),
        ((fine.0, "a b", fine.2), "credential"),
        ((fine.0, "nothing", fine.2), "credential"),
        ((fine.0, "foreign", fine.2), "credential"),
        ((fine.0, fine.1, ""), "event"),
        ((fine.0, fine.1, "contact"), "event"),
        ((fine.0, fine.1, "contact.deleted"), "event"),
        ((fine.0, fine.1, "job.created"), "event"),
        ((fine.0, fine.1, "webhook.test"), "event"),
    ] {
        let page = owner.post("/webhooks/new", &format!("url={url}&credential={credential}&event={event}")).await;
        let fault = format!("id=\"{field}-fault\"");
        assert!(page.status == 422 && page.text.contains(&fault), "{url} {credential} {event}: {}", page.text);
        assert!(page.text.contains(&format!("value=\"{url}\"")), "what was typed stays: {}", page.text);
    }
    let page = owner.post("/webhooks/new", "url=https://internal.example/&credential=billing&event=*.*").await;
    assert!(page.text.contains("resolves to 10.1.2.3, which is not public"), "{}", page.text);
    assert_eq!(owner.post("/webhooks/new", &format!("{NEW}&kind=rest_hook")).await.status, 400);
    for (query, status) in
        [("state=x", 422), ("cursor=x", 422), ("credential=a+b", 422), ("x=y", 400), ("account=hooli", 404)]
    {
        assert_eq!(owner.get(&format!("/webhooks?{query}")).await.status.as_u16(), status, "{query}");
    }
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM webhooks").await, 0);
}

#[tokio::test]
async fn a_member_has_webhooks_of_their_own_key_alone() {
    let (pages, id) = with_webhook().await;
    pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    let (owner, member) = (pages.owner().await, pages.person(Role::Member).await);
    let form = "url=https://hooks.example.org/mine&event=contact.*";
    let page = member.get("/webhooks/new").await;
    assert!(page.text.contains("you have none") && !page.text.contains("name=\"url\""), "{}", page.text);
    assert_eq!(member.post("/webhooks/new", form).await.status, 422);
    member.post("/my-key", "").await;
    let page = member.get("/webhooks/new").await;
    assert!(page.text.contains("name=\"url\"") && !page.text.contains("name=\"credential\""), "{}", page.text);
    assert_eq!(member.post("/webhooks/new", &format!("{form}&credential=billing")).await.status, 400);
    assert!(member.post("/webhooks/new", form).await.shown().starts_with("whsec_"));
    let list = member.get("/webhooks").await;
    assert!(list.text.contains("hooks.example.org/mine") && !list.text.contains(&id), "{}", list.text);
    assert!(list.text.contains("href=\"/keys/my-key\""), "{}", list.text);
    let own = only(&member).await;
    assert_eq!(member.get(&format!("/webhooks/{own}")).await.status, 200);

    let management = owner.get("/api-management").await;
    assert!(management.text.contains("1 webhook<"), "{}", management.text);
    let user = owner.get("/credentials/own-usr_member").await;
    for text in ["User’s webhooks", "hooks.example.org/mine", "<dt>Operation</dt><dd>anything", "/pause"] {
        assert!(user.text.contains(text), "{text}: {}", user.text);
    }
    let clear = owner.get("/api-management/own-usr_member/clear").await;
    assert!(clear.text.contains("This webhook stops:") && clear.text.contains("hooks.example.org/mine"));
    owner.post("/api-management/own-usr_member/clear", "").await;
    assert!(member.get("/webhooks").await.text.contains("Stopped: its API key was cleared"));
}

#[tokio::test]
async fn a_webhook_is_paused_where_it_is_shown_and_deleted() {
    let (pages, id) = with_webhook().await;
    let owner = pages.owner().await;
    let page = format!("/webhooks/{id}");
    let list = owner.get("/webhooks?state=active&credential=billing").await;
    assert!(
        list.text.contains("name=\"next\" value=\"/webhooks?credential=billing&#38;state=active\""),
        "{}",
        list.text
    );
    for next in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", ""] {
        let form = format!("next={next}");
        assert_eq!(owner.post(&format!("{page}/pause"), &form).await.leads(), (303, format!("/keys{page}").as_str()));
    }
    let back = owner.post(&format!("{page}/play"), "next=%2Fwebhooks%3Fstate%3Dpaused").await;
    assert_eq!(back.leads(), (303, "/keys/webhooks?state=paused"));
    let stale = owner.post(&format!("{page}/pause"), "revision=1").await;
    assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    owner.post(&format!("{page}/pause"), "").await;
    for (state, is_there) in [("paused", true), ("active", false), ("stopped", false), ("switched_off", false)] {
        let found = owner.get(&format!("/webhooks?state={state}")).await;
        assert_eq!(found.text.contains(&id), is_there, "{state}: {}", found.text);
    }
    assert!(owner.get("/credentials/billing").await.text.contains("Paused"));

    let edit = owner.get(&format!("{page}/edit")).await;
    assert!(edit.text.contains("value=\"contact.created\" selected"), "{}", edit.text);
    let form = format!("url=https://hooks.example.org/new&event=*.*&revision={}", revision(&edit));
    assert_eq!(owner.post(&format!("{page}/edit"), &form).await.leads(), (303, format!("/keys{page}").as_str()));
    let stale = owner.post(&format!("{page}/edit"), &form).await;
    assert!(stale.status == 409 && stale.text.contains("changed this at"), "{}", stale.text);
    let wrong = owner.post(&format!("{page}/edit"), "url=x&event=contact.created").await;
    assert!(wrong.status == 422 && wrong.text.contains("url-fault"), "{}", wrong.text);

    assert!(owner.get("/credentials/billing/delete").await.text.contains("1 webhook goes with it."));
    let asks_about_it = async || owner.get("/credentials/billing/disable").await.text.contains("This webhook stops:");
    assert!(!asks_about_it().await, "it is paused");
    owner.post(&format!("{page}/play"), "").await;
    assert!(asks_about_it().await);
    let ask = owner.get(&format!("{page}/delete")).await;
    let form = format!("revision={}&once=d", revision(&ask));
    assert_eq!(owner.post(&format!("{page}/delete"), &form).await.leads(), (303, "/keys/webhooks"));
    assert!(owner.post(&format!("{page}/delete"), &form).await.text.contains("done already"));
    assert_eq!(owner.get(&page).await.status, 404);
    assert!(owner.get("/webhooks").await.text.contains("No webhooks yet"));
}

#[tokio::test]
async fn a_webhook_of_another_account_is_not_found() {
    let (pages, id) = with_webhook().await;
    let other = pages.named(Role::Owner, Some("hooli"), "usr_hooli").await;
    let missing = other.get("/webhooks/wh_none").await;
    for path in ["", "/edit", "/secret", "/replay", "/delete", "/deliveries/msg_x"] {
        let foreign = other.get(&format!("/webhooks/{id}{path}")).await;
        assert_eq!((foreign.status.as_u16(), foreign.steady()), (404, missing.steady()), "{path}");
    }
    for path in ["%ff", "%3Cimg%3E", "a%20b"] {
        assert_eq!(other.get(&format!("/webhooks/{path}")).await.steady(), missing.steady(), "{path}");
    }
    for action in ["pause", "play", "test", "end-overlap", "stop-replay", "delete", "deliveries/msg_x/replay"] {
        assert_eq!(other.post(&format!("/webhooks/{id}/{action}"), "").await.status, 404, "{action}");
    }
    assert!(!other.get("/webhooks").await.text.contains(&id));
    let staff = pages.person(Role::Staff).await;
    assert!(staff.get("/webhooks?account=acme").await.text.contains(&id));
    assert!(!staff.get("/webhooks?account=hooli").await.text.contains(&id));
}

#[tokio::test]
async fn one_that_fails_is_announced_with_the_day_of_its_end() {
    let (pages, id) = with_webhook().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    assert!(!owner.get("/").await.text.contains("switched off"));
    let failing = "2026-11-20T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    pages.bed.execute(&format!("UPDATE webhooks SET failing_since = {failing}")).await;
    let text = "will be switched off on 25 Nov 2026, 12:00 UTC unless one delivery succeeds";
    for path in ["/", "/webhooks", &format!("/webhooks/{id}")] {
        assert!(owner.get(path).await.text.contains(text), "{path}");
        let page = staff.get(path).await;
        assert!(page.text.contains(text) && !page.text.contains("/in?a"), "staff sees the host: {}", page.text);
    }
    assert!(owner.get("/webhooks").await.text.contains("Failing since 20 Nov 2026, 12:00 UTC"));
    let off = format!("UPDATE webhooks SET switched_off_at = {failing}, switched_off_why = ");
    for (why, text) in [("failures", "after days of failures"), ("gone", "answered 410 (gone)")] {
        pages.bed.execute(&format!("{off}'{why}'")).await;
        for path in ["/", "/webhooks", &format!("/webhooks/{id}")] {
            assert!(owner.get(path).await.text.contains(text), "{why} {path}");
        }
    }
    owner.post(&format!("/webhooks/{id}/play"), "").await;
    assert!(!owner.get("/").await.text.contains("switched off"));
}

#[tokio::test]
async fn hostile_texts_of_webhooks_are_text() {
    let (pages, id) = with_webhook().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    let text = HOSTILE.replace('\'', "''");
    pages
        .bed
        .execute(&format!(
            "UPDATE webhooks SET url = 'https://x.example' || '{text}', entity = '{text}', operation = '{text}'"
        ))
        .await;
    pages.bed.execute(&format!("UPDATE credentials SET name = '{text}'")).await;
    let page = format!("/webhooks/{id}");
    for path in ["/webhooks", &page, &format!("{page}/edit"), &format!("{page}/secret"), &format!("{page}/delete")] {
        owner.get(path).await.assert_escaped(path);
    }
    for path in ["/credentials/billing", "/credentials/billing/clear", &format!("{page}/replay")] {
        owner.get(path).await.assert_escaped(path);
    }
    for path in ["/webhooks", &page] {
        staff.get(path).await.assert_escaped(path);
    }
    pages.bed.execute("UPDATE webhooks SET failing_since = 0").await;
    owner.get("/").await.assert_escaped("/");
}
