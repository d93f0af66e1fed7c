//! Credentials: records read back, and lookups of the gate.

use std::num::NonZeroU32;

use claviger::credential::{RateLimit, TokenDigest};
use claviger::store::{
    Change, Changes, FeedPoint, PreviousSecret, RecordSecret, StoreError, ThrottleTarget, UniqueKey,
};
use jiff::ToSpan as _;

use super::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    a_record_is_read_as_it_was_written,
    a_gate_finds_a_current_and_a_previous_token,
    an_account_without_access_shows_at_each_credential,
    a_taken_name_is_refused_and_nothing_is_written,
    changes_are_numbered_in_the_order_of_their_commits,
    a_reader_that_is_far_behind_starts_over,
    throttles_are_cleared_for_a_reader_that_is_too_far_behind,
    more_user_names_than_a_transaction_lists_are_cleared_together,
);

async fn a_record_is_read_as_it_was_written(bed: TestDatabase) {
    bed.account("acme").await;
    let mut record = token("billing", "acme", "secret");
    record.name = Some("Billing \u{1f9fe} export".into());
    record.contact_mobile = Some("+441632960961".into());
    record.version = Some(label("2"));
    record.scopes = Some(vec![label("payments:read"), label("payments:write")]);
    record.addresses = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    record.expires_at = Some(noon() + 24.hours());
    let number = |number| NonZeroU32::new(number).unwrap();
    record.rate_limit = Some(RateLimit { requests: number(5), seconds: number(60), burst: number(10) });
    record.previous = Some(PreviousSecret::Token { digest: TokenDigest::of(b"old"), ends_at: noon() + 1.hours() });
    bed.put(&record).await;
    assert_eq!(bed.store.credential("billing").await.unwrap().unwrap(), record);
    record.scopes = Some(Vec::new());
    record.enabled = false;
    bed.put(&record).await;
    record.revision = 2;
    assert_eq!(bed.store.credential("billing").await.unwrap().unwrap(), record);
    assert_eq!(bed.store.credentials_after("", None, 10).await.unwrap().records, [record]);
    assert_eq!(bed.store.credential("other").await.unwrap(), None);
}

async fn a_gate_finds_a_current_and_a_previous_token(bed: TestDatabase) {
    bed.account("acme").await;
    let mut record = token("billing", "acme", "new");
    record.previous = Some(PreviousSecret::Token { digest: TokenDigest::of(b"old"), ends_at: noon() });
    bed.put(&record).await;
    let mut pair = token("nightly", "acme", "");
    let hash = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=".parse().unwrap();
    pair.secret = RecordSecret::Password { username: "acme".into(), hash: Some(hash) };
    bed.put(&pair).await;

    let find = async |text: &str| bed.store.find_token(&TokenDigest::of(text.as_bytes())).await.unwrap();
    let new = find("new").await;
    assert_eq!(new.read_at.number, 3);
    let new = new.found.unwrap();
    assert_eq!((new.credential.id.as_str(), new.ends_at), ("billing", None));
    assert!(new.credential.account.access);
    assert_eq!(find("old").await.found.unwrap().ends_at, Some(noon()));
    let nothing = find("nothing").await;
    assert!(nothing.found.is_none());
    assert_eq!(nothing.read_at.number, 3);

    let found = bed.store.find_username("acme").await.unwrap().found.unwrap();
    assert_eq!(found.credential.id.as_str(), "nightly");
    assert!(bed.store.find_username("stranger").await.unwrap().found.is_none());
    let kinds = bed.store.hash_kinds(noon()).await.unwrap();
    assert_eq!(kinds, [(pair_hash(), 1)]);
}

fn pair_hash() -> claviger::credential::PasswordHash {
    "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=".parse().unwrap()
}

async fn an_account_without_access_shows_at_each_credential(bed: TestDatabase) {
    let mut account = bed.account("acme").await;
    bed.put(&token("billing", "acme", "secret")).await;
    for (granted, switched_on) in [(true, false), (false, true), (true, true)] {
        account.granted = granted;
        account.switched_on = switched_on;
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        transaction.put_account(&account).await.unwrap();
        transaction.commit().await.unwrap();
        let found = bed.store.find_token(&TokenDigest::of(b"secret")).await.unwrap().found.unwrap();
        assert_eq!(found.credential.account.access, granted && switched_on);
    }
}

