use claviger::store::{
    AttemptRecord, DeliveryState, NextStep, NotDelivered, SwitchedOff, SwitchedOffWhy, WebhookKind, WebhookState,
    WebhookStop,
};
use jiff::ToSpan as _;

use super::bed::{
    add, claim_at, deliver, deliver_at, deliveries, event, ground, ground_with_webhook, record, the_webhook, webhook,
};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    failures_count_from_the_first_and_a_success_ends_them,
    every_attempt_is_kept_with_its_answer,
    tests_and_replays_do_not_count_for_the_webhook,
    a_webhook_whose_receiver_is_gone_is_switched_off_and_what_waits_is_skipped,
    a_rest_hook_whose_receiver_is_gone_is_deleted,
    warnings_are_recorded_once_while_the_failures_last,
);

async fn failures_count_from_the_first_and_a_success_ends_them(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 1).await;
    let [first, second, third] = [0, 10, 20].map(|minutes| noon() + i64::from(minutes).minutes());
    let claimed = claim_at(&bed, first).await.remove(0);
    assert!(record(&bed, &claimed, first, NextStep::Retry(second)).await);
    let log = deliveries(&bed).await.remove(0);
    assert_eq!((log.state, log.next_at, log.last_status), (DeliveryState::Waiting, Some(second), Some(500)));
    assert_eq!(log.last_error.as_deref(), Some("status 500"));
    assert!(claim_at(&bed, second - 1.millisecond()).await.is_empty());
    let claimed = claim_at(&bed, second).await.remove(0);
    assert!(record(&bed, &claimed, second, NextStep::Failed).await);
    let log = deliveries(&bed).await.remove(0);
    assert_eq!((log.state, log.next_at, log.done_at, log.why), (DeliveryState::Failed, None, Some(second), None));
    let failing = the_webhook(&bed).await;
    assert_eq!((failing.failing_since, failing.last_failure_at), (Some(first), Some(second)));
    assert_eq!((failing.state(), failing.last_success_at, failing.revision), (WebhookState::Failing, None, 1));
    let listing = bed.store.webhooks_failing("", 10, second).await.unwrap();
    assert_eq!((listing.records, listing.end), (vec![failing], None));
    assert!(bed.store.webhooks_failing("whk_1", 10, second).await.unwrap().records.is_empty());
    deliver_at(&bed, third, 1).await;
    let claimed = claim_at(&bed, third).await.remove(0);
    assert!(record(&bed, &claimed, third, NextStep::Delivered).await);
    let right = the_webhook(&bed).await;
    assert_eq!((right.failing_since, right.last_success_at, right.last_failure_at), (None, Some(third), Some(second)));
    assert!(bed.store.webhooks_failing("", 10, third).await.unwrap().records.is_empty());
}

async fn every_attempt_is_kept_with_its_answer(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 1).await;
    let kept = [
        AttemptRecord { at: noon(), status: None, millis: 5000, error: Some("no connection".into()), excerpt: None },
        AttemptRecord {
            at: noon(),
            status: Some(599),
            millis: u32::MAX,
            error: Some("ä".into()),
            excerpt: Some("<b>".into()),
        },
        AttemptRecord { at: noon(), status: Some(200), millis: 0, error: None, excerpt: Some(String::new()) },
    ];
    let steps = [NextStep::Retry(noon()), NextStep::Retry(noon()), NextStep::Delivered];
    for (attempt, next) in kept.iter().zip(steps) {
        let claimed = claim_at(&bed, noon()).await.remove(0);
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        assert!(transaction.record_delivery_attempt(&claimed, attempt, next).await.unwrap());
        transaction.commit().await.unwrap();
    }
    let id = deliveries(&bed).await[0].id.to_string();
    let detail = bed.store.delivery(&id).await.unwrap().unwrap();
    assert_eq!(detail.attempts, (1..).zip(kept).collect::<Vec<_>>());
    assert_eq!((detail.body.as_deref(), detail.delivery.state), (Some("{}"), DeliveryState::Delivered));
    assert_eq!((detail.delivery.last_status, detail.delivery.last_error), (Some(200), None));
    assert!(bed.store.delivery("msg_0").await.unwrap().is_none());
}

