//! What takes something away from a credential, a user or a script is asked about before it is saved.

use claviger::store::{AccountRecord, CredentialRecord, Role};

use super::site::Site;
use super::visitors::Pages;
use crate::store::test_database::label;

const EDIT: &str = "/credentials/acme-x/edit";
/// The edit form as a browser sends it back.
const UNCHANGED: &str = "name=&description=&contact_email=&contact_mobile=";

/// Fields of the form about rights and the rest, and what the page says about them.
const NARROWED: [(&str, &str, &str); 4] = [
    ("rights=some&scopes=payments:read&expires=keep", "scopes", "Rights: payments:read instead of Everything"),
    (
        "rights=all&expires=keep&addresses=192.0.2.7%0D%0A10.0.0.0/8",
        "addresses",
        "Addresses: 192.0.2.7, 10.0.0.0/8 instead of From anywhere",
    ),
    (
        "rights=all&expires=date&expires_on=2027-01-01",
        "expires_at",
        "Expires: 1 Jan 2027, 00:00 UTC instead of Does not expire",
    ),
    (
        "rights=all&expires=keep&rate_requests=10&rate_seconds=1&rate_burst=5",
        "rate_limit",
        "Rate limit: 10 requests in 1 seconds, at most 5 at once instead of Default",
    ),
];

#[tokio::test]
async fn an_edit_that_narrows_a_credential_is_asked_about_with_its_last_use() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    let uses = "INSERT INTO uses (credential, at, used_from) VALUES ('acme-x', 1795262220000, '192.0.2.7')";
    site.bed.execute(uses).await;
    for address in ["192.0.2.7", "192.0.2.8"] {
        let sql = format!("INSERT INTO credential_addresses VALUES ('acme-x', '{address}', 1795262220000)");
        site.bed.execute(&sql).await;
    }
    assert!(!owner.get(EDIT).await.has("name=\"confirm\""));
    for (form, field, line) in NARROWED {
        let form = format!("name=Kept+text&{form}");
        let asked = owner.post(EDIT, &form).await;
        assert_eq!(asked.status, 422, "{form}: {}", asked.text);
        assert!(asked.has(line), "{line}: {}", asked.text);
        assert!(asked.has("value=\"Kept text\"") && asked.has("Last used"), "{}", asked.text);
        assert!(asked.has("3 minutes ago") && asked.has("From 2 addresses in the last 30 days"), "{}", asked.text);
        assert!(asked.has(&format!("name=\"confirm\" value=\"{field}\"")), "{}", asked.text);
        assert!(!asked.has("There is a problem") && !asked.has("-fault\""), "nothing is wrong: {}", asked.text);
        assert_eq!(site.stored("acme-x").await.unwrap().revision, 1, "{form}");
        // What was confirmed is something else, or nothing of ours.
        for confirm in ["", "version", "on", "%3Cb%3E", "scopesaddresses"] {
            let again = owner.post(EDIT, &format!("{form}&confirm={confirm}")).await;
            assert_eq!(again.status, 422, "{confirm}: {}", again.text);
        }
        assert_eq!(owner.post(EDIT, &format!("{form}&confirm={field}&confirm={field}")).await.status, 400);
    }
    assert_eq!(site.stored("acme-x").await.unwrap().revision, 1);
}

#[tokio::test]
async fn a_confirmed_edit_is_saved_once_and_only_as_far_as_it_was_confirmed() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    let page = owner.get(EDIT).await;
    let (once, revision) = (page.hidden("once").to_owned(), page.hidden("revision").to_owned());
    let narrow = "rights=some&scopes=payments:read&expires=keep&addresses=10.0.0.0/8";
    let form = format!("{UNCHANGED}&{narrow}&revision={revision}");
    let asked = owner.post(EDIT, &format!("{form}&once={once}")).await;
    assert!(asked.status == 422 && asked.has("name=\"confirm\" value=\"scopes addresses\""), "{}", asked.text);
    assert!(asked.has("value=\"payments:read\" checked") && asked.has("10.0.0.0/8</textarea>"), "{}", asked.text);
    assert!(asked.has("It has not been used yet."), "{}", asked.text);
    let once = asked.hidden("once").to_owned();
    // Half of it.
    let half = owner.post(EDIT, &format!("{form}&confirm=scopes")).await;
    assert!(half.status == 422 && half.has("value=\"scopes addresses\""), "{}", half.text);
    // An end is added behind the question.
    let more = form.replace("expires=keep", "expires=7");
    let more = owner.post(EDIT, &format!("{more}&confirm=scopes+addresses")).await;
    assert!(more.status == 422 && more.has("value=\"scopes addresses expires_at\""), "{}", more.text);
    let confirmed = format!("{form}&once={once}&confirm=scopes+addresses");
    assert_eq!(owner.post(EDIT, &confirmed).await.status, 303);
    assert!(owner.post(EDIT, &confirmed).await.has("This was done already"));
    let record = site.stored("acme-x").await.unwrap();
    assert_eq!((record.scopes, record.addresses.len(), record.revision), (Some(vec![label("payments:read")]), 1, 2));
    // What was changed meanwhile is said first.
    let stale =
        owner.post(EDIT, &format!("{UNCHANGED}&rights=some&scopes=payments:write&expires=keep&revision=1")).await;
    assert!(stale.status == 409 && stale.has("changed this at"), "{}", stale.text);
}

