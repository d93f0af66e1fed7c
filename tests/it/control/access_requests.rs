//! An account asks for access, and changes its mind.

use claviger::control::operations::{
    AccessRequestConflict, Caller, Decision, NewAccessRequest, NewAccount, OperationError, OperationRefusal, Paging,
    create_account, decide_requests, grant_access, list_access_requests, request_access, show_access_request,
    withdraw_request,
};
use claviger::store::{AccessRequestFilter, AccessRequestRecord, ActorKind, RequestState, Role, UseCase};
use futures_util::future::join_all;
use jiff::{Timestamp, ToSpan as _};

use super::Fixture;
use super::callers::{owner, staff, who_can};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    an_account_has_one_pending_request,
    every_fault_of_a_request_is_reported_at_once,
    of_parallel_requests_of_an_account_one_is_accepted,
    an_account_withdraws_its_pending_request,
    each_role_sees_and_does_what_the_table_says,
    pending_requests_are_oldest_first_and_others_newest_first,
);

pub fn wish(account: &str) -> NewAccessRequest {
    NewAccessRequest {
        account: label(account),
        start_on: "2027-01-31".into(),
        use_cases: vec!["reporting".into(), "other: a door bell".into(), "reporting".into()],
        privacy_policy: Some("https://acme.example/privacy#data".into()),
    }
}

/// An account that has no access.
pub async fn ungranted(bed: &TestDatabase, id: &str) {
    let (fixture, sam) = (Fixture::new(), staff());
    let new = NewAccount { id: Some(label(id)), name: None };
    create_account(&fixture.by(&sam, bed, noon()), new).await.unwrap();
}

pub async fn request_of(bed: &TestDatabase, account: &str, now: Timestamp) -> AccessRequestRecord {
    let (fixture, owner) = (Fixture::new(), owner(account));
    request_access(&fixture.by(&owner, bed, now), wish(account)).await.unwrap().fresh().unwrap()
}

pub async fn lines(bed: &TestDatabase, id: &str) -> Vec<String> {
    let audit = bed.store.audit_of("access_request", id, 20).await.unwrap();
    audit.into_iter().map(|line| line.verb).collect()
}

async fn an_account_has_one_pending_request(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    let (fixture, owner, sam) = (Fixture::new(), owner("acme"), staff());
    let ask = async || {
        let asked = request_access(&fixture.by(&owner, &bed, noon()), wish("acme")).await;
        asked.map(|asked| asked.fresh().unwrap())
    };
    let request = ask().await.unwrap();
    assert!(request.id.as_str().starts_with("req_"));
    assert_eq!(bed.store.access_request(request.id.as_str()).await.unwrap().unwrap(), request);
    assert_eq!(request.use_cases, [UseCase::Reporting, UseCase::Other("a door bell".into())], "each once");
    assert_eq!((request.asked_by_kind, request.asked_by.as_str()), (ActorKind::User, "owner"));
    assert!(matches!(ask().await, Err(OperationError::Other(AccessRequestConflict::AlreadyPending))));
    let line = bed.store.audit_of("access_request", request.id.as_str(), 1).await.unwrap().remove(0);
    assert_eq!((line.verb.as_str(), line.account.as_deref()), ("ask_for_access", Some("acme")));
    assert!(line.after.unwrap().contains("\"use_cases\":[\"reporting\",\"other: a door bell\"]"));

    let by_staff = fixture.by(&sam, &bed, noon());
    decide_requests(&by_staff, &[request.id.to_string()], &Decision::Decline("no".into())).await.unwrap();
    assert_ne!(ask().await.unwrap().id, request.id, "they may ask anew");
    grant_access(&by_staff, &label("acme")).await.unwrap();
    assert!(matches!(ask().await, Err(OperationError::Other(AccessRequestConflict::AlreadyGranted))));
}

