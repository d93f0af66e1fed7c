//! Last uses and addresses of credentials.

use std::collections::BTreeMap;
use std::time::Duration;

use claviger::credential::{Label, RecentUses, Use};
use claviger::store::StoreError;
use jiff::{Timestamp, ToSpan as _};

use super::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    last_uses_add_no_change_and_never_go_back,
    addresses_are_distinct_and_limited_to_the_latest,
    repeated_uses_from_one_address_are_one_row,
    addresses_are_deleted_with_their_credential,
    gates_imports_and_deletions_do_not_deadlock,
);

fn used(at: Timestamp, from: &str) -> Use {
    Use { at, from: Some(from.parse().unwrap()) }
}

async fn note(bed: &TestDatabase, uses: &[(&str, Use)]) {
    let mut all: BTreeMap<Label, RecentUses> = BTreeMap::new();
    for (id, one) in uses {
        all.entry(label(id)).or_default().note(*one);
    }
    bed.store.record_uses(&all).await.unwrap();
}

async fn addresses(bed: &TestDatabase, id: &str) -> i64 {
    bed.store.credential(id).await.unwrap().unwrap().recent_addresses
}

async fn last_uses_add_no_change_and_never_go_back(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("one", "acme", "1")).await;
    bed.put(&token("two", "acme", "2")).await;
    let before = bed.store.last_change().await.unwrap();
    let nowhere = Use { at: noon() + 2.hours(), from: None };
    note(&bed, &[("one", used(noon() + 2.hours(), "192.0.2.1")), ("two", nowhere), ("gone", nowhere)]).await;
    note(&bed, &[("one", used(noon() + 1.hours(), "192.0.2.2"))]).await;
    let one = bed.store.credential("one").await.unwrap().unwrap();
    assert_eq!((one.last_used_at, one.last_used_from.as_deref()), (Some(noon() + 2.hours()), Some("192.0.2.1")));
    assert_eq!((one.recent_addresses, addresses(&bed, "two").await), (2, 0));
    assert_eq!(bed.store.last_change().await.unwrap(), before);
    let mut recent = Vec::new();
    bed.store.recently_used(1, |usable, read_at| recent.push((usable, read_at))).await.unwrap();
    assert_eq!(recent.len(), 1);
    assert_eq!(recent[0].1.number, before);
}

async fn addresses_are_distinct_and_limited_to_the_latest(bed: TestDatabase) {
    bed.account("acme").await;
    for id in ["busy", "calm"] {
        bed.put(&token(id, "acme", id)).await;
    }
    note(&bed, &[("calm", used(noon(), "192.0.2.1")), ("calm", used(noon(), "2001:db8::1"))]).await;
    note(&bed, &[("calm", used(noon() + 1.hours(), "2001:db8::2")), ("calm", used(noon(), "::ffff:192.0.2.1"))]).await;
    assert_eq!(addresses(&bed, "calm").await, 2, "a network of IPv6 is one");
    for number in 0..20 {
        let at = noon() + i64::from(number).minutes();
        note(&bed, &[("busy", used(at, &format!("192.0.2.{number}")))]).await;
    }
    let most = i64::try_from(RecentUses::MAX_NETWORKS).unwrap();
    assert_eq!((addresses(&bed, "busy").await, addresses(&bed, "calm").await), (most, 2));
    let kept = "SELECT COUNT(*) FROM credential_addresses WHERE credential = 'busy' AND address IN";
    assert_eq!(bed.ask(&format!("{kept} ('192.0.2.19', '192.0.2.4')")).await, 2);
    assert_eq!(bed.ask(&format!("{kept} ('192.0.2.0', '192.0.2.3')")).await, 0, "the oldest go");
    let listed = bed.store.credentials_after("", None, 10).await.unwrap().records;
    assert_eq!(listed.iter().map(|record| record.recent_addresses).collect::<Vec<_>>(), [most, 2]);
}

async fn repeated_uses_from_one_address_are_one_row(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("one", "acme", "1")).await;
    for hours in [2, 1, 3] {
        note(&bed, &[("one", used(noon() + i64::from(hours).hours(), "192.0.2.1"))]).await;
    }
    assert_eq!(addresses(&bed, "one").await, 1);
    let last = (noon() + 3.hours()).as_millisecond();
    assert_eq!(bed.ask("SELECT MAX(used_at) FROM credential_addresses").await, last);
}

async fn addresses_are_deleted_with_their_credential(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put(&token("one", "acme", "1")).await;
    note(&bed, &[("one", used(noon(), "192.0.2.1"))]).await;
    // A reset or edit keeps the addresses.
    bed.put(&token("one", "acme", "2")).await;
    assert_eq!(addresses(&bed, "one").await, 1);
    bed.delete("one").await;
    assert_eq!(bed.ask("SELECT COUNT(*) FROM credential_addresses").await, 0);
}

/// Two gates, an import, and a session that deletes and recreates a credential that the gates write first.
async fn gates_imports_and_deletions_do_not_deadlock(bed: TestDatabase) {
    bed.account("acme").await;
    let records: Vec<_> = (0..300).map(|number| token(&format!("c-{number}"), "acme", &format!("{number}"))).collect();
    let put = async || {
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        transaction.put_credentials(&records).await.unwrap();
        transaction.commit().await.unwrap();
    };
    put().await;
    let gates: Vec<_> = (0..2)
        .map(|gate| {
            let (store, ids) = (bed.store.clone(), records.iter().map(|record| record.id.clone()));
            let ids: Vec<_> = ids.chain([label("a-victim")]).collect();
            tokio::spawn(async move {
                for turn in 0..20_i64 {
                    let mut uses = RecentUses::default();
                    // A new address, and one that all gates write.
                    uses.note(used(noon() + turn.seconds(), &format!("192.0.{gate}.{turn}")));
                    uses.note(used(noon() + turn.seconds(), "192.0.2.1"));
                    let uses = ids.iter().map(|id| (id.clone(), uses.clone())).collect();
                    while let Err(error) = store.record_uses(&uses).await {
                        assert!(matches!(error, StoreError::MissingReference), "one is being deleted: {error}");
                    }
                }
            })
        })
        .collect();
    let deleting = async {
        while !gates.iter().all(tokio::task::JoinHandle::is_finished) {
            bed.put(&token("a-victim", "acme", "victim")).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            bed.delete("a-victim").await;
        }
    };
    let importing = async {
        for _ in 0..10 {
            put().await;
        }
    };
    tokio::join!(deleting, importing);
    for gate in gates {
        gate.await.unwrap();
    }
    note(&bed, &[("c-0", used(noon() + 1.hours(), "192.0.2.2"))]).await;
    assert_eq!(addresses(&bed, "c-0").await, i64::try_from(RecentUses::MAX_NETWORKS).unwrap());
}
