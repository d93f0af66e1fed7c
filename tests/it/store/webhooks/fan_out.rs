use std::collections::BTreeSet;

use claviger::store::{DeliveryState, EventSource, FanOutLimits, NewEvent, StoreError};
use jiff::ToSpan as _;

use super::bed::{add, deliveries_of, event, fan_out, ground, ground_with_webhook, post, post_at, webhook};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    an_event_goes_to_the_webhooks_of_its_account_that_match_its_name,
    a_restricted_event_goes_to_the_credentials_that_may_read_it,
    concurrent_calls_write_each_delivery_once,
    an_unreadable_event_has_no_delivery_and_holds_up_no_other,
    an_unreadable_credential_has_no_delivery_and_holds_up_no_other,
);

/// The events that this webhook has deliveries of.
async fn received(bed: &TestDatabase, webhook: &str) -> BTreeSet<String> {
    deliveries_of(bed, webhook).await.iter().map(|delivery| delivery.event_id.to_string()).collect()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

async fn an_event_goes_to_the_webhooks_of_its_account_that_match_its_name(bed: TestDatabase) {
    ground(&bed).await;
    bed.account("other").await;
    bed.put(&token("foreign", "other", "foreign")).await;
    let mut records = Vec::new();
    for (id, entity, operation) in [
        ("whk_any", "*", "*"),
        ("whk_contact", "contact", "*"),
        ("whk_created", "*", "created"),
        ("whk_exact", "contact", "created"),
        ("whk_none", "contacts", "created"),
        ("whk_part", "contact*", "*"),
    ] {
        let mut record = webhook(id, "key");
        (record.entity, record.operation) = (entity.into(), operation.into());
        records.push(record);
    }
    let mut late = webhook("whk_late", "key");
    late.created_at = noon() + 1.millisecond();
    let mut foreign = webhook("whk_foreign", "foreign");
    foreign.account = label("other");
    // Its credential has moved to another account.
    let stray = webhook("whk_stray", "foreign");
    records.extend([late, foreign, stray]);
    for record in &records {
        add(&bed, record).await;
    }
    let account = label("acme");
    post(
        &bed,
        &[
            event("evt_1", &account, "contact", "created"),
            event("evt_2", &account, "contact", "deleted"),
            event("evt_3", &account, "job", "created"),
            event("evt_4", &account, "job", "Created"),
        ],
    )
    .await;
    let outcome = fan_out(&bed).await;
    assert_eq!((outcome.events, outcome.waiting, outcome.skipped, outcome.dropped), (4, 9, 0, 0));
    for (webhook, expected) in [
        ("whk_any", &["evt_1", "evt_2", "evt_3", "evt_4"][..]),
        ("whk_contact", &["evt_1", "evt_2"]),
        ("whk_created", &["evt_1", "evt_3"]),
        ("whk_exact", &["evt_1"]),
        ("whk_none", &[]),
        ("whk_part", &[]),
        ("whk_late", &[]),
        ("whk_foreign", &[]),
        ("whk_stray", &[]),
    ] {
        assert_eq!(received(&bed, webhook).await, set(expected), "{webhook}");
    }
    let first = deliveries_of(&bed, "whk_exact").await.remove(0);
    assert_eq!(
        (first.event_type.as_str(), first.state, first.next_at),
        ("contact.created", DeliveryState::Waiting, Some(noon()))
    );
    assert!(first.id.as_str().starts_with("msg_") && !first.is_test && first.attempts == 0);
    assert_eq!(fan_out(&bed).await.events, 0, "once");
}

async fn a_restricted_event_goes_to_the_credentials_that_may_read_it(bed: TestDatabase) {
    ground(&bed).await;
    for (id, scopes) in [("narrow", &["read", "list"][..]), ("empty", &[])] {
        let mut record = token(id, "acme", id);
        record.scopes = Some(scopes.iter().map(|scope| label(scope)).collect());
        bed.put(&record).await;
    }
    for (id, credential) in [("whk_key", "key"), ("whk_narrow", "narrow"), ("whk_empty", "empty"), ("whk_own", "own")] {
        add(&bed, &webhook(id, credential)).await;
    }
    let (account, publisher) = (label("acme"), label("pub_1"));
    let [key, own, narrow] = ["key", "own", "narrow"].map(label);
    let [read, write] = ["read", "write"].map(label);
    let (both, none) = ([key.clone(), narrow.clone()], []);
    let ours = |id| event(id, &account, "credential", "edited");
    let theirs = |id| {
        let source = Some(EventSource { publisher: &publisher, id });
        NewEvent { source, ..event(id, &account, "contact", "created") }
    };
    post(
        &bed,
        &[
            ours("evt_account"),
            NewEvent { credential: Some(&key), ..ours("evt_of_key") },
            NewEvent { credential: Some(&own), ..ours("evt_of_own") },
            theirs("evt_all"),
            NewEvent { credentials: Some(&both), ..theirs("evt_named") },
            NewEvent { credentials: Some(&none), ..theirs("evt_none") },
            NewEvent { scope: Some(&read), ..theirs("evt_read") },
            NewEvent { scope: Some(&write), ..theirs("evt_write") },
            NewEvent { credentials: Some(&both), scope: Some(&write), ..theirs("evt_named_write") },
        ],
    )
    .await;
    fan_out(&bed).await;
    let unrestricted = ["evt_account", "evt_of_key", "evt_of_own", "evt_all"];
    let with = |more: &[&'static str]| [&unrestricted[..], more].concat();
    let expected = [
        ("whk_key", with(&["evt_named", "evt_read", "evt_write", "evt_named_write"])),
        ("whk_narrow", with(&["evt_named", "evt_read"])),
        ("whk_empty", with(&[])),
        ("whk_own", vec!["evt_of_own", "evt_all", "evt_read", "evt_write"]),
    ];
    for (webhook, expected) in expected {
        assert_eq!(received(&bed, webhook).await, set(&expected), "{webhook}");
    }
}

async fn concurrent_calls_write_each_delivery_once(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let account = label("acme");
    let ids: Vec<String> = (0..60).map(|number| format!("evt_{number}")).collect();
    let events: Vec<_> = ids.iter().map(|id| event(id, &account, "contact", "created")).collect();
    post(&bed, &events).await;
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                let limits = FanOutLimits { events: 7, ..FanOutLimits::default() };
                while store.fan_out(noon(), limits).await.unwrap().events > 0 {}
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    fan_out(&bed).await;
    assert_eq!(deliveries_of(&bed, "whk_1").await.len(), 60);
    assert_eq!(received(&bed, "whk_1").await.len(), 60);
}

async fn an_unreadable_event_has_no_delivery_and_holds_up_no_other(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let account = label("acme");
    post(&bed, &["evt_1", "evt_2", "evt_3"].map(|id| event(id, &account, "contact", "created"))).await;
    bed.execute("UPDATE events SET credentials = 'key,other' WHERE id = 'evt_1'").await;
    bed.execute("UPDATE events SET scope = '' WHERE id = 'evt_2'").await;
    let outcome = fan_out(&bed).await;
    let broken = |error: &StoreError| matches!(error, StoreError::Inconsistent { table: "events", .. });
    assert!(outcome.unreadable.len() == 2 && outcome.unreadable.iter().all(broken), "{:?}", outcome.unreadable);
    assert_eq!((outcome.events, outcome.waiting), (3, 1));
    assert_eq!(received(&bed, "whk_1").await, set(&["evt_3"]));
    assert_eq!(fan_out(&bed).await.events, 0);
}

async fn an_unreadable_credential_has_no_delivery_and_holds_up_no_other(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    bed.put(&token("other", "acme", "other")).await;
    add(&bed, &webhook("whk_2", "other")).await;
    bed.execute("UPDATE credentials SET scopes = 'a,b' WHERE id = 'key'").await;
    post(&bed, &[event("evt_1", &label("acme"), "contact", "created")]).await;
    let outcome = fan_out(&bed).await;
    assert!(matches!(outcome.unreadable.as_slice(), [StoreError::Inconsistent { column: "scopes", .. }]));
    assert_eq!([received(&bed, "whk_1").await.len(), received(&bed, "whk_2").await.len()], [0, 1]);
    post_at(&bed, noon() + 1.second(), &[event("evt_2", &label("acme"), "contact", "created")]).await;
    assert_eq!(fan_out(&bed).await.waiting, 1);
}