async fn every_fault_of_a_request_is_reported_at_once(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    let (fixture, owner) = (Fixture::new(), owner("acme"));
    let fields = async |new| match request_access(&fixture.by(&owner, &bed, noon()), new).await {
        Err(OperationError::Invalid(invalid)) => {
            invalid.0.iter().map(|fault| fault.field.to_string()).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let all = NewAccessRequest {
        account: label("acme"),
        start_on: "2026-11-20".into(),
        use_cases: Vec::new(),
        privacy_policy: Some("javascript:alert(1)".into()),
    };
    assert_eq!(fields(all).await, ["start_on", "use_cases", "privacy_policy"]);
    for use_cases in [vec!["reporting".into(); 11], vec!["reporting".into(), "world_domination".into()]] {
        assert_eq!(fields(NewAccessRequest { use_cases, ..wish("acme") }).await, ["use_cases"]);
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM access_requests").await, 0);
    let today = NewAccessRequest { start_on: "2026-11-21".into(), privacy_policy: None, ..wish("acme") };
    request_access(&fixture.by(&owner, &bed, noon()), today).await.unwrap();
}

async fn of_parallel_requests_of_an_account_one_is_accepted(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    let (fixture, owner) = (Fixture::new(), owner("acme"));
    let call = fixture.by(&owner, &bed, noon());
    let outcomes = join_all((0..20).map(|_| request_access(&call, wish("acme")))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let others = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(OperationError::Other(AccessRequestConflict::AlreadyPending))));
    assert_eq!(others.count(), 19, "{outcomes:?}");
    assert_eq!(bed.ask("SELECT COUNT(*) FROM access_requests").await, 1);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'ask_for_access'").await, 1);
}

async fn an_account_withdraws_its_pending_request(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    let request = request_of(&bed, "acme", noon()).await;
    let (id, fixture, owner, sam) = (request.id.as_str(), Fixture::new(), owner("acme"), staff());
    let call = fixture.by(&owner, &bed, noon() + 1.minutes());
    let stale = claviger::control::operations::OperationContext { revision: Some(7), ..call };
    let refused = withdraw_request(&stale, id).await;
    assert!(matches!(refused, Err(OperationError::Refused(OperationRefusal::Stale(1)))), "{refused:?}");
    let withdrawn = withdraw_request(&call, id).await.unwrap();
    assert_eq!(bed.store.access_request(id).await.unwrap().unwrap(), withdrawn);
    assert_eq!((withdrawn.state, withdrawn.decided_by.as_deref()), (RequestState::Withdrawn, Some("owner")));
    assert_eq!(lines(&bed, id).await, ["withdraw_request", "ask_for_access"]);
    let again = withdraw_request(&call, id).await;
    assert!(
        matches!(again, Err(OperationError::Other(AccessRequestConflict::NotPending(RequestState::Withdrawn)))),
        "{again:?}"
    );
    let late = decide_requests(&fixture.by(&sam, &bed, noon()), &[id.to_owned()], &Decision::Approve).await;
    assert!(late.unwrap_err().to_string().contains("is already withdrawn"));
    assert!(!bed.store.account("acme").await.unwrap().unwrap().granted);
    assert_eq!(request_of(&bed, "acme", noon()).await.state, RequestState::Pending, "and asks again");
}

async fn each_role_sees_and_does_what_the_table_says(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    ungranted(&bed, "globex").await;
    let foreign = request_of(&bed, "globex", noon()).await;
    let ask = who_can(&bed, async |call| request_access(&call, wish("acme")).await.is_ok()).await;
    assert_eq!(ask, [Role::Owner]);
    let list = AccessRequestFilter::default;
    let sees = who_can(&bed, async |call| list_access_requests(&call, list(), Paging::default()).await.is_ok());
    assert_eq!(sees.await, [Role::Staff, Role::Owner]);

    let (fixture, owner) = (Fixture::new(), owner("acme"));
    let call = fixture.by(&owner, &bed, noon());
    let own = list_access_requests(&call, list(), Paging::default()).await.unwrap().records;
    let [own] = &own[..] else { panic!("{own:?}") };
    assert_eq!(own.account, label("acme"));
    let elsewhere = AccessRequestFilter { account: Some(label("globex")), ..list() };
    let hidden = [
        list_access_requests(&call, elsewhere, Paging::default()).await.map(drop),
        show_access_request(&call, foreign.id.as_str()).await.map(drop),
        show_access_request(&call, "no such\0thing").await.map(drop),
    ];
    for outcome in hidden {
        assert!(matches!(outcome, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{outcome:?}");
    }
    for id in [foreign.id.as_str(), "req_none", "\0"] {
        let outcome = withdraw_request(&call, id).await;
        assert!(matches!(outcome, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{outcome:?}");
    }
    assert_eq!(show_access_request(&call, own.id.as_str()).await.unwrap(), *own);
    let withdraw = who_can(&bed, async |call| withdraw_request(&call, own.id.as_str()).await.is_ok());
    assert_eq!(withdraw.await, [Role::Owner]);
    let broken = Caller { account: None, ..owner.clone() };
    assert!(list_access_requests(&fixture.by(&broken, &bed, noon()), list(), Paging::default()).await.is_err());
}

async fn pending_requests_are_oldest_first_and_others_newest_first(bed: TestDatabase) {
    let mut made = Vec::new();
    for (at, account) in ["a", "b", "c", "d"].into_iter().enumerate() {
        ungranted(&bed, account).await;
        // Two of the same moment.
        made.push(request_of(&bed, account, noon() + i64::try_from(at / 2).unwrap().minutes()).await);
    }
    made.sort_by_key(|request| (request.created_at, request.id.clone()));
    let (fixture, sam) = (Fixture::new(), staff());
    let call = fixture.by(&sam, &bed, noon());
    let pages = async |state: Option<RequestState>| {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let filter = AccessRequestFilter { account: None, state };
            let paging = Paging { after: after.as_deref(), limit: 1 };
            let page = list_access_requests(&call, filter, paging).await.unwrap();
            seen.extend(page.records);
            let Some(end) = page.end else { return seen };
            after = Some(end);
        }
    };
    assert_eq!(pages(Some(RequestState::Pending)).await, made);
    let newest: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(pages(None).await, newest);
    decide_requests(&call, &[made[1].id.to_string()], &Decision::Decline("no".into())).await.unwrap();
    let declined = pages(Some(RequestState::Declined)).await;
    assert_eq!(declined.iter().map(|request| &request.id).collect::<Vec<_>>(), [&made[1].id]);
    assert_eq!(pages(Some(RequestState::Pending)).await.len(), 3);
    bed.execute("UPDATE access_requests SET state = 'odd' WHERE account = 'd'").await;
    let page = list_access_requests(&call, AccessRequestFilter::default(), Paging::default()).await.unwrap();
    assert_eq!((page.records.len(), page.unreadable.len()), (3, 1));
}
