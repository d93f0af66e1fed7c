//! When the old secret stops, where the new one is sent.

use std::time::Duration;

use claviger::control::operations::{
    PlainSecret, Reset, delete, diagnose_credential, reset, reveal_secret, void_delivery,
};
use claviger::credential::TokenDigest;
use claviger::store::CredentialState;
use jiff::{Timestamp, ToSpan as _};

use super::{Sending, shown, state};
use crate::control::pair_for;
use crate::store::test_database::{TestDatabase, noon, on_each};

on_each!(
    a_reset_that_is_sent_ends_the_old_secret_as_chosen,
    an_old_secret_never_lives_longer_by_a_further_reset,
    the_old_password_works_until_its_end_while_the_new_one_waits,
    while_the_old_secret_is_accepted_no_step_is_missing,
);

async fn works_at(bed: &TestDatabase, token: &str, now: Timestamp) -> bool {
    let digest = TokenDigest::of(token.as_bytes());
    bed.store.find_token(&digest).await.unwrap().found.is_some_and(|found| found.at(now).is_some())
}

async fn a_reset_that_is_sent_ends_the_old_secret_as_chosen(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let hour = Duration::from_secs(3600);
    let ways = [
        (Reset::default(), [false, false, false]),
        (Reset { overlap: hour, ..Reset::default() }, [true, true, false]),
        (Reset { from_showing: true, ..Reset::default() }, [true, false, false]),
        (Reset { from_showing: true, overlap: hour, ..Reset::default() }, [true, true, true]),
    ];
    for (how, expected) in ways {
        let (id, old) = shown(&bed, &sending).await;
        let words = format!("{how:?}");
        let done = reset(&sending.call(&bed, noon()), &id, how).await.unwrap().fresh().unwrap();
        assert!(matches!(done.secret, PlainSecret::Sent));
        let before = works_at(&bed, &old, noon() + 30.minutes()).await;
        let (ticket, code) = sending.sent(&bed, &id, noon() + 30.minutes()).await;
        let new = sending.token(&bed, &ticket, &code, noon() + 30.minutes()).await;
        let after = works_at(&bed, &old, noon() + 30.minutes()).await;
        let at_last = works_at(&bed, &old, noon() + 61.minutes()).await;
        assert_eq!([before, after, at_last], expected, "{words}");
        assert!(works_at(&bed, &new, noon() + 90.minutes()).await);
        assert!(!works_at(&bed, &old, noon() + 90.minutes()).await, "{words}");
        delete(&sending.call(&bed, noon()), &id).await.unwrap();
    }
}

async fn an_old_secret_never_lives_longer_by_a_further_reset(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let (id, old) = shown(&bed, &sending).await;
    let overlap = |hours: u64| Reset { overlap: Duration::from_secs(hours * 3600), ..Reset::default() };
    reset(&sending.call(&bed, noon()), &id, overlap(1)).await.unwrap();
    reset(&sending.call(&bed, noon() + 30.minutes()), &id, overlap(24)).await.unwrap();
    assert!(works_at(&bed, &old, noon() + 59.minutes()).await);
    assert!(!works_at(&bed, &old, noon() + 60.minutes()).await, "the end of the first reset");
    let until_shown = Reset { from_showing: true, ..overlap(24) };
    reset(&sending.call(&bed, noon() + 40.minutes()), &id, until_shown).await.unwrap();
    let (ticket, code) = sending.sent(&bed, &id, noon() + 45.minutes()).await;
    sending.token(&bed, &ticket, &code, noon() + 45.minutes()).await;
    assert!(works_at(&bed, &old, noon() + 59.minutes()).await);
    assert!(!works_at(&bed, &old, noon() + 60.minutes()).await);
}

async fn the_old_password_works_until_its_end_while_the_new_one_waits(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, pair_for("acme", "pixel")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    reveal_secret(&sending.by_link(&bed, noon()), &ticket, &code).await.unwrap();
    let how = Reset { overlap: Duration::from_secs(3600), ..Reset::default() };
    reset(&sending.call(&bed, noon()), &id, how).await.unwrap();
    assert_eq!(state(&bed, &id, noon()).await, CredentialState::Waiting);
    let at = |now: Timestamp| {
        let bed = &bed;
        async move { bed.store.find_username("pixel").await.unwrap().found.and_then(|found| found.at(now)) }
    };
    assert!(at(noon() + 59.minutes()).await.is_some_and(|found| found.credential.password_hash().is_some()));
    assert!(at(noon() + 60.minutes()).await.is_none(), "nothing is left to verify against");
    let (ticket, code) = sending.sent(&bed, &id, noon() + 1.minutes()).await;
    reveal_secret(&sending.by_link(&bed, noon() + 1.minutes()), &ticket, &code).await.unwrap();
    assert!(at(noon() + 2.hours()).await.is_some());
}

async fn while_the_old_secret_is_accepted_no_step_is_missing(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let (id, old) = shown(&bed, &sending).await;
    let how = Reset { overlap: Duration::from_secs(24 * 3600), ..Reset::default() };
    reset(&sending.call(&bed, noon()), &id, how).await.unwrap();
    let failed = async |now: Timestamp| {
        let steps = diagnose_credential(&sending.call(&bed, now), &id).await.unwrap();
        steps.into_iter().filter(|step| !step.ok).map(|step| step.code.as_str()).collect::<Vec<_>>()
    };
    let last_minute = noon() + 23.hours();
    assert!(works_at(&bed, &old, last_minute).await);
    assert!(failed(last_minute).await.is_empty(), "{:?}", failed(last_minute).await);
    let end = noon() + 24.hours();
    assert!(!works_at(&bed, &old, end).await);
    assert_eq!(failed(end).await, ["credential_handed_over"]);
    void_delivery(&sending.call(&bed, noon()), &id).await.unwrap();
    assert!(failed(last_minute).await.is_empty(), "{:?}", failed(last_minute).await);
    assert_eq!(failed(end).await, ["credential_handed_over"]);
}
