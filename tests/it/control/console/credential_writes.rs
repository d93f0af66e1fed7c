//! What the pages of API accounts do: once, as the form says, and never silently less restricted.

use claviger::store::{CredentialRecord, PreviousSecret};
use jiff::ToSpan as _;

use super::site::Site;
use crate::control::{verbs, works};
use crate::store::test_database::{label, noon};

const TOKEN: &str = "kind=token&rights=all&expires=90&version=3";

#[tokio::test]
async fn a_key_is_shown_once() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let form = owner.get("/credentials/new").await;
    assert!(
        form.has("3 (newest)") && form.has("In 90 days (19 Feb 2027)") && form.has("GET /payments"),
        "{}",
        form.text
    );
    let body = format!("once={}&name=Billing&{TOKEN}", form.hidden("once"));
    let shown = owner.post("/credentials/new", &body).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let token = shown.element("shown-secret").to_owned();
    assert!(works(&site.bed, &token).await, "{token}");
    assert!(shown.has("It can only be viewed once and cannot be recovered.") && shown.has("I have saved it"));
    assert!(shown.element("shown-example").contains(&format!("Authorization: Bearer {token}")), "{}", shown.text);
    assert_eq!(shown.header("cache-control"), "no-store");
    let id = shown.text.split("href=\"/keys/credentials/acme-").nth(1).unwrap().split('"').next().unwrap();
    let id = format!("acme-{id}");
    let record = site.stored(&id).await.unwrap();
    assert_eq!((record.name.as_deref(), record.version), (Some("Billing"), Some(label("3"))));
    assert_eq!(record.expires_at, Some(noon() + (90 * 24).hours()));

    let again = owner.post("/credentials/new", &body).await;
    assert!(again.status == 200 && again.has("This was done already") && again.has(&format!("/keys/credentials/{id}")));
    let mut others = vec![again, owner.get("/credentials/new").await, owner.get("/credentials").await];
    for page in ["", "/edit", "/reset", "/duplicate", "/disable", "/clear", "/delete"] {
        others.push(owner.get(&format!("/credentials/{id}{page}")).await);
    }
    for page in others {
        assert!(!page.has(&token), "{}", page.text);
    }
    assert_eq!(site.bed.ask("SELECT COUNT(*) FROM credentials").await, 1);
}

#[tokio::test]
async fn a_pair_is_shown_without_the_password_that_was_chosen() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let pair = "kind=password&username=O%27Brien&rights=all&expires=never";
    let shown = owner.post("/credentials/new", pair).await;
    let password = shown.element("shown-secret").to_owned();
    assert!(password.len() > 20 && shown.element("shown-username").contains("Brien"), "{}", shown.text);
    assert!(shown.has("curl -u") && shown.has("I have saved it"), "{}", shown.text);
    let chosen = "kind=password&username=Harbour&password=nine+grey+geese&rights=all&expires=never";
    let shown = owner.post("/credentials/new", chosen).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(!shown.has("nine grey geese") && !shown.has("shown-secret") && shown.has("that you have entered"));
    let taken = owner.post("/credentials/new", chosen).await;
    assert_eq!(taken.status, 409);
    assert!(taken.has("id=\"username-fault\"") && !taken.has("nine grey geese"), "{}", taken.text);
}

