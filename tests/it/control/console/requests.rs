//! `/requests`: the queue of staff, and each request.

use claviger::store::{AccessRequestRecord, ActorKind, RequestState, Role, UseCase};

use super::stage::{HOSTILE, ROLES, Stage};

#[tokio::test]
async fn each_role_gets_what_the_table_says() {
    let stage = Stage::set().await;
    stage.waiting("req_1", "globex").await;
    for role in ROLES {
        let guest = stage.guest(role, "globex").await;
        let staff = if role == Role::Staff { 200 } else { 403 };
        assert_eq!(guest.get("/requests").await.status, staff, "{role}");
        let one = if matches!(role, Role::Staff | Role::Owner) { 200 } else { 403 };
        let page = guest.get("/requests/req_1").await;
        assert_eq!(page.status, one, "{role}: {}", page.text);
        assert_eq!(page.has("/requests/req_1/approve"), role == Role::Staff, "{role}");
        assert_eq!(page.has("/access/requests/req_1/withdraw"), role == Role::Owner, "{role}");
        assert_eq!(guest.get("/profile").await.has("href=\"/keys/requests\""), role == Role::Staff, "{role}");
        if role != Role::Staff {
            for (target, form) in [
                ("/requests/decide", "ids=req_1&decision=approve"),
                ("/requests/req_1/approve", ""),
                ("/requests/req_1/decline", "reason=no"),
            ] {
                let answer = guest.post(target, form).await;
                assert_eq!(answer.status, 403, "{role} {target}: {}", answer.text);
                assert!(answer.has("Staff"), "the role is named: {}", answer.text);
            }
        }
    }
    assert_eq!(stage.request("req_1").await.state, RequestState::Pending);
}

#[tokio::test]
async fn a_foreign_request_is_found_as_little_as_a_missing_one() {
    let stage = Stage::set().await;
    stage.waiting("req_1", "globex").await;
    let owner = stage.owner("acme").await;
    let missing = owner.get("/requests/req_0").await;
    assert_eq!(missing.status, 404);
    for id in ["req_1", "a%20b", "%3Cb%3E", &"x".repeat(129)] {
        assert_eq!(owner.get(&format!("/requests/{id}")).await.steady(), missing.steady(), "{id}");
    }
    let staff = stage.staff().await;
    for target in ["/requests/req_0/approve", "/requests/a%20b/approve", "/requests/%00/approve"] {
        assert_eq!(staff.post(target, "").await.status, 404, "{target}");
    }
    assert_eq!(staff.post("/requests/decide", "ids=req_1&ids=req_0&decision=approve").await.status, 404);
    assert_eq!(stage.request("req_1").await.state, RequestState::Pending, "all or nothing");
}

#[tokio::test]
async fn many_are_approved_at_once_and_their_menu_changes_without_signing_in_again() {
    let stage = Stage::set().await;
    for (id, account) in [("req_1", "globex"), ("req_2", "initech"), ("req_3", "umbrella")] {
        stage.waiting(id, account).await;
    }
    let (staff, owner) = (stage.staff().await, stage.owner("globex").await);
    assert!(!owner.get("/access").await.has("id=\"switches\""));
    let page = staff.get("/requests").await;
    assert!(page.has("<span class=\"count\">3</span>") && page.text.matches("name=\"ids\"").count() == 3);
    let once = page.hidden("/requests/decide", "once");
    let form = format!("once={once}&ids=req_1&ids=req_2&reason=&decision=approve");
    let done = staff.post("/requests/decide", &form).await;
    assert_eq!((done.status, done.leads_to(), done.says().as_str()), (303, "/requests", "done-requests-approved"));
    let again = staff.post("/requests/decide", &form).await;
    assert!(again.status == 200 && again.has("This was done already"), "{}", again.text);
    for account in ["globex", "initech"] {
        assert!(stage.account(account).await.granted, "{account}");
    }
    assert!(!stage.account("umbrella").await.granted);
    assert!(owner.get("/access").await.has("id=\"switches\""), "at once");
    let page = staff.get("/requests").await;
    assert!(page.has("umbrella") && !page.has("globex"), "{}", page.text);
    let page = staff.get("/requests?state=approved").await;
    assert!(page.has("globex") && page.has("initech") && !page.has("name=\"ids\""), "{}", page.text);
}

