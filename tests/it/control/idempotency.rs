//! Calls that come twice because their first answer was lost.

use claviger::control::operations::{
    Duplicate, IdempotencyKey, OperationContext, OperationError, OperationRefusal, Outcome, Reset, create, duplicate,
    enable_own_key, regenerate_own_key, reset,
};
use claviger::control::views::CredentialView;
use claviger::store::Role;
use jiff::ToSpan as _;

use super::{Fixture, is_invalid, made, pair_for, token_for, user, verbs};
use crate::store::test_database::{TestDatabase, noon, on_each};

on_each!(
    a_repeated_create_creates_nothing_and_reveals_no_secret,
    an_idempotency_key_belongs_to_one_request_of_one_caller,
    a_refused_request_may_be_repeated_with_the_same_key,
    every_operation_that_reveals_a_secret_is_idempotent,
    of_parallel_requests_with_one_key_one_is_executed,
    an_idempotency_key_is_deleted_after_a_day,
);

fn key(key: &str, request: u8) -> IdempotencyKey {
    IdempotencyKey { key: key.into(), request: [request; 32] }
}

/// The facts that are told again.
fn repeated<T: std::fmt::Debug>(outcome: Outcome<T>) -> serde_json::Value {
    let Outcome::Replayed(facts) = outcome else { panic!("it was done again: {outcome:?}") };
    facts
}

async fn a_repeated_create_creates_nothing_and_reveals_no_secret(bed: TestDatabase) {
    bed.account("acme").await;
    let (fixture, key) = (Fixture::new(), key("first", 1));
    let call = OperationContext { idempotency_key: Some(&key), ..fixture.call(&bed, noon()) };
    let done = create(&call, pair_for("acme", "acme")).await.unwrap().fresh().unwrap();
    let later = OperationContext { now: noon() + 1.hours(), ..call };
    let facts = repeated(create(&later, pair_for("acme", "acme")).await.unwrap());
    assert_eq!(facts, serde_json::to_value(CredentialView::from(&done.record)).unwrap());
    assert_eq!(bed.store.count().await.unwrap().0, 1);
    assert_eq!(verbs(&bed, done.record.id.as_str()).await, ["create"]);
    let remembered = bed.store.stored_response("shell:root", "first", noon()).await.unwrap().unwrap();
    assert!(!remembered.answer.contains("$argon2"), "{remembered:?}");
}

async fn an_idempotency_key_belongs_to_one_request_of_one_caller(bed: TestDatabase) {
    bed.account("acme").await;
    let (fixture, first, other) = (Fixture::new(), key("first", 1), key("first", 2));
    let call = fixture.call(&bed, noon());
    create(&OperationContext { idempotency_key: Some(&first), ..call }, token_for("acme")).await.unwrap();
    let error =
        create(&OperationContext { idempotency_key: Some(&other), ..call }, token_for("acme")).await.unwrap_err();
    assert!(matches!(error, OperationError::Refused(OperationRefusal::KeyReused)), "{error:?}");
    let ivo = user(Role::Implementer, Some("acme"), "root");
    let his = OperationContext { idempotency_key: Some(&other), ..fixture.by(&ivo, &bed, noon()) };
    assert!(create(&his, token_for("acme")).await.unwrap().fresh().is_some(), "a user is not the shell");
    assert_eq!(bed.store.count().await.unwrap().0, 2);
}

async fn a_refused_request_may_be_repeated_with_the_same_key(bed: TestDatabase) {
    let (fixture, key) = (Fixture::new(), key("first", 1));
    let call = OperationContext { idempotency_key: Some(&key), ..fixture.call(&bed, noon()) };
    let error = create(&call, token_for("acme")).await.unwrap_err();
    assert!(is_invalid(&error, "account"), "{error:?}");
    bed.account("acme").await;
    assert!(create(&call, token_for("acme")).await.unwrap().fresh().is_some());
}

async fn every_operation_that_reveals_a_secret_is_idempotent(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put_user("anna", Some("acme"), Role::Owner).await;
    let (fixture, anna) = (Fixture::new(), user(Role::Owner, Some("acme"), "anna"));
    let keys: Vec<IdempotencyKey> = (1..=4).map(|number| key(&format!("key {number}"), number)).collect();
    let moment = |number: usize| noon() + i64::try_from(number).unwrap().minutes();
    let call = |number: usize| OperationContext {
        idempotency_key: Some(&keys[number]),
        ..fixture.by(&anna, &bed, moment(number + 1))
    };
    let first = made(&bed, noon(), token_for("acme")).await.record;
    let id = first.id.as_str();
    for turn in 0..2 {
        let outcome = reset(&call(0), id, Reset::default()).await.unwrap();
        assert_eq!(outcome.fresh().is_some(), turn == 0);
        let outcome = duplicate(&call(1), id, Duplicate::default()).await.unwrap();
        assert_eq!(outcome.fresh().is_some(), turn == 0);
        let outcome = enable_own_key(&call(2)).await.unwrap();
        assert_eq!(outcome.fresh().is_some(), turn == 0);
        let outcome = regenerate_own_key(&call(3)).await.unwrap();
        assert_eq!(outcome.fresh().is_some(), turn == 0);
    }
    assert_eq!(bed.store.count().await.unwrap().0, 3);
    assert_eq!(verbs(&bed, id).await, ["reset", "create"]);
    assert_eq!(verbs(&bed, "own-anna").await, ["regenerate_own_key", "switch_on_own_key"]);
    // Told of what was done then, not of what it is by now.
    reset(&fixture.call(&bed, noon()), id, Reset::default()).await.unwrap();
    let facts = repeated(reset(&call(0), id, Reset::default()).await.unwrap());
    assert_eq!(facts["revision"], 2);
    let error = reset(&call(1), id, Reset { chosen: None, ..Reset::default() }).await;
    assert!(matches!(error, Ok(Outcome::Replayed(_)) | Err(OperationError::Refused(OperationRefusal::KeyReused))));
}

async fn of_parallel_requests_with_one_key_one_is_executed(bed: TestDatabase) {
    bed.account("acme").await;
    let (fixture, key) = (Fixture::new(), key("first", 1));
    let call = OperationContext { idempotency_key: Some(&key), ..fixture.call(&bed, noon()) };
    let all = futures_util::future::join_all((0..20).map(|_| create(&call, token_for("acme")))).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    let ids: Vec<String> = all
        .iter()
        .map(|outcome| match outcome {
            Outcome::Fresh(created) => created.record.id.to_string(),
            Outcome::Replayed(facts) => facts["id"].as_str().unwrap().to_owned(),
        })
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(all.into_iter().filter_map(Outcome::fresh).count(), 1);
    assert_eq!(bed.store.count().await.unwrap().0, 1);
}

async fn an_idempotency_key_is_deleted_after_a_day(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let keys: Vec<IdempotencyKey> = (0..5).map(|number| key(&format!("key {number}"), 1)).collect();
    for key in &keys {
        create(&OperationContext { idempotency_key: Some(key), ..fixture.call(&bed, noon()) }, token_for("acme"))
            .await
            .unwrap();
    }
    let again = async |hours: i64| {
        let call = OperationContext { idempotency_key: Some(&keys[0]), ..fixture.call(&bed, noon() + hours.hours()) };
        create(&call, token_for("acme")).await.unwrap().fresh().is_some()
    };
    assert!(!again(23).await);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM idempotency").await, 5);
    assert!(again(24).await);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM idempotency").await, 1, "the others are forgotten with it");
    assert!(!again(47).await);
}