#[tokio::test]
async fn every_fault_is_named_at_its_field_and_nothing_is_created() {
    let site = Site::start().await;
    let owner = site.owner().await;
    for (form, faults) in [
        ("", &["kind", "rights", "expires"][..]),
        ("kind=token&username=a&rights=some&expires=3", &["username", "scopes", "expires"]),
        ("kind=token&rights=all&scopes=payments:read&expires=never", &["scopes"]),
        ("kind=token&rights=some&scopes=gone&scopes=a%20b&expires=never", &["scopes"]),
        ("kind=token&rights=all&expires=never&expires_on=2027-01-01", &["expires_on"]),
        ("kind=token&rights=all&expires=date", &["expires_on"]),
        ("kind=token&rights=all&expires=date&expires_on=2026-11-21", &["expires_on"]),
        ("kind=token&rights=all&expires=date&expires_on=2027-02-30", &["expires_on"]),
        ("kind=token&rights=all&expires=keep", &["expires"]),
        ("kind=token&rights=all&expires=90&addresses=10.0.0.300", &["addresses"]),
        ("kind=token&rights=all&expires=90&addresses=%2C", &["addresses"]),
        ("kind=token&rights=all&expires=90&rate_requests=0&rate_seconds=1", &["rate_requests"]),
        ("kind=token&rights=all&expires=90&rate_requests=1", &["rate_seconds"]),
        (
            "kind=token&rights=all&expires=90&version=9&id=hooli-x&contact_email=x&contact_mobile=x",
            &["version", "id", "contact_email", "contact_mobile"],
        ),
        ("kind=password&username=a%3Ab&password=short&rights=all&expires=90", &["username", "password"]),
    ] {
        let page = owner.post("/credentials/new", form).await;
        assert_eq!(page.status, 422, "{form}: {}", page.text);
        for field in faults {
            assert!(page.has(&format!("id=\"{field}-fault\"")), "{form}, {field}: {}", page.text);
            assert!(page.has(&format!("<a href=\"#{field}\">")), "{form}, {field}: {}", page.text);
        }
        assert_eq!(page.text.matches("class=\"wrong\" id=").count(), faults.len(), "{form}: {}", page.text);
        assert!(page.has("<title>Error: ") && !page.has("value=\"short\""), "{}", page.text);
    }
    for form in ["account=acme", "kind=token&kind=token", "role=staff", "credential=x", "owner=usr_owner"] {
        let page = owner.post("/credentials/new", &format!("{form}&{TOKEN}")).await;
        assert_eq!(page.status, 400, "{form}: {}", page.text);
    }
    assert_eq!(site.bed.ask("SELECT COUNT(*) FROM credentials").await, 0);
}

#[tokio::test]
async fn a_national_number_gets_a_button_that_fills_in_the_other() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let typed = format!("name=Harbour&contact_mobile=07894+123+456&{TOKEN}");
    let page = owner.post("/credentials/new", &typed).await;
    assert_eq!(page.status, 422);
    assert!(page.has("name=\"use_mobile\" value=\"+447894123456\""), "{}", page.text);
    let filled = owner.post("/credentials/new", &format!("{typed}&use_mobile=%2B447894123456")).await;
    assert!(filled.has("value=\"+447894123456\"") && filled.has("value=\"Harbour\""), "{}", filled.text);
    assert!(!filled.has("-fault\"") && !filled.has("There is a problem"), "{}", filled.text);
    assert_eq!(site.bed.ask("SELECT COUNT(*) FROM credentials").await, 0);
    let two = owner.post("/credentials/new", &format!("contact_mobile=06+12+34+56+78&{TOKEN}")).await;
    assert!(two.has("Use +33612345678 (France)") && two.has("(the Netherlands)"), "{}", two.text);
}

#[tokio::test]
async fn staff_name_the_account() {
    let site = Site::start().await;
    let staff = site.person(claviger::store::Role::Staff).await;
    assert!(staff.get("/credentials/new?account=hooli").await.has("value=\"hooli\""));
    for (account, status) in [("", 422), ("nowhere", 422), ("a+b", 422), ("hooli", 200)] {
        let page = staff.post("/credentials/new", &format!("account={account}&{TOKEN}")).await;
        assert_eq!(page.status, status, "{account}: {}", page.text);
        assert_eq!(page.has("id=\"account-fault\""), status == 422, "{account}");
    }
    assert_eq!(site.bed.ask("SELECT COUNT(*) FROM credentials WHERE account = 'hooli'").await, 1);
}

/// The edit form as a browser sends it back.
const UNCHANGED: &str = "name=&description=&contact_email=&contact_mobile=&rights=all&expires=keep&expires_on=\
                         &addresses=&rate_requests=&rate_seconds=&rate_burst=";

