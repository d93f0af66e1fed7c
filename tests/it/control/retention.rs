//! Expired rows are deleted, and no others.

use std::time::Duration;

use claviger::control::operations::{IdempotencyKey, OperationContext, create, create_first_setup_link};
use claviger::control::prune;
use claviger::credential::TokenDigest;
use claviger::store::{Role, SessionRecord};
use jiff::ToSpan as _;

use super::{Fixture, token_for};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(pruning_deletes_only_what_has_ended, addresses_are_deleted_a_month_after_their_last_use);

const IDLE: Duration = Duration::from_secs(8 * 3600);

async fn pruning_deletes_only_what_has_ended(bed: TestDatabase) {
    let fixture = Fixture::new();
    bed.account("acme").await;
    bed.put_user("usr_1", None, Role::Staff).await;
    for hours in [1, 30] {
        let session = SessionRecord {
            digest: TokenDigest::of(&[hours]),
            user: label("usr_1"),
            created_at: noon(),
            seen_at: noon() + i64::from(hours).hours(),
            ends_at: noon() + 200.hours(),
            address: None,
        };
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        transaction.add_session(&session).await.unwrap();
        transaction.commit().await.unwrap();
    }
    for hours in [0, 30] {
        let now = noon() + hours.hours();
        create_first_setup_link(&fixture.call(&bed, now)).await.unwrap();
        let key = IdempotencyKey { key: format!("key-{hours}"), request: [1; 32] };
        create(&OperationContext { idempotency_key: Some(&key), ..fixture.call(&bed, now) }, token_for("acme"))
            .await
            .unwrap();
    }
    // More than are forgotten beside a new one, and all of them long ago.
    let one = |number: u32| {
        format!(
            "INSERT INTO idempotency (actor, key, request, answer, created_at)
            SELECT actor, 'old-{number}', request, answer, 0 FROM idempotency WHERE key = 'key-30';"
        )
    };
    bed.execute(&(0..250).map(one).collect::<String>()).await;
    let left = async || {
        let counts = ["sessions", "setup_links", "idempotency"].map(|table| format!("SELECT COUNT(*) FROM {table}"));
        (bed.ask(&counts[0]).await, bed.ask(&counts[1]).await, bed.ask(&counts[2]).await)
    };
    let (sessions, links, keys) = left().await;
    assert_eq!((sessions, links), (2, 2));

    let forgotten = prune(&bed.store, noon() + 31.hours(), IDLE).await.unwrap();
    // The first key may have gone with the second one.
    assert_eq!((forgotten, left().await), (u64::try_from(keys).unwrap(), (1, 2, 1)));
    prune(&bed.store, noon() + 80.hours(), IDLE).await.unwrap();
    assert_eq!(left().await, (0, 1, 0));
}

async fn addresses_are_deleted_a_month_after_their_last_use(bed: TestDatabase) {
    bed.account("acme").await;
    let records: Vec<_> = (0..2100).map(|number| token(&format!("c-{number}"), "acme", &format!("{number}"))).collect();
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.put_credentials(&records).await.unwrap();
    transaction.commit().await.unwrap();
    for (address, days) in [("192.0.2.1", 0), ("192.0.2.2", 1)] {
        let at = (noon() + (days * 24).hours()).as_millisecond();
        bed.execute(&format!("INSERT INTO credential_addresses SELECT id, '{address}', {at} FROM credentials")).await;
    }
    let tidied = async |days: i64| prune(&bed.store, noon() + (days * 24).hours(), IDLE).await.unwrap();
    assert_eq!((tidied(29).await, tidied(30).await, tidied(30).await), (0, 2100, 0));
    assert_eq!(bed.store.credential("c-7").await.unwrap().unwrap().recent_addresses, 1);
    assert_eq!(tidied(31).await, 2100);
}