#[tokio::test]
async fn a_decision_that_is_not_possible_decides_nothing() {
    let stage = Stage::set().await;
    stage.waiting("req_1", "globex").await;
    stage.waiting("req_2", "initech").await;
    let staff = stage.staff().await;
    for (form, status, text) in [
        ("reason=&decision=approve", 422, "Choose at least one request"),
        ("ids=req_1&reason=&decision=decline", 422, "Reason must not be empty"),
        ("ids=req_1&reason=because&decision=approve", 422, "A reason is only for declining."),
        ("ids=req_1&reason=", 400, "no decision"),
        ("ids=req_1&decision=both", 400, "no decision"),
        ("ids=req_1&decision=approve&decision=decline", 400, "twice"),
        ("ids=req_1&decision=approve&x=y", 400, "does not have"),
    ] {
        let page = staff.post("/requests/decide", form).await;
        assert_eq!(page.status, status, "{form}: {}", page.text);
        assert!(page.has(text), "{form}: {}", page.text);
        if form.contains("ids=req_1") && status == 422 {
            assert!(page.has("value=\"req_1\" checked"), "{form}: what was chosen stays: {}", page.text);
        }
    }
    let long = "x".repeat(1001);
    assert_eq!(staff.post("/requests/req_1/decline", &format!("reason={long}")).await.status, 422);
    assert_eq!(stage.request("req_1").await.state, RequestState::Pending);

    assert_eq!(staff.post("/requests/req_2/decline", "reason=Too+early&revision=1").await.status, 303);
    let late = staff.post("/requests/decide", "ids=req_1&ids=req_2&decision=approve").await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.has("Nothing was decided, because these are no longer waiting: initech (Declined)."), "{}", late.text);
    assert_eq!(stage.request("req_1").await.state, RequestState::Pending);
    let stale = staff.post("/requests/req_1/approve", "revision=7").await;
    assert!(stale.status == 409 && stale.has("while you had the page open"), "{}", stale.text);
    let declined = stage.owner("initech").await.get("/access").await;
    assert!(declined.has("Too early") && declined.has("Ask again"), "the reason in full: {}", declined.text);
}