#[tokio::test]
async fn an_edit_changes_what_was_changed() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    let path = "/credentials/acme-x/edit";
    let same = owner.post(path, UNCHANGED).await;
    assert_eq!((same.status.as_u16(), same.header("location")), (303, "/keys/credentials/acme-x"));
    assert_eq!(site.stored("acme-x").await.unwrap().revision, 1, "nothing has changed");
    let form = "name=Billing&rights=some&scopes=payments:read&expires=date&expires_on=2027-01-01\
                &addresses=10.0.0.0/8%0D%0A192.0.2.7&rate_requests=10&rate_seconds=1\
                &confirm=scopes+addresses+expires_at+rate_limit";
    assert_eq!(owner.post(path, form).await.status, 303);
    let record = site.stored("acme-x").await.unwrap();
    assert_eq!(record.scopes, Some(vec![label("payments:read")]));
    assert_eq!(record.expires_at, Some("2027-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!((record.addresses.len(), record.rate_limit.unwrap().burst.get()), (2, 10));
    let page = owner.get(path).await;
    assert!(page.has("10.0.0.0/8\n192.0.2.7</textarea>"), "{}", page.text);
    assert!(page.has("Unchanged: 1 Jan 2027, 00:00 UTC"), "{}", page.text);
    // Boxes that stay ticked do not hold back a deliberate "everything"; an emptied list is refused.
    assert_eq!(owner.post(path, "rights=some&expires=keep").await.status, 422);
    assert_eq!(owner.post(path, "rights=&expires=keep").await.status, 422);
    assert_eq!(owner.post(path, "rights=all&scopes=payments:read&expires=never").await.status, 303);
    let record = site.stored("acme-x").await.unwrap();
    assert_eq!((record.name, record.scopes, record.expires_at), (None, None, None));
    for form in ["password=x", "username=x", "version=3", "enabled=on", "account=hooli", "name=a&name=b"] {
        assert_eq!(owner.post(path, &format!("{form}&rights=all&expires=keep")).await.status, 400, "{form}");
    }
}

#[tokio::test]
async fn a_stale_edit_shows_both_values() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    let path = "/credentials/acme-x/edit";
    let revision = owner.get(path).await.hidden("revision").to_owned();
    let theirs =
        "name=Theirs&rights=some&scopes=payments:write&expires=keep&addresses=192.0.2.7&confirm=scopes+addresses";
    assert_eq!(owner.post(path, &format!("{theirs}&revision={revision}")).await.status, 303);
    let mine = format!("name=Mine&rights=all&expires=keep&addresses=10.0.0.0/8&revision={revision}");
    let page = owner.post(path, &mine).await;
    assert_eq!(page.status, 409, "{}", page.text);
    assert!(page.has("sr_owner@example.org changed this at 21 Nov 2026, 12:00 UTC"), "{}", page.text);
    for text in
        ["value=\"Mine\"", "<b>Theirs</b>", "10.0.0.0/8</textarea>", "<b>192.0.2.7</b>", "<b>payments:write</b>"]
    {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    assert!(page.has("<b>Only what is ticked below</b>"), "{}", page.text);
    assert_eq!(site.stored("acme-x").await.unwrap().name.as_deref(), Some("Theirs"));
    let revision = page.hidden("revision").to_owned();
    assert_eq!(owner.post(path, &format!("name=Mine&rights=all&expires=keep&revision={revision}")).await.status, 303);
    assert_eq!(site.stored("acme-x").await.unwrap().name.as_deref(), Some("Mine"));
    // The same for every other form.
    for (page, form) in [
        ("reset", "overlap_seconds=0"),
        ("duplicate", "name=x"),
        ("upgrade", "version=3"),
        ("disable", "reason=x"),
        ("clear", ""),
        ("delete", "confirm=acme-x"),
        ("active", "reason=x"),
        ("end-overlap", ""),
    ] {
        let answer = owner.post(&format!("/credentials/acme-x/{page}"), &format!("{form}&revision=1")).await;
        assert!(answer.status == 409 && answer.has("changed this at"), "{page}: {}", answer.text);
    }
    assert!(site.stored("acme-x").await.unwrap().enabled);
    // A box, too, shows what is stored.
    let off = owner.post("/credentials/acme-x/active", "reason=x&revision=1").await;
    assert!(off.has("Saved now: <b>ticked</b>") && off.has("aria-describedby=\"active-present\""), "{}", off.text);
    assert_eq!(owner.post("/credentials/acme-x/disable", "reason=").await.status, 303);
    let on = owner.post("/credentials/acme-x/active", "active=on&revision=1").await;
    assert!(on.has("Saved now: <b>not ticked</b>") && !on.has("Saved now: <b></b>"), "{}", on.text);
}

#[tokio::test]
async fn a_reset_ends_the_old_secret_now_or_later() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    let path = "/credentials/acme-x/reset";
    let page = owner.get(path).await;
    assert!(page.has("It has not been used yet.") && page.has("Previous integrations will break"), "{}", page.text);
    for overlap in ["1", "x", "31622400", "-1"] {
        let refused = owner.post(path, &format!("overlap_seconds={overlap}")).await;
        assert!(refused.status == 422 && refused.has("overlap_seconds-fault"), "{}", refused.text);
    }
    assert_eq!(owner.post(path, "overlap_seconds=0&password=nine+grey+geese").await.status, 422, "a token has none");
    assert!(works(&site.bed, "acme-x").await);
    let shown = owner.post(path, "overlap_seconds=86400").await;
    let first = shown.element("shown-secret").to_owned();
    let record = site.stored("acme-x").await.unwrap();
    let Some(PreviousSecret::Token { ends_at, .. }) = record.previous else { panic!("{record:?}") };
    assert_eq!(ends_at, noon() + 24.hours());
    let detail = owner.get("/credentials/acme-x").await;
    assert!(detail.has("End overlap now") && detail.has("in 1 day"), "{}", detail.text);
    assert!(owner.get("/credentials").await.has("Old secret ends"));
    let form = format!("once={}&revision={}", detail.hidden("once"), detail.hidden("revision"));
    assert_eq!(owner.post("/credentials/acme-x/end-overlap", &form).await.status, 303);
    assert_eq!(site.stored("acme-x").await.unwrap().previous, None);
    let shown = owner.post(path, "overlap_seconds=0").await;
    let second = shown.element("shown-secret").to_owned();
    assert!(!works(&site.bed, &first).await && works(&site.bed, &second).await);
    let mut verbs = verbs(&site.bed, "acme-x").await;
    verbs.sort_unstable();
    assert_eq!(verbs, ["end_overlap", "reset", "reset"], "all at one moment");
}

