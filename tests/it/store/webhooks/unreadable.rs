use claviger::store::{DeliveryState, MAX_IN_FLIGHT, NotDelivered, StoreError, WebhookFilter};
use jiff::ToSpan as _;

use super::bed::{add, claim_at, deliver, deliveries, ground_with_webhook, webhook};
use crate::store::test_database::{TestDatabase, noon, on_each};

on_each!(
    a_webhook_with_junk_is_named_and_listed_beside_the_others,
    what_waits_for_an_unreadable_webhook_is_failed_once,
    an_unreadable_delivery_is_set_aside_and_the_others_are_claimed,
    a_delivery_with_junk_is_listed_beside_the_others,
);

async fn a_webhook_with_junk_is_named_and_listed_beside_the_others(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    add(&bed, &webhook("whk_2", "key")).await;
    for (column, junk, good) in [
        ("kind", "''", "'console'"),
        ("kind", "NULL", "'console'"),
        ("created_by", "NULL", "'user:anna'"),
        ("generation", "NULL", "1"),
        ("generation", "-1", "1"),
        ("key_id", "NULL", "'k1'"),
        ("warned_days", "-1", "0"),
        ("failing_since", "9223372036854775807", "NULL"),
        ("previous_ends_at", "1", "NULL"),
        ("switched_off_at", "1", "NULL"),
        ("created_at", "9223372036854775806", "0"),
    ] {
        let set = async |value: &str| {
            bed.execute(&format!("UPDATE webhooks SET {column} = {value} WHERE id = 'whk_1'")).await;
        };
        set(junk).await;
        let read = bed.store.webhook("whk_1", noon()).await;
        let is_broken = matches!(&read, Err(StoreError::Inconsistent { table: "webhooks", id, .. }) if id == "whk_1");
        assert!(is_broken, "{column} = {junk}: {read:?}");
        let listing = bed.store.list_webhooks(&WebhookFilter::default(), None, 9, noon()).await.unwrap();
        assert_eq!((listing.records.len(), listing.unreadable.len()), (1, 1), "{column} = {junk}");
        set(good).await;
        assert!(bed.store.webhook("whk_1", noon()).await.is_ok(), "{column} = {good}");
    }
}

async fn what_waits_for_an_unreadable_webhook_is_failed_once(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 2).await;
    bed.execute("UPDATE webhooks SET kind = 'other'").await;
    let claimed = bed.store.claim_deliveries(&["whk_1"], "me", noon(), (MAX_IN_FLIGHT, 100)).await.unwrap();
    assert!(claimed.deliveries.is_empty());
    assert!(
        matches!(&claimed.unreadable[..], [StoreError::Inconsistent { table: "webhooks", column: "kind", .. }]),
        "{:?}",
        claimed.unreadable
    );
    assert!(bed.store.due_webhooks("", noon()).await.unwrap().is_empty());
    for delivery in deliveries(&bed).await {
        assert_eq!((delivery.state, delivery.why), (DeliveryState::Failed, Some(NotDelivered::Unreadable)));
    }
}

async fn an_unreadable_delivery_is_set_aside_and_the_others_are_claimed(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 4).await;
    let ids: Vec<String> = deliveries(&bed).await.iter().map(|delivery| delivery.id.to_string()).collect();
    bed.execute("DELETE FROM events WHERE id = 'evt_000000'").await;
    bed.execute(&format!("UPDATE deliveries SET event_id = NULL WHERE id = '{}'", ids[1])).await;
    bed.execute(&format!("UPDATE deliveries SET replay_of = 'junk' WHERE id = '{}'", ids[2])).await;
    let claimed = bed.store.claim_deliveries(&["whk_1"], "me", noon(), (MAX_IN_FLIGHT, 100)).await.unwrap();
    assert_eq!(claimed.deliveries.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [ids[3].as_str()]);
    let broken = |error: &StoreError| matches!(error, StoreError::Inconsistent { table: "deliveries", .. });
    assert!(claimed.unreadable.len() == 3 && claimed.unreadable.iter().all(broken), "{:?}", claimed.unreadable);
    let failed = "SELECT COUNT(*) FROM deliveries WHERE state = 'failed' AND why = 'unreadable' AND claimed_by IS NULL";
    assert_eq!(bed.ask(failed).await, 3);
    assert!(claim_at(&bed, noon() + 30.seconds()).await.is_empty());
}

async fn a_delivery_with_junk_is_listed_beside_the_others(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 2).await;
    let id = deliveries(&bed).await[0].id.to_string();
    for (column, junk, good) in [
        ("state", "'other'", "'failed'"),
        ("attempts", "-1", "1"),
        ("last_status", "70000", "500"),
        ("why", "''", "NULL"),
        ("replay_of", "''", "NULL"),
        ("event_id", "NULL", "'evt_000000'"),
        ("done_at", "9223372036854775807", "1"),
    ] {
        let set = async |value: &str| {
            bed.execute(&format!("UPDATE deliveries SET {column} = {value} WHERE id = '{id}'")).await;
        };
        set(junk).await;
        let listing = bed.store.list_deliveries("whk_1", None, None, 9).await.unwrap();
        assert_eq!((listing.records.len(), listing.unreadable.len()), (1, 1), "{column} = {junk}");
        let read = bed.store.delivery(&id).await;
        assert!(matches!(&read, Err(StoreError::Inconsistent { table: "deliveries", .. })), "{read:?}");
        set(good).await;
        assert!(bed.store.delivery(&id).await.is_ok(), "{column} = {good}");
    }
}
