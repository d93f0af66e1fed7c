//! A new secret for a credential that goes on.

use std::time::Duration;

use claviger::control::operations::{
    Caller, NewCredential, NotFound, OperationError, OperationRefusal, PlainSecret, Reset, disable, reset,
};
use claviger::credential::{HashMemory, PlainPassword, TokenDigest};
use claviger::store::{PreviousSecret, RecordSecret};
use jiff::{Timestamp, ToSpan as _};

use super::{Fixture, is_invalid, made, pair_for, shell, token_for, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_reset_without_overlap_leaves_one_secret,
    an_overlap_ends_as_requested_and_not_after_the_credential,
    a_second_reset_ends_the_overlap_of_the_first,
    a_password_is_reset_to_a_generated_or_chosen_one,
    the_previous_password_is_accepted_during_the_overlap,
    a_refused_reset_says_why,
    a_reset_enables_a_disabled_credential_where_asked,
);

fn overlap(hours: u64) -> Reset {
    Reset { overlap: Duration::from_secs(hours * 3600), ..Reset::default() }
}

/// A credential, its token, and what a reset an hour later makes of it.
async fn reset_after_an_hour(
    bed: &TestDatabase,
    new: NewCredential,
    how: Reset,
) -> (String, String, Option<Timestamp>) {
    let created = made(bed, noon(), new).await;
    let PlainSecret::Token(old) = created.secret else { panic!("no token") };
    let id = created.record.id.to_string();
    let done = reset(&Fixture::new().call(bed, noon() + 1.hours()), &id, how).await.unwrap().fresh().unwrap();
    let PlainSecret::Token(new) = done.secret else { panic!("no token") };
    assert_eq!(bed.store.credential(&id).await.unwrap().unwrap(), done.record);
    assert!(works(bed, new.reveal()).await);
    let found = bed.store.find_token(&TokenDigest::of(old.reveal().as_bytes())).await.unwrap().found;
    (id, old.reveal().to_owned(), found.map(|old| old.ends_at.unwrap()))
}

async fn a_reset_without_overlap_leaves_one_secret(bed: TestDatabase) {
    bed.account("acme").await;
    let (id, _, old_ends) = reset_after_an_hour(&bed, token_for("acme"), Reset::default()).await;
    assert_eq!(old_ends, None);
    assert_eq!(verbs(&bed, &id).await, ["reset", "create"]);
    let audit = bed.store.audit_of("credential", &id, 1).await.unwrap();
    let before: serde_json::Value = serde_json::from_str(audit[0].before.as_deref().unwrap()).unwrap();
    let after: serde_json::Value = serde_json::from_str(audit[0].after.as_deref().unwrap()).unwrap();
    assert_eq!((&before["revision"], &after["revision"]), (&1.into(), &2.into()));
    assert_eq!(after["secret_made_at"], "2026-11-21T13:00:00Z");
    assert_eq!(before["secret_made_at"], "2026-11-21T12:00:00Z");
}

async fn an_overlap_ends_as_requested_and_not_after_the_credential(bed: TestDatabase) {
    bed.account("acme").await;
    let (.., ends) = reset_after_an_hour(&bed, token_for("acme"), overlap(24)).await;
    assert_eq!(ends, Some(noon() + 25.hours()));
    let short = || NewCredential { expires_at: Some(noon() + 2.hours()), ..token_for("acme") };
    let (.., ends) = reset_after_an_hour(&bed, short(), overlap(24)).await;
    assert_eq!(ends, Some(noon() + 2.hours()));
    let over = NewCredential { expires_at: Some(noon() + 30.minutes()), ..token_for("acme") };
    let (.., ends) = reset_after_an_hour(&bed, over, overlap(24)).await;
    assert_eq!(ends, None, "it has expired");
}

async fn a_second_reset_ends_the_overlap_of_the_first(bed: TestDatabase) {
    bed.account("acme").await;
    let (id, first, ends) = reset_after_an_hour(&bed, token_for("acme"), overlap(24)).await;
    assert!(ends.is_some());
    let done = reset(&Fixture::new().call(&bed, noon() + 2.hours()), &id, overlap(1)).await.unwrap().fresh().unwrap();
    assert!(!works(&bed, &first).await);
    let ends = noon() + 3.hours();
    assert!(matches!(done.record.previous, Some(PreviousSecret::Token { ends_at, .. }) if ends_at == ends));
}

