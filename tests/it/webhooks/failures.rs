//! Receivers that are gone, and webhooks that fail for days.

use std::collections::BTreeSet;
use std::sync::Arc;

use claviger::control::WebhookWorker;
use claviger::control::operations::{WebhookSearch, disable, enable, list_webhooks, play_webhook};
use claviger::credential::{InstallationKey, InstallationKeys};
use claviger::store::{MAX_IN_FLIGHT, SwitchedOffWhy, WebhookKind};

use super::bed::{Bed, contact};
use crate::store::test_database::{TestDatabase, on_each};

const HOUR: u64 = 3600;

on_each!(
    a_webhook_that_fails_for_five_days_is_switched_off_and_can_be_played,
    one_success_ends_the_count_of_days,
    two_failures_within_a_night_are_no_five_days,
    a_webhook_that_was_stopped_for_a_week_is_not_switched_off_when_it_comes_back,
    a_process_without_the_installation_key_leaves_deliveries_to_others,
    a_receiver_that_is_gone_switches_off_a_webhook_and_removes_a_rest_hook,
    a_receiver_that_takes_fourteen_seconds_gets_nothing_twice_from_two_workers,
);

async fn a_webhook_that_fails_for_five_days_is_switched_off_and_can_be_played(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/500").await;
    let worker = bed.worker();
    for hour in 0..121 {
        if hour % 12 == 0 {
            bed.post(&hour.to_string()).await;
        }
        worker.run_due().await;
        worker.look_after().await;
        let warned = bed.record(&webhook).await.warned_days;
        assert_eq!(
            warned,
            if hour < 24 {
                0
            } else if hour < 72 {
                1
            } else {
                3
            },
            "{hour}"
        );
        if hour < 120 {
            assert_eq!(bed.record(&webhook).await.switched_off, None, "{hour}");
        }
        bed.pass(HOUR);
    }
    let off = bed.record(&webhook).await.switched_off.expect("after 120 hours");
    assert_eq!(off.why, SwitchedOffWhy::Failures);
    let count = bed.receiver.received().len();
    bed.post("later").await;
    worker.run_due().await;
    assert_eq!(bed.receiver.received().len(), count);
    assert_eq!(bed.states(&webhook).await[0], ("skipped", Some("switched_off")));
    let audit = bed.database.store.audit_of("webhook", webhook.record.id.as_str(), 1).await.unwrap();
    assert_eq!(audit[0].verb, "switch_off_webhook");
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    let played = play_webhook(&call, webhook.record.id.as_str()).await.unwrap();
    assert!(played.switched_off.is_none() && played.failing_since.is_none() && played.warned_days == 0);
    bed.pass(1);
    bed.post("played").await;
    assert_eq!(bed.sent(&worker).await.len(), 1);
}

async fn one_success_ends_the_count_of_days(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/500").await;
    let worker = bed.worker();
    bed.post("1").await;
    bed.sent(&worker).await;
    bed.pass(119 * HOUR);
    let id = webhook.record.id.as_str();
    bed.database.execute(&format!("UPDATE webhooks SET url = '{}' WHERE id = '{id}'", bed.url("/status/200"))).await;
    bed.sent(&worker).await;
    bed.pass(HOUR);
    worker.look_after().await;
    let record = bed.record(&webhook).await;
    assert!(record.switched_off.is_none() && record.failing_since.is_none(), "{record:?}");
}

async fn two_failures_within_a_night_are_no_five_days(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/500").await;
    let worker = bed.worker();
    bed.post("1").await;
    bed.sent(&worker).await;
    bed.database.execute("UPDATE deliveries SET state = 'failed', next_at = NULL").await;
    bed.pass(121 * HOUR);
    worker.look_after().await;
    assert_eq!(bed.record(&webhook).await.switched_off, None, "nothing was tried since");
    bed.post("2").await;
    bed.sent(&worker).await;
    worker.look_after().await;
    assert!(bed.record(&webhook).await.switched_off.is_some());
}

