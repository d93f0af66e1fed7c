//! `/access`: who sees and does what, the form, the switches.

use claviger::credential::{StoredSecret, TokenDigest};
use claviger::store::{AccessRequestRecord, AccountRecord, CredentialRecord, RequestState, Role, UseCase};

use super::stage::{HOSTILE, ROLES, Stage};
use crate::store::test_database::{label, noon, token};

const ASK: &str = "start_on=2027-01-31&use_cases=reporting&use_cases=integration&other=a+plug-in\
                   &privacy_policy=https%3A%2F%2Fglobex.example%2Fprivacy";

#[tokio::test]
async fn each_role_gets_the_page_that_the_table_gives_it() {
    let stage = Stage::set().await;
    for role in ROLES {
        let guest = stage.guest(role, "acme").await;
        let (page, off) = (guest.get("/access").await, guest.get("/access/off").await);
        assert_eq!(page.status, if role == Role::Staff { 404 } else { 200 }, "{role}: {}", page.text);
        let may_switch = matches!(role, Role::Owner | Role::Implementer);
        assert_eq!(page.has("id=\"switches\""), may_switch, "{role}");
        let status = match role {
            Role::Staff => 404,
            Role::Owner | Role::Implementer => 200,
            Role::Member => 403,
        };
        assert_eq!(off.status, status, "{role}");
        let menu = guest.get("/profile").await.has("href=\"/keys/access\"");
        assert_eq!(menu, role != Role::Staff, "{role}");
        for (target, form, done) in [
            ("/access/members", "allowed=allowed", may_switch),
            ("/access/members", "allowed=not_allowed&confirm=not_allowed", may_switch),
            ("/access/off", "", may_switch),
            ("/access/on", "", may_switch),
        ] {
            let answer = guest.post(target, form).await;
            let expected = if done { 303 } else { status.max(403) };
            assert_eq!(answer.status, expected, "{role} {target} {form}: {}", answer.text);
        }
        let none = stage.guest(role, "globex").await;
        let page = none.get("/access").await;
        assert_eq!(page.has("action=\"/keys/access/ask\""), role == Role::Owner, "{role}");
        assert!(!page.has("id=\"switches\""), "{role}");
        let expected = match role {
            Role::Staff => 404,
            Role::Owner => 303,
            Role::Implementer | Role::Member => 403,
        };
        assert_eq!(none.post("/access/ask", ASK).await.status, expected, "{role}");
    }
}

#[tokio::test]
async fn an_owner_asks_sees_the_request_and_withdraws_it() {
    let stage = Stage::set().await;
    let owner = stage.owner("globex").await;
    let page = owner.get("/access").await;
    assert!(page.has("The provider has not granted API access") && page.has("href=\"/keys/access#request\""));
    let form = format!("once={}&{ASK}", page.hidden("/access/ask", "once"));
    let asked = owner.post("/access/ask", &form).await;
    assert_eq!((asked.status, asked.leads_to(), asked.says().as_str()), (303, "/access", "done-access-asked"));
    let again = owner.post("/access/ask", &form).await;
    assert!(again.status == 200 && again.has("This was done already"), "{}", again.text);
    assert_eq!(stage.count("SELECT COUNT(*) FROM access_requests").await, 1);

    let page = owner.get("/access").await;
    for text in [
        "31 Jan 2027",
        "Reporting, Integration with another system, a plug-in",
        "https://globex.example/privacy",
        "Waiting",
        "The request for it waits for the provider.",
    ] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    assert!(!page.has("/access/ask"), "one request at a time");
    let action = page.text.split("action=\"/keys").find(|rest| rest.contains("/withdraw\"")).unwrap();
    let action = action.split('"').next().unwrap().to_owned();
    let revision = page.hidden(&action, "revision");
    let withdrawn = owner.post(&action, &format!("revision={revision}")).await;
    assert_eq!((withdrawn.status, withdrawn.says().as_str()), (303, "done-access-request-withdrawn"));
    let late = owner.post(&action, "").await;
    assert!(late.status == 409 && late.has("is already withdrawn"), "{}", late.text);
    let page = owner.get("/access").await;
    assert!(page.has("Withdrawn") && page.has("Ask again"), "{}", page.text);
}