async fn a_password_is_reset_to_a_generated_or_chosen_one(bed: TestDatabase) {
    bed.account("acme").await;
    let id = made(&bed, noon(), pair_for("acme", "acme")).await.record.id.to_string();
    let done = reset(&Fixture::new().call(&bed, noon()), &id, Reset::default()).await.unwrap().fresh().unwrap();
    let PlainSecret::Password(password) = done.secret else { panic!("no password") };
    let verifies = async |password: &[u8]| {
        let found = bed.store.find_username("acme").await.unwrap().found.unwrap();
        found.credential.password_hash().unwrap().verify(password, &mut HashMemory::default())
    };
    assert!(verifies(password.reveal()).await);
    let chosen = Some(PlainPassword::new(b"correct horse"));
    let how = Reset { chosen, ..Reset::default() };
    let done = reset(&Fixture::new().call(&bed, noon()), &id, how).await.unwrap().fresh().unwrap();
    assert!(matches!(done.secret, PlainSecret::Chosen));
    assert!(verifies(b"correct horse").await && !verifies(password.reveal()).await);
    assert!(matches!(done.record.secret, RecordSecret::Password { username, .. } if &*username == "acme"));
}

async fn the_previous_password_is_accepted_during_the_overlap(bed: TestDatabase) {
    bed.account("acme").await;
    let created = made(&bed, noon(), pair_for("acme", "acme")).await;
    let PlainSecret::Password(old) = created.secret else { panic!("no password") };
    let id = created.record.id.to_string();
    let done = reset(&Fixture::new().call(&bed, noon()), &id, overlap(24)).await.unwrap().fresh().unwrap();
    let PlainSecret::Password(new) = done.secret else { panic!("no password") };
    let (during, after) = (noon() + 24.hours() - 1.seconds(), noon() + 24.hours());
    for (at, password, is_right) in
        [(during, &old, true), (during, &new, true), (after, &old, false), (after, &new, true)]
    {
        let found = bed.store.find_username("acme").await.unwrap().found.and_then(|found| found.at(at)).unwrap();
        let hash = found.credential.password_hash().unwrap();
        assert_eq!(hash.verify(password.reveal(), &mut HashMemory::default()), is_right, "at {at}");
    }
}

async fn a_refused_reset_says_why(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    let token = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    let pair = made(&bed, noon(), pair_for("acme", "acme")).await.record.id.to_string();
    let fixture = Fixture::new();
    let refused = async |id, how| reset(&fixture.call(&bed, noon()), id, how).await.unwrap_err();
    let not_found = OperationRefusal::NotFound(NotFound("credential"));
    assert!(matches!(refused("stranger", Reset::default()).await, OperationError::Refused(why) if why == not_found));
    let foreign = Caller { account: Some(label("globex")), ..shell() };
    let hidden = reset(&fixture.by(&foreign, &bed, noon()), &token, Reset::default()).await.unwrap_err();
    assert!(matches!(hidden, OperationError::Refused(why) if why == not_found));
    let chosen = Reset { chosen: Some(PlainPassword::new(b"short")), ..Reset::default() };
    assert!(matches!(refused(&pair, chosen).await, OperationError::Invalid(_)));
    assert!(is_invalid(&refused(&token, overlap(9000)).await, "overlap_seconds"));
    let chosen = Reset { chosen: Some(PlainPassword::new(b"correct horse")), ..Reset::default() };
    assert!(is_invalid(&refused(&token, chosen).await, "password"));
    assert_eq!(verbs(&bed, &token).await, ["create"]);
}

async fn a_reset_enables_a_disabled_credential_where_asked(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let id = made(&bed, noon(), token_for("acme")).await.record.id.to_string();
    let call = fixture.call(&bed, noon() + 1.minutes());
    disable(&call, &id, Some("leaked".into())).await.unwrap();
    let done = reset(&call, &id, Reset::default()).await.unwrap().fresh().unwrap();
    assert!(!done.record.enabled, "by itself a reset enables nothing");
    let done = reset(&call, &id, Reset { enable: true, ..Reset::default() }).await.unwrap().fresh().unwrap();
    assert_eq!((done.record.enabled, done.record.disabled_reason), (true, None));
    let PlainSecret::Token(new) = done.secret else { panic!("no token") };
    assert!(works(&bed, new.reveal()).await);
}
