use claviger::store::{DeliveryState, NextStep, NotDelivered, ReplayRange, ReplayWhat, SkipScope, WebhookStop};
use jiff::{Timestamp, ToSpan as _};

use super::bed::{claim_at, deliver, deliver_at, deliveries, event, ground_with_webhook, record, states};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    missed_and_failed_deliveries_are_replayed_the_oldest_first_and_apart,
    a_replay_is_made_once_at_a_time_and_can_be_repeated,
    a_replay_that_fails_returns_to_its_state_before,
    a_stopped_replay_returns_to_its_state_before,
    a_delivered_one_can_be_replayed_and_its_schedule_begins_anew,
);

const ALL: ReplayRange = ReplayRange { since: Timestamp::UNIX_EPOCH, until: Timestamp::MAX, what: ReplayWhat::Both };

async fn replay(bed: &TestDatabase, range: ReplayRange, now: Timestamp) -> u64 {
    let mut transaction = bed.store.begin(now).await.unwrap();
    let count = transaction.replay_deliveries("whk_1", range).await.unwrap();
    transaction.commit().await.unwrap();
    count
}

async fn skip(bed: &TestDatabase) -> u64 {
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let count = transaction.skip_waiting(SkipScope::Webhook("whk_1"), WebhookStop::Paused).await.unwrap();
    transaction.commit().await.unwrap();
    count
}

/// One failed, one delivered, one dropped, and two skipped: each a minute after the other.
async fn ended(bed: &TestDatabase) {
    ground_with_webhook(bed).await;
    for minute in 0..5 {
        deliver_at(bed, noon() + i64::from(minute).minutes(), 1).await;
    }
    let claimed =
        bed.store.claim_deliveries(&["whk_1"], "me", noon() + 5.minutes(), (2, 100)).await.unwrap().deliveries;
    assert!(record(bed, &claimed[0], noon(), NextStep::Failed).await);
    assert!(record(bed, &claimed[1], noon(), NextStep::Delivered).await);
    assert_eq!(skip(bed).await, 3);
    let third = deliveries(bed).await[2].id.clone();
    bed.execute(&format!("UPDATE deliveries SET state = 'dropped', why = 'too_many' WHERE id = '{third}'")).await;
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let account = label("acme");
    let test = event("evt_test", &account, "webhook", "test");
    transaction.insert_test_delivery(&label("whk_1"), &test).await.unwrap();
    transaction.commit().await.unwrap();
    bed.execute("UPDATE deliveries SET state = 'failed', next_at = NULL WHERE is_test").await;
}

async fn missed_and_failed_deliveries_are_replayed_the_oldest_first_and_apart(bed: TestDatabase) {
    ended(&bed).await;
    let missed = bed.store.count_missed("whk_1", noon()).await.unwrap();
    let since = bed.store.count_missed("whk_1", noon() + 3.minutes()).await.unwrap();
    assert_eq!((missed, since), (3, 2), "tests aside");
    let now = noon() + 1.hour();
    let minutes = |from: i64, until: i64| (noon() + from.minutes(), noon() + until.minutes());
    for (what, (since, until), expected) in [
        (ReplayWhat::Failed, minutes(0, 60), &[0][..]),
        (ReplayWhat::Missed, minutes(0, 60), &[2, 3, 4]),
        (ReplayWhat::Both, minutes(0, 60), &[0, 2, 3, 4]),
        (ReplayWhat::Both, minutes(2, 4), &[2, 3]),
        (ReplayWhat::Both, minutes(5, 60), &[]),
        (ReplayWhat::Both, minutes(4, 2), &[]),
    ] {
        let count = replay(&bed, ReplayRange { since, until, what }, now).await;
        assert_eq!(count, expected.len() as u64, "{what:?}");
        let log: Vec<_> = deliveries(&bed).await.into_iter().filter(|delivery| !delivery.is_test).collect();
        let waiting = (0..log.len()).filter(|at| log[*at].state == DeliveryState::Waiting);
        assert_eq!(waiting.collect::<Vec<_>>(), expected, "{what:?}");
        for (place, at) in (0_i64..).zip(expected) {
            assert_eq!(log[*at].next_at, Some(now + (place * 200).milliseconds()));
        }
        assert_eq!(bed.store.count_waiting_replays("whk_1").await.unwrap(), count);
        let mut transaction = bed.store.begin(now).await.unwrap();
        assert_eq!(transaction.stop_replay("whk_1").await.unwrap(), count);
        transaction.commit().await.unwrap();
        assert_eq!(bed.store.count_waiting_replays("whk_1").await.unwrap(), 0);
    }
}