#[tokio::test]
async fn a_foreign_request_is_found_as_little_as_a_missing_one() {
    let stage = Stage::set().await;
    stage.waiting("req_1", "globex").await;
    let owner = stage.owner("acme").await;
    let missing = owner.post("/access/requests/req_0/withdraw", "").await;
    assert_eq!(missing.status, 404);
    for id in ["req_1", "a%20b", "%3Cb%3E", &"x".repeat(129)] {
        assert_eq!(owner.post(&format!("/access/requests/{id}/withdraw"), "").await.steady(), missing.steady(), "{id}");
    }
    assert_eq!(stage.request("req_1").await.state, RequestState::Pending);
}

#[tokio::test]
async fn every_fault_of_the_form_stands_at_its_field_and_what_was_typed_stays() {
    let stage = Stage::set().await;
    let owner = stage.owner("globex").await;
    let long = "x".repeat(201);
    let bad = format!("start_on=2020-01-01&use_cases=reporting&other={long}&privacy_policy=http%3A%2F%2Flocalhost");
    let page = owner.post("/access/ask", &bad).await;
    assert_eq!(page.status, 422, "{}", page.text);
    for id in ["start_on-fault", "other-fault", "privacy_policy-fault"] {
        assert!(page.has(&format!("id=\"{id}\"")), "{id}: {}", page.text);
    }
    assert!(page.has(&long) && page.has("value=\"2020-01-01\"") && page.has("value=\"reporting\" checked"));
    assert!(page.has("href=\"#other\"") && page.has("<title>Error: "), "{}", page.text);
    let none = owner.post("/access/ask", "start_on=2027-01-31&other=&privacy_policy=").await;
    assert!(
        none.status == 422 && none.has("id=\"use_cases-fault\"") && none.has("Choose what you need"),
        "{}",
        none.text
    );
    for (form, status) in [
        (format!("{ASK}&account=acme"), 400),
        (format!("{ASK}&start_on=2027-02-01"), 400),
        (format!("{ASK}&use_cases=nonsense"), 422),
        ("start_on=%00&use_cases=reporting".into(), 422),
        (format!("start_on=2027-01-31&other={}", "%0Ab"), 303),
    ] {
        let answer = owner.post("/access/ask", &form).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.text);
    }
    let granted = stage.owner("acme").await.post("/access/ask", ASK).await;
    assert!(granted.status == 409 && granted.has("already been granted"), "{}", granted.text);
}

#[tokio::test]
async fn switching_off_asks_and_says_what_follows() {
    let stage = Stage::set().await;
    let implementer = stage.guest(Role::Implementer, "acme").await;
    let empty = implementer.get("/access/off").await;
    assert!(empty.has("No API account or key is enabled now.") && empty.has("None was used so far."), "{}", empty.text);
    for id in ["acme-1", "acme-2"] {
        stage.bed.put(&token(id, "acme", id)).await;
    }
    stage.bed.put(&token("hooli-1", "hooli", "hooli-1")).await;
    let millis = noon().as_millisecond() - 3 * 3_600_000;
    for (id, at) in [("acme-1", millis), ("hooli-1", noon().as_millisecond())] {
        stage.bed.execute(&format!("INSERT INTO uses (credential, at) VALUES ('{id}', {at})")).await;
    }
    let page = implementer.get("/access/off").await;
    assert!(
        page.has("2 enabled API accounts and keys will be refused at once.") && page.has("3 hours ago"),
        "{}",
        page.text
    );
    let form =
        format!("once={}&revision={}", page.hidden("/access/off", "once"), page.hidden("/access/off", "revision"));
    assert_eq!(implementer.post("/access/off", &form).await.says(), "done-access-off");
    assert!(!stage.account("acme").await.switched_on);
    let page = implementer.get("/access").await;
    assert!(page.has("The account has switched API access off.") && page.has("Enable API access"), "{}", page.text);
    let on = format!("revision={}", page.hidden("/access/on", "revision"));
    assert_eq!(implementer.post("/access/on", &on).await.says(), "done-access-on");
    assert!(stage.account("acme").await.switched_on);
}