#[tokio::test]
async fn the_box_and_its_pages_switch_it_off_and_on() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    let page = owner.get("/credentials/acme-x").await;
    assert!(page.has("This API account is active") && page.has("value=\"on\" checked"), "{}", page.text);
    let both = owner.post("/credentials/acme-x/active", "active=on&reason=x").await;
    assert!(both.status == 422 && both.has("reason-fault"), "{}", both.text);
    assert_eq!(owner.post("/credentials/acme-x/active", "reason=seen+in+public").await.status, 303);
    let record = site.stored("acme-x").await.unwrap();
    assert_eq!((record.enabled, record.disabled_reason.as_deref()), (false, Some("seen in public")));
    let page = owner.get("/credentials/acme-x").await;
    assert!(page.has("It is disabled.") && page.has("seen in public") && !page.has("checked"), "{}", page.text);
    let on = owner.post("/credentials/acme-x/active", "active=on&reason=seen+in+public").await;
    assert_eq!(on.status, 303, "what stands there is no new reason: {}", on.text);
    assert!(works(&site.bed, "acme-x").await, "the same secret");
    assert_eq!(owner.post("/credentials/acme-x/disable", "reason=again").await.status, 303);
    assert_eq!(owner.post("/credentials/acme-x/disable", "reason=%07").await.status, 422);
    assert_eq!(owner.post("/credentials/acme-x/enable", "").await.status, 303);
    assert_eq!(owner.post("/credentials/acme-x/clear", "").await.status, 303);
    assert!(!works(&site.bed, "acme-x").await);
    let page = owner.get("/credentials/acme-x").await;
    assert!(page.has("It has no secret.") && page.has("/keys/credentials/acme-x/reset"), "{}", page.text);
    for confirm in ["", "acme", "ACME-X", "acme-x-"] {
        let refused = owner.post("/credentials/acme-x/delete", &format!("confirm={confirm}")).await;
        assert!(refused.status == 422 && refused.has("confirm-fault"), "{}", refused.text);
    }
    let deleted = owner.post("/credentials/acme-x/delete", "confirm=acme-x&once=z").await;
    assert_eq!((deleted.status.as_u16(), deleted.header("location")), (303, "/keys/credentials"));
    assert!(owner.post("/credentials/acme-x/delete", "confirm=acme-x&once=z").await.has("This was done already"));
    assert_eq!(owner.post("/credentials/acme-x/delete", "confirm=acme-x").await.status, 404);
}