async fn a_replay_is_made_once_at_a_time_and_can_be_repeated(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 3).await;
    skip(&bed).await;
    assert_eq!(replay(&bed, ALL, noon()).await, 3);
    assert_eq!(replay(&bed, ALL, noon()).await, 0, "they wait");
    let id = deliveries(&bed).await[0].id.to_string();
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    assert!(!transaction.replay_delivery(&id).await.unwrap());
    assert!(!transaction.replay_delivery("msg_0").await.unwrap());
    drop(transaction);
    for claimed in claim_at(&bed, noon() + 1.second()).await {
        assert_eq!(claimed.replay_of, Some(DeliveryState::Skipped));
        record(&bed, &claimed, noon(), NextStep::Failed).await;
    }
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                let mut transaction = store.begin(noon() + 1.minute()).await.unwrap();
                let count = transaction.replay_deliveries("whk_1", ALL).await.unwrap();
                transaction.commit().await.unwrap();
                count
            })
        })
        .collect();
    let mut total = 0;
    for call in calls {
        total += call.await.unwrap();
    }
    assert_eq!(total, 3);
    for claimed in claim_at(&bed, noon() + 2.minutes()).await {
        assert_eq!((claimed.attempts, claimed.replay_of), (2, Some(DeliveryState::Skipped)));
        record(&bed, &claimed, noon(), NextStep::Delivered).await;
    }
    assert_eq!(states(&bed).await, [DeliveryState::Delivered; 3]);
    assert_eq!(replay(&bed, ALL, noon()).await, 0);
    let log = deliveries(&bed).await;
    assert!(log.iter().all(|delivery| delivery.why.is_none() && delivery.replay_of.is_none()));
}

async fn a_replay_that_fails_returns_to_its_state_before(bed: TestDatabase) {
    ended(&bed).await;
    let before = deliveries(&bed).await;
    assert_eq!(replay(&bed, ALL, noon() + 1.hour()).await, 4);
    let delivered = before.iter().find(|delivery| delivery.state == DeliveryState::Delivered).unwrap();
    let mut transaction = bed.store.begin(noon() + 1.hour()).await.unwrap();
    assert!(transaction.replay_delivery(delivered.id.as_str()).await.unwrap());
    transaction.commit().await.unwrap();
    for _ in 0..2 {
        for claimed in claim_at(&bed, noon() + 2.hours()).await {
            assert!(record(&bed, &claimed, noon() + 2.hours(), NextStep::Failed).await);
        }
    }
    let after = deliveries(&bed).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((after.state, after.why, after.done_at), (before.state, before.why, before.done_at), "{before:?}");
        assert!(after.next_at.is_none() && after.replay_of.is_none());
        assert_eq!(after.attempts, before.attempts + u32::from(!before.is_test));
    }
}

async fn a_stopped_replay_returns_to_its_state_before(bed: TestDatabase) {
    ended(&bed).await;
    let before = deliveries(&bed).await;
    // By request, by a skip, and by a skip at the claim.
    for way in 0..3 {
        assert_eq!(replay(&bed, ALL, noon() + 1.hour()).await, 4);
        let mut transaction = bed.store.begin(noon() + 1.hour()).await.unwrap();
        match way {
            0 => assert_eq!(transaction.stop_replay("whk_1").await.unwrap(), 4),
            1 => {
                let skipped = transaction.skip_waiting(SkipScope::Account("acme"), WebhookStop::AccessOff).await;
                assert_eq!(skipped.unwrap(), 4);
            }
            _ => {}
        }
        transaction.commit().await.unwrap();
        if way == 2 {
            bed.execute("UPDATE webhooks SET paused = TRUE").await;
            assert!(claim_at(&bed, noon() + 2.hours()).await.is_empty());
        }
        let mut after = deliveries(&bed).await;
        for (before, after) in before.iter().zip(&mut after) {
            assert_eq!(before, after, "{way}");
        }
    }
    assert_eq!(before[4].why, Some(NotDelivered::Stopped(WebhookStop::Paused)));
    // What is under way goes on, and what waits for its first attempt stays.
    bed.execute("UPDATE webhooks SET paused = FALSE").await;
    deliver_at(&bed, noon() + 3.hours(), 1).await;
    assert_eq!(replay(&bed, ALL, noon() + 1.hour()).await, 4);
    let claimed = bed.store.claim_deliveries(&["whk_1"], "me", noon() + 2.hours(), (1, 100)).await.unwrap().deliveries;
    let mut transaction = bed.store.begin(noon() + 2.hours()).await.unwrap();
    assert_eq!(transaction.stop_replay("whk_1").await.unwrap(), 3);
    transaction.commit().await.unwrap();
    assert_eq!(bed.ask("SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'").await, 2);
    assert!(record(&bed, &claimed[0], noon() + 2.hours(), NextStep::Delivered).await);
}

async fn a_delivered_one_can_be_replayed_and_its_schedule_begins_anew(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 1).await;
    for number in 1..=3 {
        let claimed = claim_at(&bed, noon()).await.remove(0);
        assert_eq!((claimed.attempts, claimed.attempts_of_schedule), (number, number));
        let next = if number == 3 { NextStep::Delivered } else { NextStep::Retry(noon()) };
        assert!(record(&bed, &claimed, noon(), next).await);
    }
    let id = deliveries(&bed).await[0].id.to_string();
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    assert!(transaction.replay_delivery(&id).await.unwrap());
    transaction.commit().await.unwrap();
    for number in 1..=2 {
        let claimed = claim_at(&bed, noon()).await.remove(0);
        assert_eq!((claimed.attempts, claimed.attempts_of_schedule), (3 + number, number));
        assert_eq!(claimed.replay_of, Some(DeliveryState::Delivered));
        let next = if number == 2 { NextStep::Failed } else { NextStep::Retry(noon()) };
        assert!(record(&bed, &claimed, noon(), next).await);
    }
    let detail = bed.store.delivery(&id).await.unwrap().unwrap();
    assert_eq!((detail.delivery.state, detail.attempts.len()), (DeliveryState::Delivered, 5));
}