async fn tests_and_replays_do_not_count_for_the_webhook(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 1).await;
    let claimed = claim_at(&bed, noon()).await.remove(0);
    assert!(record(&bed, &claimed, noon(), NextStep::Failed).await);
    let before = the_webhook(&bed).await;
    for next in [NextStep::Failed, NextStep::Retry(noon() + 24.hours()), NextStep::Delivered] {
        let mut transaction = bed.store.begin(noon() + 1.hour()).await.unwrap();
        transaction.stop_replay("whk_1").await.unwrap();
        assert!(transaction.replay_delivery(&claimed.id).await.unwrap());
        let id = transaction.next_event_id();
        let test = event(&id, &before.account, "webhook", "test");
        transaction.insert_test_delivery(&before.id, &test).await.unwrap();
        transaction.commit().await.unwrap();
        let both = claim_at(&bed, noon() + 1.hour()).await;
        assert_eq!(both.len(), 2);
        for claimed in both {
            assert!(claimed.is_test != claimed.replay_of.is_some());
            assert!(record(&bed, &claimed, noon() + 1.hour(), next).await);
        }
        assert_eq!(the_webhook(&bed).await, before, "{next:?}");
    }
}

async fn a_webhook_whose_receiver_is_gone_is_switched_off_and_what_waits_is_skipped(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 6).await;
    let claimed = claim_at(&bed, noon()).await;
    assert!(record(&bed, &claimed[0], noon(), NextStep::Gone).await);
    let off = the_webhook(&bed).await;
    assert_eq!(off.switched_off, Some(SwitchedOff { at: noon(), why: SwitchedOffWhy::Gone }));
    assert_eq!((off.stop, off.revision), (Some(WebhookStop::SwitchedOff), 2));
    let log = deliveries(&bed).await;
    let of_state = |state| log.iter().filter(|delivery| delivery.state == state).count();
    assert_eq!(
        [of_state(DeliveryState::Failed), of_state(DeliveryState::Skipped), of_state(DeliveryState::Waiting)],
        [1, 2, 3]
    );
    let failed = log.iter().find(|delivery| delivery.state == DeliveryState::Failed).unwrap();
    assert_eq!((failed.id.as_str(), failed.why), (claimed[0].id.as_str(), Some(NotDelivered::Gone)));
    // Those under way are recorded, and skipped when they would be due again.
    assert!(record(&bed, &claimed[1], noon(), NextStep::Delivered).await);
    assert!(record(&bed, &claimed[2], noon(), NextStep::Retry(noon() + 1.minute())).await);
    assert!(record(&bed, &claimed[3], noon(), NextStep::Gone).await);
    assert!(claim_at(&bed, noon() + 1.minute()).await.is_empty());
    assert_eq!(bed.ask("SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'").await, 0);
    assert_eq!(the_webhook(&bed).await.revision, 2, "switched off once");
}

async fn a_rest_hook_whose_receiver_is_gone_is_deleted(bed: TestDatabase) {
    ground(&bed).await;
    let mut hook = webhook("whk_1", "key");
    hook.kind = WebhookKind::RestHook;
    add(&bed, &hook).await;
    deliver(&bed, 3).await;
    let claimed = claim_at(&bed, noon()).await;
    assert!(record(&bed, &claimed[0], noon(), NextStep::Gone).await);
    assert!(bed.store.webhook("whk_1", noon()).await.unwrap().is_none());
    assert_eq!(bed.ask("SELECT COUNT(*) FROM deliveries").await + bed.ask("SELECT COUNT(*) FROM attempts").await, 0);
    assert!(!record(&bed, &claimed[1], noon(), NextStep::Delivered).await);
}

async fn warnings_are_recorded_once_while_the_failures_last(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let warn = async |days| {
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        let is_first = transaction.record_webhook_warning("whk_1", days).await.unwrap();
        transaction.commit().await.unwrap();
        is_first
    };
    assert!(!warn(1).await, "it does not fail");
    deliver(&bed, 2).await;
    let claimed = claim_at(&bed, noon()).await;
    record(&bed, &claimed[0], noon(), NextStep::Failed).await;
    assert_eq!([warn(1).await, warn(1).await, warn(3).await, warn(1).await], [true, false, true, false]);
    assert_eq!(the_webhook(&bed).await.warned_days, 3);
    record(&bed, &claimed[1], noon(), NextStep::Delivered).await;
    assert_eq!(the_webhook(&bed).await.warned_days, 0);
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    assert!(transaction.switch_off_webhook("whk_1", SwitchedOffWhy::Failures).await.unwrap());
    assert!(!transaction.switch_off_webhook("whk_1", SwitchedOffWhy::Gone).await.unwrap());
    assert!(!transaction.switch_off_webhook("whk_9", SwitchedOffWhy::Gone).await.unwrap());
    transaction.commit().await.unwrap();
    assert_eq!(the_webhook(&bed).await.switched_off.unwrap().why, SwitchedOffWhy::Failures);
    assert_eq!(the_webhook(&bed).await.id, label("whk_1"));
}
