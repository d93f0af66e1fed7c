//! Tokens of scripts.

use claviger::control::operations::{
    Caller, CreatedOperatorToken, Invalid, NewOperatorToken, NotFound, OperationError, OperationRefusal, Paging,
    caller_of_token, create_operator_token, delete_operator_token, disable_operator_token, enable_operator_token,
    list_operator_tokens, show_operator_token,
};
use claviger::control::views::OperatorTokenView;
use claviger::credential::TokenFormat;
use claviger::store::{ActorKind, Role};
use jiff::{SignedDuration, ToSpan as _};

use super::is_invalid;
use super::people::{House, found_in_texts, user};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    an_operator_token_is_a_caller_with_its_role_and_is_revealed_once,
    a_caller_creates_no_token_with_more_rights,
    every_fault_of_a_new_token_is_reported_at_once,
    unknown_disabled_expired_and_deleted_tokens_authenticate_no_caller,
    junk_is_refused_before_the_database_is_read,
    the_use_of_a_token_is_written_once_a_minute,
    tokens_of_another_account_are_not_found,
    lists_are_the_newest_first,
);

fn new(role: Role, account: Option<&str>) -> NewOperatorToken {
    NewOperatorToken { name: "nightly".into(), role, account: account.map(label), expires_at: None }
}

async fn made(house: &House, bed: &TestDatabase, new: NewOperatorToken) -> CreatedOperatorToken {
    create_operator_token(&house.fixture.call(bed, noon()), new).await.unwrap().fresh().unwrap()
}

async fn is_known(house: &House, bed: &TestDatabase, token: &CreatedOperatorToken) -> bool {
    caller_of_token(&house.at(bed), token.token.reveal()).await.unwrap().is_some()
}

async fn an_operator_token_is_a_caller_with_its_role_and_is_revealed_once(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::new();
    for (role, account) in [(Role::Staff, None), (Role::Owner, Some("acme")), (Role::Implementer, Some("acme"))] {
        let made = made(&house, &bed, new(role, account)).await;
        assert!(made.token.reveal().starts_with("clvop_") && made.record.id.as_str().starts_with("opt_"));
        assert_eq!(bed.store.operator_token(made.record.id.as_str()).await.unwrap().unwrap(), made.record);
        let caller = caller_of_token(&house.at(&bed), made.token.reveal()).await.unwrap().unwrap();
        assert_eq!((caller.role, &caller.account, &caller.user), (role, &account.map(label), &None));
        assert_eq!((caller.actor.kind, caller.actor.id.as_str()), (ActorKind::Token, made.record.id.as_str()));
        let digest = made.token.digest().to_string();
        let facts = serde_json::to_string(&OperatorTokenView::from(&made.record)).unwrap();
        for secret in [made.token.reveal(), digest.trim_start_matches("sha256:")] {
            assert_eq!(found_in_texts(&bed, secret).await, 0);
            assert!(!facts.contains(secret));
        }
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'create_operator_token'").await, 3);
}

async fn a_caller_creates_no_token_with_more_rights(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let house = House::new();
    let owner = user(Role::Owner);
    let make = async |caller: &Caller, new| create_operator_token(&house.fixture.by(caller, &bed, noon()), new).await;
    assert!(make(&owner, new(Role::Owner, Some("acme"))).await.is_ok());
    for account in [None, Some("acme")] {
        let staff = make(&owner, new(Role::Staff, account)).await;
        assert!(matches!(staff, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))), "{staff:?}");
    }
    let other = make(&owner, new(Role::Implementer, Some("globex"))).await;
    assert!(
        matches!(other, Err(OperationError::Refused(OperationRefusal::NotFound(NotFound("account"))))),
        "{other:?}"
    );
    for role in [Role::Implementer, Role::Member] {
        let refused = make(&user(role), new(Role::Implementer, Some("acme"))).await;
        assert!(matches!(refused, Err(OperationError::Refused(OperationRefusal::Forbidden(_)))), "{refused:?}");
    }
    let nowhere = make(&user(Role::Staff), new(Role::Owner, Some("nowhere"))).await;
    assert!(is_invalid(nowhere.as_ref().unwrap_err(), "account"), "{nowhere:?}");
    assert_eq!(bed.ask("SELECT COUNT(*) FROM operator_tokens").await, 1);
}

async fn every_fault_of_a_new_token_is_reported_at_once(bed: TestDatabase) {
    let house = House::new();
    let odd = NewOperatorToken { name: "a\nb".into(), expires_at: Some(noon()), ..new(Role::Member, None) };
    let refused = create_operator_token(&house.fixture.call(&bed, noon()), odd).await;
    let Err(OperationError::Invalid(Invalid(faults))) = refused else { panic!("{refused:?}") };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_ref()).collect();
    assert_eq!(fields, ["role", "account", "name", "expires_at"]);
}