#[tokio::test]
async fn a_stale_switch_changes_nothing_and_says_who_did() {
    let stage = Stage::set().await;
    let owner = stage.owner("acme").await;
    let page = owner.get("/access").await;
    let policy = format!("allowed=allowed&revision={}", page.hidden("/access/members", "revision"));
    let staff = stage.staff().await;
    assert_eq!(staff.post("/accounts/acme/rename", "name=Acme+Inc").await.status, 303);
    for (target, form) in
        [("/access/members", policy.as_str()), ("/access/off", "revision=1"), ("/access/on", "revision=1")]
    {
        let stale = owner.post(target, form).await;
        assert_eq!(stale.status, 409, "{target}: {}", stale.text);
        assert!(stale.has("usr_staff_provider@example.org changed this at"), "{target}: {}", stale.text);
    }
    let account = stage.account("acme").await;
    assert!(account.switched_on && !account.members_allowed, "{account:?}");
    let stale = owner.post("/access/members", &policy).await;
    let again = format!("allowed=allowed&revision={}", stale.hidden("/access/members", "revision"));
    assert_eq!(owner.post("/access/members", &again).await.says(), "done-access-members-allowed");
    for bad in ["allowed=yes", "", "allowed=allowed&allowed=not_allowed", "allowed=allowed&role=staff"] {
        let answer = owner.post("/access/members", bad).await;
        assert!(matches!(answer.status, 400 | 422), "{bad}: {}", answer.text);
    }
    assert!(stage.account("acme").await.members_allowed);
}

#[tokio::test]
async fn each_missing_condition_has_its_link_and_who_can_meet_it() {
    let stage = Stage::set().await;
    let (owner, member) = (stage.owner("acme").await, stage.guest(Role::Member, "acme").await);
    let page = owner.get("/access").await;
    assert!(page.has("There is no API account or key.") && page.has("href=\"/keys/credentials/new\""), "{}", page.text);
    let page = member.get("/access").await;
    assert!(page.has("Members of this account may not have keys of their own."), "{}", page.text);
    assert!(page.has("Owner or Implementer can allow it.") && !page.has("/my-key"), "{}", page.text);
    let account = AccountRecord { members_allowed: true, ..stage.account("acme").await };
    stage.bed.put_account(&account).await;
    let page = member.get("/access").await;
    assert!(page.has("There is no API account or key.") && page.has("href=\"/keys/my-key\""), "{}", page.text);

    let secret = StoredSecret::Token(TokenDigest::of(b"x"));
    let record = CredentialRecord {
        version: Some(label("1")),
        ..CredentialRecord::new(label("acme/1"), label("acme"), secret, noon(), "root")
    };
    stage.bed.put(&record).await;
    let page = owner.get("/access").await;
    assert!(page.has("Its version of the API is not in service."), "{}", page.text);
    assert!(page.has("href=\"/keys/credentials/acme%2F1\""), "{}", page.text);
    stage.bed.put(&CredentialRecord { version: Some(label("2")), ..record }).await;
    let page = owner.get("/access").await;
    assert!(page.has("Nothing is missing: the API can be used.") && !page.has(">Missing<"), "{}", page.text);
}

#[tokio::test]
async fn what_others_have_written_is_escaped() {
    let stage = Stage::set().await;
    let waiting = stage.waiting("req_1", "globex").await;
    stage.bed.execute("DELETE FROM access_requests").await;
    let request = AccessRequestRecord {
        use_cases: vec![UseCase::Other(HOSTILE.into())],
        state: RequestState::Declined,
        reason: Some(HOSTILE.into()),
        decided_by: Some(HOSTILE.into()),
        ..waiting
    };
    stage.put_request(&request).await;
    let owner = stage.owner("globex").await;
    owner.get("/access").await.assert_escaped("/access");
    let page = owner.post("/access/ask", "start_on=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&other=%3Cimg+src%3Dx").await;
    page.assert_escaped("the form");
    owner.get("/requests/req_1").await.assert_escaped("/requests/req_1");
    owner.get("/").await.assert_escaped("/");
}

#[tokio::test]
async fn a_stale_policy_is_shown_in_words() {
    let stage = Stage::set().await;
    let owner = stage.owner("acme").await;
    let revision = owner.get("/access").await.hidden("/access/members", "revision").to_owned();
    assert_eq!(owner.post("/access/members", &format!("allowed=allowed&revision={revision}")).await.status, 303);
    let stale = owner.post("/access/members", &format!("allowed=not_allowed&revision={revision}")).await;
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert!(stale.has("Saved now: <b>Allowed</b>") && !stale.has("<b>allowed</b>"), "{}", stale.text);
}
