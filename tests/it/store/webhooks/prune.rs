use claviger::store::{DeliveryRetention, EventSource, NewEvent, NextStep, RecordSecret, WebhookKind};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::bed::{
    add, claim_at, deliver, deliver_at, event, fan_out, ground, ground_with_webhook, post, record, webhook,
};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    old_deliveries_and_events_go_and_those_that_wait_stay,
    each_webhook_keeps_its_newest_deliveries,
    a_call_deletes_a_bounded_number_of_rows_in_each_of_its_steps,
    events_of_a_publisher_are_known_for_fifteen_days,
    an_event_whose_deliveries_are_not_written_yet_stays,
    rest_hooks_of_a_credential_without_a_secret_go_after_thirty_days,
    a_deleted_credential_takes_its_webhooks_along,
);

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn prune(bed: &TestDatabase, now: Timestamp, retention: DeliveryRetention) -> u64 {
    bed.store.prune_deliveries(now, retention).await.unwrap()
}

async fn counts(bed: &TestDatabase) -> [i64; 3] {
    let mut counts = [0; 3];
    for (count, table) in counts.iter_mut().zip(["events", "deliveries", "attempts"]) {
        *count = bed.ask(&format!("SELECT COUNT(*) FROM {table}")).await;
    }
    counts
}

async fn old_deliveries_and_events_go_and_those_that_wait_stay(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 3).await;
    let claimed = claim_at(&bed, noon()).await;
    for (claimed, next) in claimed.iter().zip([NextStep::Delivered, NextStep::Failed, NextStep::Retry(noon())]) {
        record(&bed, claimed, noon(), next).await;
    }
    deliver_at(&bed, noon() + 1.hour(), 1).await;
    bed.execute("UPDATE deliveries SET state = 'skipped' WHERE attempts = 0").await;
    assert_eq!(counts(&bed).await, [4, 4, 3]);
    let retention = DeliveryRetention::keeping(30 * DAY);
    assert_eq!(prune(&bed, noon() + 30 * DAY, retention).await, 0, "not older yet");
    assert_eq!(prune(&bed, noon() + 30 * DAY + SignedDuration::from_millis(1), retention).await, 4);
    assert_eq!(counts(&bed).await, [2, 2, 1], "one waits, with its event and its attempt, and one is newer");
    assert_eq!(prune(&bed, noon() + 90 * DAY, retention).await, 2);
    assert_eq!(counts(&bed).await, [1, 1, 1]);
}

async fn each_webhook_keeps_its_newest_deliveries(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    add(&bed, &webhook("whk_2", "key")).await;
    deliver(&bed, 8).await;
    bed.execute("UPDATE deliveries SET state = 'delivered'").await;
    bed.execute("UPDATE deliveries SET state = 'waiting' WHERE event_id = 'evt_000000' AND webhook = 'whk_2'").await;
    bed.execute("DELETE FROM deliveries WHERE webhook = 'whk_1' AND event_id > 'evt_000004'").await;
    let retention = DeliveryRetention { per_webhook: 5, ..DeliveryRetention::keeping(30 * DAY) };
    assert_eq!(prune(&bed, noon(), retention).await, 2);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM deliveries WHERE webhook = 'whk_1'").await, 5);
    let of_second = "SELECT COUNT(*) FROM deliveries WHERE webhook = 'whk_2' AND event_id";
    assert_eq!(bed.ask(&format!("{of_second} IN ('evt_000001', 'evt_000002')")).await, 0);
    assert_eq!(bed.ask(&format!("{of_second} IN ('evt_000000', 'evt_000003')")).await, 2, "one waits");
    assert_eq!(prune(&bed, noon(), retention).await, 0);
}

async fn a_call_deletes_a_bounded_number_of_rows_in_each_of_its_steps(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 25).await;
    bed.execute("UPDATE deliveries SET state = 'delivered'").await;
    let one = DeliveryRetention { rows: 10, steps: 1, ..DeliveryRetention::keeping(DAY) };
    let later = noon() + 2 * DAY;
    assert_eq!(prune(&bed, later, one).await, 10);
    assert_eq!(counts(&bed).await, [25, 15, 0]);
    // The last statement finds fewer than it may delete.
    assert_eq!(prune(&bed, later, DeliveryRetention { steps: 3, ..one }).await, 25);
    assert_eq!(counts(&bed).await, [15, 0, 0]);
    assert_eq!(prune(&bed, later, DeliveryRetention { steps: 0, ..one }).await, 0);
    assert_eq!(prune(&bed, later, DeliveryRetention { steps: 200, ..one }).await, 15);
    assert_eq!(counts(&bed).await, [0; 3]);
}