async fn unknown_disabled_expired_and_deleted_tokens_authenticate_no_caller(bed: TestDatabase) {
    let house = House::new();
    let expires_at = Some(noon() + 1.hours());
    let made = made(&house, &bed, NewOperatorToken { expires_at, ..new(Role::Staff, None) }).await;
    let (id, call) = (&made.record.id, house.fixture.call(&bed, noon()));
    assert!(is_known(&house, &bed, &made).await);
    let off = disable_operator_token(&call, id).await.unwrap();
    assert_eq!((off.enabled, off.revision), (false, 2));
    assert_eq!(disable_operator_token(&call, id).await.unwrap().revision, 2, "nothing has changed");
    assert!(!is_known(&house, &bed, &made).await);
    assert!(enable_operator_token(&call, id).await.unwrap().enabled);
    assert!(is_known(&house, &bed, &made).await);
    house.clock.set(noon() + 1.hours());
    assert!(!is_known(&house, &bed, &made).await, "it has expired");
    house.clock.set(noon());
    delete_operator_token(&call, id).await.unwrap();
    assert!(!is_known(&house, &bed, &made).await);
    let gone = delete_operator_token(&call, id).await;
    assert!(matches!(gone, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{gone:?}");
    let audit = bed.store.audit_of("operator_token", id.as_str(), 10).await.unwrap();
    let mut verbs: Vec<_> = audit.iter().map(|line| line.verb.as_str()).collect();
    verbs.sort_unstable();
    let all = ["create_operator_token", "delete_operator_token", "disable_operator_token", "enable_operator_token"];
    assert_eq!(verbs, all);
}

async fn junk_is_refused_before_the_database_is_read(bed: TestDatabase) {
    let house = House::new();
    let real = made(&house, &bed, new(Role::Staff, None)).await;
    let real = real.token.reveal();
    let (gates, other) = (TokenFormat::default().mint().unwrap(), TokenFormat::operator().mint().unwrap());
    let long = format!("clvop_{}", "A".repeat(100_000));
    let junk =
        ["", "\0", "clvop_", "clvop_\0", &real[1..], &real[6..], &format!("{real}A"), &format!("{real} "), &long];
    for junk in junk.into_iter().chain([gates.reveal(), other.reveal()]) {
        assert!(caller_of_token(&house.at(&bed), junk).await.unwrap().is_none(), "{junk:.60}");
    }
    let mut wrong = real.to_owned();
    let last = if wrong.ends_with('0') { "1" } else { "0" };
    wrong.replace_range(wrong.len() - 1.., last);
    bed.store.close().await;
    assert!(caller_of_token(&house.at(&bed), &wrong).await.unwrap().is_none(), "by its checksum alone");
    assert!(caller_of_token(&house.at(&bed), real).await.is_err(), "this one has to be looked for");
}

async fn the_use_of_a_token_is_written_once_a_minute(bed: TestDatabase) {
    let house = House::new();
    let made = made(&house, &bed, new(Role::Staff, None)).await;
    let start = noon().as_millisecond();
    for (seconds, written) in [(0, 0), (59, 0), (60, 60_000), (61, 60_000), (10, 60_000)] {
        house.clock.set(noon() + SignedDuration::from_secs(seconds));
        assert!(is_known(&house, &bed, &made).await);
        let noted = bed.ask("SELECT MAX(last_used_at) FROM operator_tokens").await;
        assert_eq!(noted - start, written, "after {seconds} s");
    }
    let record = bed.store.operator_token(made.record.id.as_str()).await.unwrap().unwrap();
    assert_eq!((record.last_used_at, record.revision), (Some(noon() + 1.minutes()), 1));
}

async fn tokens_of_another_account_are_not_found(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let house = House::new();
    let owner = user(Role::Owner);
    let staffs = made(&house, &bed, new(Role::Staff, None)).await.record;
    let other = made(&house, &bed, new(Role::Owner, Some("globex"))).await.record;
    let own = made(&house, &bed, new(Role::Owner, Some("acme"))).await.record;
    let call = house.fixture.by(&owner, &bed, noon());
    for id in [&staffs.id, &other.id, &label("opt_nothing")] {
        let shown = show_operator_token(&call, id).await;
        assert!(matches!(shown, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{shown:?}");
        let outcomes = [
            disable_operator_token(&call, id).await,
            enable_operator_token(&call, id).await,
            delete_operator_token(&call, id).await,
        ];
        for outcome in outcomes {
            assert!(matches!(outcome, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{outcome:?}");
        }
    }
    assert_eq!(show_operator_token(&call, &own.id).await.unwrap(), own);
    let listed = list_operator_tokens(&call, None, Paging::default()).await.unwrap().records;
    assert_eq!(listed, [own]);
    let foreign = list_operator_tokens(&call, Some(&label("globex")), Paging::default()).await;
    assert!(matches!(foreign, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{foreign:?}");
}

async fn lists_are_the_newest_first(bed: TestDatabase) {
    bed.account("acme").await;
    let (house, mut made) = (House::new(), Vec::new());
    for minute in 0..5_i64 {
        let call = house.fixture.call(&bed, noon() + minute.minutes());
        made.push(create_operator_token(&call, new(Role::Owner, Some("acme"))).await.unwrap().fresh().unwrap().record);
    }
    made.reverse();
    let call = house.fixture.call(&bed, noon());
    let first = list_operator_tokens(&call, None, Paging { after: None, limit: 3 }).await.unwrap();
    assert_eq!(first.records, made[..3]);
    // The next page is there even if what this one ended with is gone.
    delete_operator_token(&call, &made[2].id).await.unwrap();
    let paging = Paging { after: first.end.as_deref(), limit: 3 };
    let second = list_operator_tokens(&call, Some(&label("acme")), paging).await.unwrap();
    assert_eq!((second.records.as_slice(), second.end), (&made[3..], None));
}
