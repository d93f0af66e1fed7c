//! Many who change one credential at once: one state in the end, and an audit that tells how it came to be.

use claviger::control::operations::{Duplicate, PlainSecret, Reset, clear, duplicate, reset};
use claviger::credential::TokenDigest;
use claviger::store::RecordSecret;
use futures_util::future::join_all;
use jiff::ToSpan as _;
use serde_json::Value;

use super::{Fixture, made, token_for};
use crate::store::test_database::{TestDatabase, noon, on_each};

on_each!(fifty_resets_duplicates_and_clears_end_in_one_state);

const EACH: i64 = 17;

async fn fifty_resets_duplicates_and_clears_end_in_one_state(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let first = made(&bed, noon(), token_for("acme")).await;
    let PlainSecret::Token(token) = first.secret else { panic!("no token") };
    let id = first.record.id.as_str();
    let call = |number: i64| fixture.call(&bed, noon() + number.seconds());
    let resets = join_all((0..EACH).map(async |number| {
        let overlap = std::time::Duration::from_secs(if number % 2 == 0 { 0 } else { 3600 });
        let done = reset(&call(number), id, Reset { overlap, ..Reset::default() }).await.unwrap().fresh().unwrap();
        let PlainSecret::Token(token) = done.secret else { panic!("no token") };
        (done.record, token.digest())
    }));
    let clears = join_all((0..EACH).map(async |number| clear(&call(number), id).await.unwrap()));
    let duplicates =
        join_all((0..EACH).map(async |number| {
            duplicate(&call(number), id, Duplicate::default()).await.unwrap().fresh().unwrap().record
        }));
    let (resets, _clears, duplicates) = tokio::join!(resets, clears, duplicates);

    let last = bed.store.credential(id).await.unwrap().unwrap();
    let mut audit = bed.store.audit_of("credential", id, 200).await.unwrap();
    // By what each has seen, as their moments are not those of their commits.
    let facts = |text: &Option<String>| -> Value { serde_json::from_str(text.as_deref().unwrap()).unwrap() };
    audit.sort_by_key(|line| facts(&line.after)["revision"].as_i64());
    assert_eq!(i64::try_from(audit.len()).unwrap(), last.revision, "a line for each revision");
    for pair in audit.windows(2) {
        assert_eq!(facts(&pair[1].before), facts(&pair[0].after), "no write is lost");
    }
    assert_eq!(audit.iter().filter(|line| line.verb == "reset").count(), resets.len());
    let end = audit.last().unwrap();
    assert_eq!(facts(&end.after)["cleared"], last.secret.is_cleared());
    assert_eq!(facts(&end.after)["hint"].as_str(), last.hint.as_deref());

    let current = match last.secret {
        RecordSecret::Token(digest) => digest,
        RecordSecret::Password { .. } => panic!("it has become a pair"),
    };
    let winner = resets.iter().find(|(record, _)| record.revision == last.revision);
    assert_eq!(current, winner.map(|(_, digest)| *digest), "the last reset, unless it was cleared behind it");
    let mut alive = 0;
    for digest in resets.iter().map(|(_, digest)| *digest).chain([token.digest()]) {
        alive += usize::from(works(&bed, &digest).await);
    }
    assert_eq!(alive, usize::from(current.is_some()) + usize::from(last.previous.is_some()));
    assert_eq!(duplicates.len(), 17);
    for record in &duplicates {
        assert_eq!(bed.store.credential(record.id.as_str()).await.unwrap().as_ref(), Some(record));
        assert!(!record.secret.is_cleared() && record.previous.is_none());
    }
    let changes = bed.store.last_change().await.unwrap();
    assert_eq!(changes, 1 + last.revision + EACH, "the account, each revision, and each duplicate");
}

async fn works(bed: &TestDatabase, digest: &TokenDigest) -> bool {
    bed.store.find_token(digest).await.unwrap().found.is_some()
}