async fn a_taken_name_is_refused_and_nothing_is_written(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("one", "acme", "secret")).await;
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.put_credential(&token("two", "acme", "other")).await.unwrap();
    let refused = transaction.put_credential(&token("three", "acme", "secret")).await;
    assert!(matches!(refused, Err(StoreError::Taken(UniqueKey::TokenDigest))), "{refused:?}");
    drop(transaction);
    assert_eq!(bed.store.credential("two").await.unwrap(), None);
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let refused = transaction.put_credential(&token("four", "stranger", "four")).await;
    assert!(matches!(refused, Err(StoreError::MissingReference)), "{refused:?}");
}

async fn changes_are_numbered_in_the_order_of_their_commits(bed: TestDatabase) {
    bed.account("acme").await;
    let writers = (0..8).map(|writer| {
        let store = bed.store.clone();
        tokio::spawn(async move {
            for turn in 0..10 {
                let mut transaction = store.begin(noon()).await.unwrap();
                let id = format!("c-{writer}-{turn}");
                transaction.put_credential(&token(&id, "acme", &id)).await.unwrap();
                transaction.commit().await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut seen = 0;
    while seen < 81 {
        let Changes::Some(changes) = bed.changes_since(seen).await else { panic!("pruned") };
        for change in changes {
            assert_eq!(change.number, seen + 1, "a lower number was committed later");
            seen = change.number;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    bed.store.prune_changes(noon() + 1.hours()).await.unwrap();
    let end = bed.store.position().await.unwrap();
    assert_eq!(end.point.number, 81);
    assert_eq!(bed.changes_since(80).await, Changes::TooMany(end.clone()));
    assert_eq!(bed.changes_since(81).await, Changes::Some(Vec::new()));
    assert_eq!(bed.changes_since(99).await, Changes::TooMany(end));
}

/// An import of a million must not delay a revocation.
async fn a_reader_that_is_far_behind_starts_over(bed: TestDatabase) {
    bed.account("acme").await;
    let records: Vec<_> = (0..8100).map(|number| token(&format!("c-{number}"), "acme", &format!("{number}"))).collect();
    for records in records.chunks(4050) {
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        transaction.put_credentials(records).await.unwrap();
        transaction.commit().await.unwrap();
    }
    let end = bed.store.position().await.unwrap();
    assert_eq!(end.point.number, 8101);
    assert_eq!(bed.changes_since(1).await, Changes::TooMany(end));
    let Changes::Some(changes) = bed.changes_since(200).await else { panic!("near enough") };
    assert_eq!((changes.len(), changes[0].number), (1000, 201));
}

async fn throttles_are_cleared_for_a_reader_that_is_too_far_behind(bed: TestDatabase) {
    bed.account("acme").await;
    let before = bed.store.position().await.unwrap();
    let records: Vec<_> = (0..8100).map(|number| token(&format!("c-{number}"), "acme", &format!("{number}"))).collect();
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.clear_throttles(ThrottleTarget::Username("ada".into()));
    transaction.put_credentials(&records).await.unwrap();
    transaction.commit().await.unwrap();
    let last = bed.store.position().await.unwrap();
    assert_eq!(bed.store.changes_since(&before).await.unwrap(), Changes::TooMany(last.clone()));
    let (before, last) = (before.point, last.point);
    let ada = [ThrottleTarget::Username("ada".into())];
    assert_eq!(bed.store.throttle_targets(before, last).await.unwrap(), ada);
    assert!(bed.store.throttle_targets(last, last).await.unwrap().is_empty());
    let elsewhere = FeedPoint { history: last.history + 1, ..last };
    assert_eq!(bed.store.throttle_targets(elsewhere, last).await.unwrap(), ada, "numbers of another history");
    bed.store.clear_throttles(noon(), &ThrottleTarget::All).await.unwrap();
    assert_eq!(bed.store.throttle_targets(before, last).await.unwrap(), ada, "up to this change");
    let Changes::Some(later) = bed.changes_since(last.number).await else { panic!("pruned") };
    assert_eq!(later.iter().filter_map(Change::throttle_target).collect::<Vec<_>>(), [ThrottleTarget::All]);
}

async fn more_user_names_than_a_transaction_lists_are_cleared_together(bed: TestDatabase) {
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.clear_throttles(ThrottleTarget::All);
    (0..4000).for_each(|number| transaction.clear_throttles(ThrottleTarget::Username(number.to_string())));
    transaction.commit().await.unwrap();
    let Changes::Some(changes) = bed.changes_since(0).await else { panic!("pruned") };
    let targets: Vec<_> = changes.iter().filter_map(Change::throttle_target).collect();
    assert_eq!(targets, [ThrottleTarget::All, ThrottleTarget::EveryUsername]);
}