async fn a_receiver_that_is_gone_switches_off_a_webhook_and_removes_a_rest_hook(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let (console, rest) = (bed.webhook("/status/410").await, bed.webhook("/status/410/x=y").await);
    let id = rest.record.id.as_str();
    let kind = WebhookKind::RestHook.as_str();
    bed.database.execute(&format!("UPDATE webhooks SET kind = '{kind}' WHERE id = '{id}'")).await;
    bed.post("1").await;
    assert_eq!(bed.sent(&bed.worker()).await.len(), 2);
    let off = bed.record(&console).await.switched_off.expect("switched off at once");
    assert_eq!(off.why, SwitchedOffWhy::Gone);
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    let left = list_webhooks(&call, &WebhookSearch::default(), Default::default()).await.unwrap().records;
    let left: Vec<_> = left.iter().map(|one| one.webhook.id.as_str()).collect();
    assert_eq!(left, [console.record.id.as_str()]);
    let audit = bed.database.store.audit_of("webhook", id, 1).await.unwrap();
    assert_eq!(audit[0].verb, "delete_webhook");
}

/// The lease of a minute holds while the receiver works.
async fn a_receiver_that_takes_fourteen_seconds_gets_nothing_twice_from_two_workers(database: TestDatabase) {
    const DUE: usize = 50;
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    bed.post_all((0..DUE).map(|number| contact(&number.to_string())).collect()).await;
    let (one, other) = (bed.worker(), bed.worker());
    bed.receiver.hold(true);
    let sending = tokio::spawn(async move { one.run_due().await });
    let in_flight = usize::try_from(MAX_IN_FLIGHT).unwrap();
    crate::support::eventually_async("attempts", async || bed.receiver.received().len() == in_flight).await;
    bed.pass(14);
    other.run_due().await;
    assert_eq!(bed.receiver.received().len(), in_flight, "claimed by the first worker");
    bed.receiver.hold(false);
    other.run_due().await;
    sending.await.unwrap();
    let received = bed.receiver.received();
    let ids: BTreeSet<&str> = received.iter().map(|got| got.header("webhook-id").unwrap()).collect();
    assert_eq!((received.len(), ids.len()), (DUE, DUE));
    assert_eq!(bed.states(&webhook).await, [("delivered", None); DUE]);
}

async fn a_webhook_that_was_stopped_for_a_week_is_not_switched_off_when_it_comes_back(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook_for("crm", "/status/500", ("contact", "*")).await;
    let worker = bed.worker();
    for number in 0..3 {
        bed.post(&number.to_string()).await;
        bed.sent(&worker).await;
        bed.pass(10 * HOUR);
    }
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    disable(&call(), "crm", None).await.unwrap();
    bed.pass(7 * 24 * HOUR);
    enable(&call(), "crm").await.unwrap();
    worker.look_after().await;
    bed.post("back").await;
    assert_eq!(bed.sent(&worker).await.len(), 1);
    worker.look_after().await;
    assert_eq!(bed.record(&webhook).await.switched_off, None);
}

/// While a fleet gets a new key, not every process has it.
async fn a_process_without_the_installation_key_leaves_deliveries_to_others(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    bed.post("1").await;
    let keys = Arc::new(InstallationKeys::new(InstallationKey::mint().unwrap(), Vec::new()));
    let (store, clock) = (bed.database.store.clone(), bed.clock.clone());
    let other = WebhookWorker::new(store, clock, bed.settings.clone(), Some(keys), Arc::default());
    assert!(bed.sent(&other).await.is_empty());
    let delivery = bed.deliveries(&webhook).await.remove(0);
    assert_eq!((delivery.state.as_str(), delivery.attempts, delivery.claimed_until), ("waiting", 0, None));
    assert_eq!(bed.record(&webhook).await.failing_since, None);
    bed.pass(60);
    assert_eq!(bed.sent(&bed.worker()).await.len(), 1);
}
