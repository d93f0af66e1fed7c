//! The provider decides about requests.

use claviger::control::operations::{
    AccessRequestConflict, Decision, NotDecidable, OperationError, OperationRefusal, decide_requests, request_access,
    withdraw_request,
};
use claviger::store::{Changes, RequestState, Role};
use futures_util::future::join_all;
use jiff::ToSpan as _;

use super::Fixture;
use super::access_requests::{lines, request_of, ungranted, wish};
use super::callers::{owner, staff, who_can};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    approval_grants_access_and_a_decline_has_a_reason,
    requests_are_decided_all_or_none,
    only_staff_decide_and_a_decline_needs_a_reason,
    of_parallel_decisions_one_counts,
    parallel_decisions_withdrawals_and_requests_agree,
);

async fn approval_grants_access_and_a_decline_has_a_reason(bed: TestDatabase) {
    for account in ["acme", "globex"] {
        ungranted(&bed, account).await;
    }
    let (acme, globex) = (request_of(&bed, "acme", noon()).await, request_of(&bed, "globex", noon()).await);
    let (fixture, sam) = (Fixture::new(), staff());
    let call = fixture.by(&sam, &bed, noon() + 1.minutes());
    let before = bed.store.last_change().await.unwrap();
    let ids = [acme.id.to_string(), acme.id.to_string()];
    let approved = decide_requests(&call, &ids, &Decision::Approve).await.unwrap();
    assert_eq!(approved.len(), 1, "named twice, decided once");
    assert_eq!(bed.store.access_request(acme.id.as_str()).await.unwrap().unwrap(), approved[0]);
    assert_eq!((approved[0].state, approved[0].decided_by.as_deref()), (RequestState::Approved, Some("sam")));
    assert_eq!(approved[0].decided_at, Some(noon() + 1.minutes()));
    let account = bed.store.account("acme").await.unwrap().unwrap();
    assert!(account.has_access() && account.revision == 2, "{account:?}");
    assert_eq!(lines(&bed, acme.id.as_str()).await, ["approve_request", "ask_for_access"]);
    assert_eq!(bed.store.audit_of("account", "acme", 1).await.unwrap()[0].verb, "grant_access");
    let Changes::Some(changes) = bed.changes_since(before).await else { panic!("pruned") };
    assert_eq!(changes.iter().map(|change| change.target.as_str()).collect::<Vec<_>>(), ["acme"]);

    let decline = Decision::Decline("We do not know you.".into());
    let declined = decide_requests(&call, &[globex.id.to_string()], &decline).await.unwrap().remove(0);
    assert_eq!(declined.reason.as_deref(), Some("We do not know you."));
    assert_eq!((declined.asked_by.as_str(), declined.state), ("owner", RequestState::Declined), "who is to be told");
    assert!(!bed.store.account("globex").await.unwrap().unwrap().granted);
    assert_eq!(lines(&bed, globex.id.as_str()).await, ["decline_request", "ask_for_access"]);
    assert_eq!(bed.store.last_change().await.unwrap(), before + 1, "gates need not know");
}

async fn requests_are_decided_all_or_none(bed: TestDatabase) {
    let mut ids = Vec::new();
    for at in 0..200 {
        let account = format!("a{at}");
        ungranted(&bed, &account).await;
        ids.push(request_of(&bed, &account, noon()).await.id.to_string());
    }
    let (fixture, sam, other) = (Fixture::new(), staff(), owner("a7"));
    withdraw_request(&fixture.by(&other, &bed, noon()), &ids[7]).await.unwrap();
    let call = fixture.by(&sam, &bed, noon());
    let odd = [ids[0].clone(), "req_none".into(), ids[7].clone(), "a\0b".into(), ids[1].clone(), ids[7].clone()];
    let refused = decide_requests(&call, &odd, &Decision::Approve).await;
    let Err(OperationError::Other(AccessRequestConflict::NotDecidable(named))) = refused else { panic!("{refused:?}") };
    let not = |id: &str, state| NotDecidable { id: id.into(), state };
    let withdrawn = Some(RequestState::Withdrawn);
    assert_eq!(named, [not("req_none", None), not(&ids[7], withdrawn), not("a\0b", None)]);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM access_requests WHERE state = 'approved'").await, 0);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM accounts WHERE granted").await, 0);

    ids.remove(7);
    let decided = decide_requests(&call, &ids, &Decision::Approve).await.unwrap();
    assert_eq!(decided.len(), 199);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM accounts WHERE granted").await, 199);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'approve_request'").await, 199);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'grant_access'").await, 199);
}

