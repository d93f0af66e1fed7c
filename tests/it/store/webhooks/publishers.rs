use claviger::credential::TokenDigest;
use claviger::store::{PublisherRecord, StoreError, UniqueKey};
use jiff::ToSpan as _;

use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_publisher_is_found_by_its_token_until_it_is_deleted,
    the_last_use_is_recorded_once_a_minute,
    an_empty_account_of_a_publisher_is_not_all_accounts,
);

fn publisher(id: &str, account: Option<&str>) -> PublisherRecord {
    PublisherRecord {
        id: label(id),
        name: "billing".into(),
        digest: TokenDigest::of(id.as_bytes()),
        account: account.map(label),
        enabled: true,
        expires_at: Some(noon() + 1.hour()),
        created_at: noon(),
        created_by: "user:anna".into(),
        last_used_at: None,
        revision: 1,
    }
}

async fn add(bed: &TestDatabase, record: &PublisherRecord) -> Result<(), StoreError> {
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.insert_publisher(record).await?;
    transaction.commit().await
}

async fn a_publisher_is_found_by_its_token_until_it_is_deleted(bed: TestDatabase) {
    bed.account("acme").await;
    let (all, one) = (publisher("pub_1", None), publisher("pub_2", Some("acme")));
    for record in [&all, &one] {
        add(&bed, record).await.unwrap();
        assert_eq!(bed.store.publisher_by_digest(&record.digest).await.unwrap().as_ref(), Some(record));
        assert_eq!(bed.store.publisher(record.id.as_str()).await.unwrap().as_ref(), Some(record));
    }
    assert!(bed.store.publisher_by_digest(&TokenDigest::of(b"other")).await.unwrap().is_none());
    let same_id = PublisherRecord { digest: TokenDigest::of(b"other"), ..all.clone() };
    assert!(matches!(add(&bed, &same_id).await, Err(StoreError::Taken(UniqueKey::PublisherId))));
    let twice = PublisherRecord { id: label("pub_3"), ..all.clone() };
    assert!(matches!(add(&bed, &twice).await, Err(StoreError::Taken(UniqueKey::PublisherDigest))));
    let stray = publisher("pub_4", Some("nemo"));
    assert!(matches!(add(&bed, &stray).await, Err(StoreError::MissingReference)));
    let listed = bed.store.list_publishers(None, None, 1).await.unwrap();
    assert_eq!(listed.records, std::slice::from_ref(&one));
    let cursor = listed.end.unwrap().parse().unwrap();
    assert_eq!(bed.store.list_publishers(None, Some(&cursor), 1).await.unwrap().records, std::slice::from_ref(&all));
    let of_account = bed.store.list_publishers(Some(&label("acme")), None, 9).await.unwrap();
    assert_eq!((of_account.records, of_account.end), (vec![one], None));
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let held = transaction.publisher("pub_1").await.unwrap().unwrap();
    transaction.put_publisher(&PublisherRecord { enabled: false, ..held }).await.unwrap();
    assert!(transaction.delete_publisher("pub_2").await.unwrap());
    assert!(!transaction.delete_publisher("pub_2").await.unwrap());
    transaction.commit().await.unwrap();
    let after = bed.store.publisher("pub_1").await.unwrap().unwrap();
    assert_eq!((after.enabled, after.revision), (false, 2));
    assert!(bed.store.publisher("pub_2").await.unwrap().is_none());
}

async fn the_last_use_is_recorded_once_a_minute(bed: TestDatabase) {
    add(&bed, &publisher("pub_1", None)).await.unwrap();
    let read = async || bed.store.publisher("pub_1").await.unwrap().unwrap();
    for (seconds, expected) in [(0, 0), (59, 0), (60, 60), (61, 60)] {
        bed.store.record_publisher_use(&read().await, noon() + i64::from(seconds).seconds()).await.unwrap();
        assert_eq!(read().await.last_used_at, Some(noon() + i64::from(expected).seconds()), "{seconds}");
    }
    assert_eq!(read().await.revision, 1);
}

async fn an_empty_account_of_a_publisher_is_not_all_accounts(bed: TestDatabase) {
    bed.account("acme").await;
    bed.execute("INSERT INTO accounts (id, granted, switched_on, members_allowed, created_at, revision) VALUES ('', TRUE, TRUE, TRUE, 0, 1)").await;
    add(&bed, &publisher("pub_1", Some("acme"))).await.unwrap();
    bed.execute("UPDATE publishers SET account = ''").await;
    let broken =
        |error: &StoreError| matches!(error, StoreError::Inconsistent { table: "publishers", column: "account", .. });
    let found = bed.store.publisher_by_digest(&TokenDigest::of(b"pub_1")).await;
    assert!(found.as_ref().is_err_and(broken), "{found:?}");
    let listing = bed.store.list_publishers(None, None, 9).await.unwrap();
    assert!(listing.records.is_empty() && listing.unreadable.iter().all(broken) && listing.unreadable.len() == 1);
}