#[tokio::test]
async fn a_fault_is_said_before_the_question_and_what_was_confirmed_is_asked_again_with_it() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    let unreadable = owner.post(EDIT, &format!("{UNCHANGED}&rights=all&expires=7&addresses=somewhere")).await;
    assert!(unreadable.has("addresses-fault") && !unreadable.has("name=\"confirm\""), "{}", unreadable.text);
    let invalid = "contact_email=nonsense&rights=all&expires=7&confirm=expires_at".to_owned();
    let invalid = owner.post(EDIT, &invalid).await;
    assert!(invalid.status == 422 && invalid.has("contact_email-fault"), "{}", invalid.text);
    assert!(invalid.has("name=\"confirm\" value=\"expires_at\""), "{}", invalid.text);
    assert_eq!(site.stored("acme-x").await.unwrap().revision, 1);
}

#[tokio::test]
async fn an_edit_that_widens_a_credential_is_not_asked_about() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let token = site.token("acme-x").await;
    let narrow = CredentialRecord {
        scopes: Some(vec![label("payments:read")]),
        addresses: vec!["10.0.0.0/16".parse().unwrap()],
        expires_at: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        revision: 2,
        ..token
    };
    site.bed.put(&narrow).await;
    for form in [
        "rights=some&scopes=payments:read&scopes=payments:write&expires=keep&addresses=10.0.0.0/16",
        "rights=some&scopes=payments:read&scopes=payments:write&expires=date&expires_on=2027-01-02&addresses=10.0.0.0/8",
        "rights=all&expires=never",
    ] {
        assert_eq!(owner.post(EDIT, &format!("{UNCHANGED}&{form}")).await.status, 303, "{form}");
    }
    let upgrade = owner.get("/credentials/acme-x/upgrade").await;
    assert!(upgrade.has("It has not been used yet."), "another version, too: {}", upgrade.text);
}

#[tokio::test]
async fn a_role_with_fewer_rights_is_asked_about() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    pages.person(Role::Implementer).await;
    let path = "/users/usr_implementer";
    let form = |role: &str| format!("email=usr_implementer%40example.org&name=Ina&role={role}&revision=1");
    let asked = owner.post(path, &form("member")).await;
    assert_eq!(asked.status, 422, "{}", asked.text);
    assert!(asked.text.contains("Member instead of Implementer"), "{}", asked.text);
    assert!(asked.text.contains("name=\"confirm\" value=\"member\"") && asked.text.contains("value=\"Ina\""));
    assert!(asked.text.contains("<option value=\"member\" selected>"), "{}", asked.text);
    for confirm in ["", "owner", "on"] {
        assert_eq!(owner.post(path, &format!("{}&confirm={confirm}", form("member"))).await.status, 422, "{confirm}");
    }
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM users WHERE role = 'implementer'").await, 1);
    let taken = "email=usr_owner%40example.org&role=member&confirm=member&revision=1";
    let taken = owner.post(path, taken).await;
    assert!(taken.status == 409 && taken.text.contains("id=\"email-fault\""), "{}", taken.text);
    assert_eq!(owner.post(path, &format!("{}&confirm=member", form("member"))).await.status, 303);
    assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM users WHERE role = 'implementer'").await, 0);
    let wider = form("owner").replace("revision=1", "revision=2");
    assert_eq!(owner.post(path, &wider).await.status, 303, "more rights");
    // Roles that may not do it are told so, and not asked.
    let member = pages.person(Role::Member).await;
    assert_eq!(member.post("/users/usr_owner", "email=o%40acme.example&role=member").await.status, 403);
}