#[tokio::test]
async fn the_list_is_filtered_paged_and_refuses_what_it_does_not_have() {
    let stage = Stage::set().await;
    let first = stage.waiting("req_00", "globex").await;
    for number in 1..=55 {
        let declined = AccessRequestRecord {
            id: format!("req_{number:02}").parse().unwrap(),
            state: RequestState::Declined,
            reason: Some("no".into()),
            ..first.clone()
        };
        stage.put_request(&declined).await;
    }
    let staff = stage.staff().await;
    let page = staff.get("/requests?state=declined").await;
    assert_eq!(page.text.matches("class=\"card\"").count(), 50);
    let next = page.text.split("href=\"/keys").find(|rest| rest.contains("cursor=")).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let rest = staff.get(&next).await;
    assert_eq!(rest.text.matches("class=\"card\"").count(), 5, "{}", rest.text);
    assert!(rest.has("href=\"/keys/requests?state=declined\">First page"), "{}", rest.text);
    assert_eq!(staff.get("/requests?state=all").await.text.matches("class=\"card\"").count(), 50);
    assert!(staff.get("/requests?account=acme").await.has("No requests are waiting."));
    assert!(staff.get("/requests?account=globex").await.has("Account: globex"));
    for query in ["state=x", "x=y", "state=all&state=all", "account=a+b", "account=%ff"] {
        assert_eq!(staff.get(&format!("/requests?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(staff.get("/requests?cursor=%3Cb%3E").await.status, 200);
}

#[tokio::test]
async fn a_refused_decision_shows_the_same_page_of_the_same_list() {
    let stage = Stage::set().await;
    for number in 0..52 {
        stage.waiting(&format!("req_{number:02}"), &format!("acc_{number:02}")).await;
    }
    let staff = stage.staff().await;
    let first = staff.get("/requests").await;
    let next = first.text.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"/keys").unwrap().1;
    let second = staff.get(next.trim_end_matches("\" ")).await;
    let cursor = second.hidden("/requests/decide", "cursor").to_owned();
    let form = format!("ids=req_51&reason=&decision=decline&cursor={cursor}");
    let refused = staff.post("/requests/decide", &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.has("value=\"req_51\" checked") && !refused.has("value=\"req_00\""), "{}", refused.text);
    assert_eq!(refused.hidden("/requests/decide", "cursor"), cursor);
    let of_account = staff.post("/requests/decide", "reason=&decision=decline&account=acc_03").await;
    assert!(of_account.has("value=\"req_03\"") && !of_account.has("value=\"req_00\""), "{}", of_account.text);
    let done = staff.post("/requests/decide", &form.replace("reason=", "reason=no")).await;
    assert_eq!((done.status, done.leads_to()), (303, "/requests?cursor=req%5F49"));
    for junk in ["state=x", "account=a+b"] {
        let page = staff.post("/requests/decide", &format!("ids=req_00&decision=approve&{junk}")).await;
        assert_eq!(page.status, 400, "{junk}: {}", page.text);
    }
}

#[tokio::test]
async fn a_request_shows_all_of_it_and_what_its_asker_misses() {
    let stage = Stage::set().await;
    stage.waiting("req_1", "globex").await;
    let staff = stage.staff().await;
    let page = staff.get("/requests/req_1").await;
    for text in [
        "Request of globex",
        "usr_owner_globex@example.org",
        "31 Jan 2027",
        "Reporting, a plug-in",
        "href=\"https://example.org/privacy?a=b&#38;c\"",
        "The provider has not granted API access to the account.",
        "href=\"/keys/accounts/globex\"",
        "href=\"/keys/audit?target=req%5F1\"",
    ] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    let form = format!("revision={}", page.hidden("/requests/req_1/approve", "revision"));
    let done = staff.post("/requests/req_1/approve", &form).await;
    assert_eq!((done.status, done.leads_to()), (303, "/requests/req_1"));
    let page = staff.get("/requests/req_1").await;
    assert!(page.has("Approved by") && !page.has("/requests/req_1/decline"), "{}", page.text);
}

#[tokio::test]
async fn what_others_have_written_is_escaped() {
    let stage = Stage::set().await;
    let waiting = stage.waiting("req_1", "globex").await;
    stage.bed.execute("DELETE FROM access_requests").await;
    let request = AccessRequestRecord {
        asked_by_kind: ActorKind::Token,
        asked_by: HOSTILE.into(),
        use_cases: vec![UseCase::Other(HOSTILE.into())],
        privacy_policy: Some("https://example.org/\"><img src=x onerror=alert(1)>".into()),
        ..waiting
    };
    stage.put_request(&request).await;
    let name = HOSTILE.replace('\'', "''");
    stage.bed.execute(&format!("UPDATE accounts SET name = '{name}' WHERE id = 'globex'")).await;
    let staff = stage.staff().await;
    for target in ["/requests", "/requests/req_1", "/accounts", "/accounts/globex", "/accounts/globex/withdraw"] {
        staff.get(target).await.assert_escaped(target);
    }
    let reason = "reason=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E%0A";
    for target in ["/requests/decide", "/requests/req_1/decline"] {
        let form =
            if target.ends_with("decide") { format!("decision=decline&{reason}") } else { format!("{reason}%07x") };
        let page = staff.post(target, &form).await;
        assert_eq!(page.status, 422, "{target}");
        page.assert_escaped(target);
    }
    let odd = staff.get("/requests?account=%3Cimg").await;
    assert!(odd.status == 400 && !odd.has("<img"), "{}", odd.text);
}