async fn only_staff_decide_and_a_decline_needs_a_reason(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    let id = request_of(&bed, "acme", noon()).await.id.to_string();
    let decline = Decision::Decline("no".into());
    let ids = [id.clone()];
    let (fixture, sam) = (Fixture::new(), staff());
    let call = fixture.by(&sam, &bed, noon());
    let long = "x".repeat(1001);
    for reason in ["", " ", "a\r\nBcc: all", &long] {
        let refused = decide_requests(&call, &ids, &Decision::Decline(reason.into())).await;
        let Err(OperationError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
        assert_eq!(invalid.0[0].field, "reason");
    }
    for ids in [Vec::new(), vec![id.clone(); 201]] {
        let refused = decide_requests(&call, &ids, &Decision::Approve).await;
        let Err(OperationError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
        assert_eq!(invalid.0[0].field, "ids");
    }
    let stale = claviger::control::operations::OperationContext { revision: Some(2), ..call };
    let refused = decide_requests(&stale, &ids, &decline).await;
    assert!(matches!(refused, Err(OperationError::Refused(OperationRefusal::Stale(1)))), "{refused:?}");
    let decides = who_can(&bed, async |call| decide_requests(&call, &ids, &decline).await.is_ok());
    assert_eq!(decides.await, [Role::Staff]);
}

async fn of_parallel_decisions_one_counts(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    let request = request_of(&bed, "acme", noon()).await;
    let (ids, fixture, sam) = ([request.id.to_string()], Fixture::new(), staff());
    let call = fixture.by(&sam, &bed, noon());
    let (approve, decline) = (Decision::Approve, Decision::Decline("no".into()));
    let decide = |at| decide_requests(&call, &ids, if at % 2 == 0 { &approve } else { &decline });
    let outcomes = join_all((0..20).map(decide)).await;
    let heard: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(heard.len(), 1, "{outcomes:?}");
    let late = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(OperationError::Other(AccessRequestConflict::NotDecidable(_)))));
    assert_eq!(late.count(), 19, "{outcomes:?}");
    let kept = bed.store.access_request(request.id.as_str()).await.unwrap().unwrap();
    assert_eq!(kept, heard[0][0]);
    let account = bed.store.account("acme").await.unwrap().unwrap();
    assert_eq!(account.granted, kept.state == RequestState::Approved);
    assert_eq!(lines(&bed, request.id.as_str()).await.len(), 2);
}

async fn parallel_decisions_withdrawals_and_requests_agree(bed: TestDatabase) {
    let (fixture, sam) = (Fixture::new(), staff());
    for turn in 0..10 {
        let account = format!("a{turn}");
        ungranted(&bed, &account).await;
        let (id, owner) = (request_of(&bed, &account, noon()).await.id.to_string(), owner(&account));
        let (by_owner, by_staff) = (fixture.by(&owner, &bed, noon()), fixture.by(&sam, &bed, noon()));
        let (ids, mut asked_anew) = ([id.clone()], 0);
        let (decided, withdrawn, outcomes) = tokio::join!(
            decide_requests(&by_staff, &ids, &Decision::Approve),
            withdraw_request(&by_owner, &id),
            join_all((0..4).map(|_| request_access(&by_owner, wish(&account)))),
        );
        for outcome in outcomes {
            use claviger::control::operations::AccessRequestConflict::{AlreadyGranted, AlreadyPending};
            match outcome {
                Ok(_) => asked_anew += 1,
                Err(error) => {
                    assert!(matches!(error, OperationError::Other(AlreadyGranted | AlreadyPending)), "{error:?}");
                }
            }
        }
        assert_ne!(decided.is_ok(), withdrawn.is_ok(), "{decided:?} {withdrawn:?}");
        assert!(
            matches!(decided, Ok(_) | Err(OperationError::Other(AccessRequestConflict::NotDecidable(_)))),
            "{decided:?}"
        );
        assert!(
            matches!(withdrawn, Ok(_) | Err(OperationError::Other(AccessRequestConflict::NotPending(_)))),
            "{withdrawn:?}"
        );
        assert!(asked_anew <= u32::from(withdrawn.is_ok()));
        let granted = bed.store.account(label(&account).as_str()).await.unwrap().unwrap().granted;
        assert_eq!(granted, decided.is_ok());
    }
}