#[tokio::test]
async fn keys_of_members_are_forbidden_after_a_question() {
    let pages = Pages::start().await;
    let (owner, member) = (pages.owner().await, pages.person(Role::Member).await);
    let account = AccountRecord { members_allowed: true, ..pages.bed.store.account("acme").await.unwrap().unwrap() };
    pages.bed.put_account(&account).await;
    member.post("/my-key", "").await;
    let allowed = || pages.bed.ask("SELECT COUNT(*) FROM accounts WHERE id = 'acme' AND members_allowed");
    let asked = owner.post("/access/members", "allowed=not_allowed").await;
    assert_eq!(asked.status, 422, "{}", asked.text);
    assert!(asked.text.contains("1 key of a member is refused"), "{}", asked.text);
    assert!(asked.text.contains("name=\"confirm\" value=\"not_allowed\""), "{}", asked.text);
    assert!(asked.text.contains("value=\"not_allowed\" checked"), "{}", asked.text);
    assert_eq!(owner.post("/access/members", "allowed=not_allowed&confirm=x").await.status, 422);
    assert_eq!(member.post("/access/members", "allowed=not_allowed").await.status, 403);
    assert_eq!(allowed().await, 1);
    let confirmed = owner.post("/access/members", "allowed=not_allowed&confirm=not_allowed").await;
    assert_eq!((confirmed.leads(), allowed().await), ((303, "/keys/access"), 0));
    assert_eq!(owner.post("/access/members", "allowed=not_allowed").await.status, 303, "it is so already");
}

#[tokio::test]
async fn keys_of_members_are_forbidden_without_a_question_where_no_key_stops() {
    let pages = Pages::start().await;
    let (owner, member) = (pages.owner().await, pages.person(Role::Member).await);
    let is_forbidden = async || {
        pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
        assert_eq!(owner.post("/access/members", "allowed=not_allowed").await.leads(), (303, "/keys/access"));
        assert_eq!(pages.bed.ask("SELECT COUNT(*) FROM accounts WHERE id = 'acme' AND members_allowed").await, 0);
    };
    // A member without a key.
    is_forbidden().await;
    pages.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    member.post("/my-key", "").await;
    for refused in [
        "UPDATE users SET enabled = FALSE WHERE id = 'usr_member'",
        "UPDATE users SET enabled = TRUE; UPDATE credentials SET enabled = FALSE WHERE owner = 'usr_member'",
    ] {
        pages.bed.execute(refused).await;
        is_forbidden().await;
    }
}

#[tokio::test]
async fn a_script_token_is_disabled_after_a_question_with_its_last_use() {
    let pages = Pages::start().await;
    let staff = pages.person(Role::Staff).await;
    staff.post("/operator-tokens/new", "name=nightly&role=owner&account=acme").await;
    let list = staff.get("/operator-tokens?account=acme").await;
    let id = list.text.split_once("/keys/operator-tokens/opt_").unwrap().1.split('/').next().unwrap().to_owned();
    let path = format!("/operator-tokens/opt_{id}/disable");
    assert!(list.text.contains(&format!("href=\"/keys{path}?account=acme\"")), "{}", list.text);
    assert!(!list.text.contains(&format!("action=\"/keys{path}\"")), "no button does it at once: {}", list.text);
    let asked = staff.get(&format!("{path}?account=acme")).await;
    assert!(asked.text.contains("nightly") && asked.text.contains("Last used: never"), "{}", asked.text);
    assert!(asked.text.contains("name=\"account\" value=\"acme\""), "{}", asked.text);
    let form = format!("account=acme&revision={}", asked.hidden("revision"));
    let done = staff.post(&path, &form).await;
    assert_eq!(done.leads(), (303, "/keys/operator-tokens?account=acme"));
    for (query, status) in [("x=y", 400), ("account=a&account=b", 400), ("account=%3Cb%3E", 200), ("cursor=%00", 200)] {
        let page = staff.get(&format!("{path}?{query}")).await;
        assert_eq!(page.status, status, "{query}: {}", page.text);
        assert!(!page.text.contains("<b>"), "{}", page.text);
    }
    let owner = pages.named(Role::Owner, Some("hooli"), "usr_hooli").await;
    assert_eq!(owner.get(&path).await.status, 404);
    assert_eq!(pages.person(Role::Member).await.get(&path).await.status, 403);
}