#[tokio::test]
async fn a_duplicate_has_the_settings_and_another_secret() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let token = site.token("acme-x").await;
    let named = CredentialRecord {
        name: Some("Billing".into()),
        scopes: Some(vec![label("payments:read")]),
        revision: 2,
        ..token
    };
    site.bed.put(&named).await;
    let page = owner.get("/credentials/acme-x/duplicate").await;
    assert!(page.has("value=\"Billing (copy)\"") && page.has("GET /payments"), "{}", page.text);
    let taken = owner.post("/credentials/acme-x/duplicate", "name=x&id=acme-x").await;
    assert!(taken.status == 409 && taken.has("id=\"id-fault\""), "{}", taken.text);
    let shown = owner.post("/credentials/acme-x/duplicate", "name=Second&id=acme-y").await;
    assert!(works(&site.bed, shown.element("shown-secret")).await);
    let copy = site.stored("acme-y").await.unwrap();
    assert_eq!((copy.name.as_deref(), copy.scopes, copy.version), (Some("Second"), named.scopes, named.version));
    assert!(works(&site.bed, "acme-x").await, "the original");
}

#[tokio::test]
async fn a_version_is_upgraded_to_a_newer_one() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let token = site.token("acme-x").await;
    let path = "/credentials/acme-x/upgrade";
    site.bed.put(&CredentialRecord { version: Some(label("1")), revision: 2, ..token }).await;
    let page = owner.get(path).await;
    assert!(page.has("1, ends on 1 Mar 2027") && page.has("value=\"3\" checked"), "{}", page.text);
    assert!(page.has("no end is planned") && page.has("About version 3") && !page.has("value=\"1\""), "{}", page.text);
    for version in ["", "1", "9", "a+b"] {
        let refused = owner.post(path, &format!("version={version}")).await;
        assert!(refused.status == 422 && refused.has("version-fault"), "{version}: {}", refused.text);
    }
    assert_eq!(owner.post(path, "version=3").await.status, 303);
    assert_eq!(site.stored("acme-x").await.unwrap().version, Some(label("3")));
    assert!(owner.get(path).await.has("No newer version is offered."));
}

#[tokio::test]
async fn a_key_of_a_user_is_disabled_or_cleared_and_not_reset() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let token = site.token("own-usr_owner").await;
    site.bed.put(&CredentialRecord { owner: Some(label("usr_owner")), revision: 2, ..token }).await;
    let list = owner.get("/credentials?kind=own&owner=usr_owner").await;
    assert!(list.has("API key of usr_owner@example.org") && list.has("User: usr_owner@example.org"), "{}", list.text);
    assert!(!list.has("own-usr_owner/reset") && list.has("own-usr_owner/clear"), "{}", list.text);
    for page in ["reset", "duplicate"] {
        let target = format!("/credentials/own-usr_owner/{page}");
        assert_eq!(owner.get(&target).await.status, 409);
        assert_eq!(owner.post(&target, "").await.status, 409);
    }
    assert!(owner.get("/credentials/own-usr_owner/clear").await.has("Its user has to generate a new one."));
    assert_eq!(owner.post("/credentials/own-usr_owner/clear", "").await.status, 303);
    assert!(site.stored("own-usr_owner").await.unwrap().secret.is_cleared());
}