async fn events_of_a_publisher_are_known_for_fifteen_days(bed: TestDatabase) {
    ground(&bed).await;
    let (account, publisher) = (label("acme"), label("pub_1"));
    let source = Some(EventSource { publisher: &publisher, id: "a" });
    let theirs = NewEvent { source, ..event("evt_1", &account, "contact", "created") };
    post(&bed, &[theirs, event("evt_2", &account, "contact", "created")]).await;
    fan_out(&bed).await;
    let retention = DeliveryRetention::keeping(DAY);
    assert_eq!(prune(&bed, noon() + 2 * DAY, retention).await, 1);
    let again = post(&bed, &[NewEvent { id: "evt_3", ..event("evt_3", &account, "contact", "created") }]).await;
    assert!(again[0].is_new);
    fan_out(&bed).await;
    let theirs = NewEvent { source, ..event("evt_4", &account, "contact", "created") };
    assert_eq!(post(&bed, std::slice::from_ref(&theirs)).await[0].id, "evt_1");
    assert_eq!(prune(&bed, noon() + 15 * DAY, retention).await, 1, "the third");
    assert_eq!(prune(&bed, noon() + 15 * DAY + SignedDuration::from_millis(1), retention).await, 1);
    assert!(post(&bed, &[theirs]).await[0].is_new);
}

async fn rest_hooks_of_a_credential_without_a_secret_go_after_thirty_days(bed: TestDatabase) {
    ground(&bed).await;
    let put_at = async |record: &claviger::store::CredentialRecord, now| {
        let mut transaction = bed.store.begin(now).await.unwrap();
        transaction.put_credential(record).await.unwrap();
        transaction.commit().await.unwrap();
    };
    for number in 0..12 {
        let mut hook = webhook(&format!("whk_{number}"), "key");
        hook.kind = WebhookKind::RestHook;
        add(&bed, &hook).await;
    }
    add(&bed, &webhook("whk_console", "key")).await;
    let full = token("key", "acme", "key");
    let mut cleared = full.clone();
    cleared.secret = RecordSecret::Token(None);
    let gone = async |now| {
        let mut transaction = bed.store.begin(now).await.unwrap();
        let orphans = transaction.orphaned_rest_hooks(100).await.unwrap();
        for hook in &orphans {
            assert!(transaction.delete_webhook(&hook.id).await.unwrap());
        }
        transaction.commit().await.unwrap();
        orphans.len()
    };
    assert_eq!(gone(noon() + 900 * DAY).await, 0, "it has a secret");
    put_at(&cleared, noon()).await;
    // A later edit is no new clearing; a new secret ends it.
    put_at(&cleared, noon() + 20 * DAY).await;
    assert_eq!(bed.ask("SELECT cleared_at FROM credentials WHERE id = 'key'").await, noon().as_millisecond());
    put_at(&full, noon() + 25 * DAY).await;
    assert_eq!(bed.ask("SELECT COUNT(cleared_at) FROM credentials").await, 0);
    assert_eq!(gone(noon() + 40 * DAY).await, 0);
    put_at(&cleared, noon() + 40 * DAY).await;
    assert_eq!(gone(noon() + 70 * DAY - SignedDuration::from_millis(1)).await, 0);
    assert_eq!(gone(noon() + 70 * DAY).await, 12);
    assert!(bed.store.webhook("whk_console", noon()).await.unwrap().is_some());
    // An older program clears without a date.
    let mut hook = webhook("whk_1", "key");
    hook.kind = WebhookKind::RestHook;
    add(&bed, &hook).await;
    bed.execute("UPDATE credentials SET cleared_at = NULL").await;
    assert_eq!(gone(noon() + 100 * DAY).await, 0);
    assert_eq!(gone(noon() + 129 * DAY).await, 0);
    assert_eq!(gone(noon() + 130 * DAY).await, 1);
}

async fn a_deleted_credential_takes_its_webhooks_along(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    add(&bed, &webhook("whk_2", "own")).await;
    deliver(&bed, 2500).await;
    bed.execute("UPDATE deliveries SET webhook = 'whk_2' WHERE event_id = 'evt_000000'").await;
    let claimed = claim_at(&bed, noon()).await;
    record(&bed, &claimed[0], noon(), NextStep::Retry(noon())).await;
    bed.delete("key").await;
    assert_eq!(counts(&bed).await[1..], [1, 0]);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM webhooks").await, 1);
    assert!(!record(&bed, &claimed[1], noon(), NextStep::Delivered).await);
}

async fn an_event_whose_deliveries_are_not_written_yet_stays(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let acme = label("acme");
    post(&bed, &[event("evt_new", &acme, "contact", "created")]).await;
    let late = noon() + 90 * DAY;
    assert_eq!(prune(&bed, late, DeliveryRetention::keeping(DAY)).await, 0);
    let without_webhooks = DeliveryRetention { keeps_new_events: false, ..DeliveryRetention::keeping(DAY) };
    assert_eq!(prune(&bed, late, without_webhooks).await, 1);
}
