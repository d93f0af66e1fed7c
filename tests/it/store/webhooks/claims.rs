use std::collections::BTreeSet;

use claviger::store::{DeliveryState, MAX_IN_FLIGHT, NextStep};
use jiff::ToSpan as _;

use super::bed::{
    add, claim_as, claim_at, deliver, deliver_at, deliveries, event, fan_out, ground, ground_with_webhook, post,
    record, states, webhook,
};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    concurrent_claims_take_each_delivery_once_and_four_at_a_time,
    a_delivery_whose_lease_has_ended_is_claimed_again_and_its_first_attempt_is_refused,
    the_oldest_due_is_claimed_first_with_its_event,
    webhooks_that_are_due_are_found_in_turn,
    claims_do_not_wait_for_new_deliveries_and_edits,
);

async fn concurrent_claims_take_each_delivery_once_and_four_at_a_time(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 22).await;
    let mut sent = BTreeSet::new();
    for round in 0..1000 {
        let calls: Vec<_> = (0..10)
            .map(|number| {
                let store = bed.store.clone();
                tokio::spawn(async move {
                    store
                        .claim_deliveries(&["whk_1"], &format!("process {number}"), noon(), (MAX_IN_FLIGHT, 100))
                        .await
                        .unwrap()
                })
            })
            .collect();
        let mut claimed = Vec::new();
        for call in calls {
            claimed.extend(call.await.unwrap().deliveries);
        }
        let in_flight = bed.ask("SELECT COUNT(*) FROM deliveries WHERE claimed_until IS NOT NULL").await;
        assert_eq!(in_flight, i64::try_from(claimed.len()).unwrap(), "round {round}");
        assert!(claimed.len() <= MAX_IN_FLIGHT as usize, "round {round}: {}", claimed.len());
        for delivery in &claimed {
            assert!(sent.insert(delivery.id.clone()), "{} twice", delivery.id);
            assert_eq!(delivery.attempts, 1);
            assert!(record(&bed, delivery, noon(), NextStep::Delivered).await);
        }
        if sent.len() == 22 {
            break;
        }
    }
    assert_eq!(sent.len(), 22);
    assert!(states(&bed).await.iter().all(|state| *state == DeliveryState::Delivered));
    assert!(bed.store.due_webhooks("", noon()).await.unwrap().is_empty());
}

async fn a_delivery_whose_lease_has_ended_is_claimed_again_and_its_first_attempt_is_refused(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 1).await;
    let first = claim_as(&bed, "me", noon()).await.remove(0);
    assert_eq!((first.attempts, first.attempts_of_schedule), (1, 1));
    for early in [0, 59] {
        assert!(claim_as(&bed, "other", noon() + early.seconds()).await.is_empty());
        assert!(bed.store.due_webhooks("", noon() + early.seconds()).await.unwrap().is_empty());
    }
    let later = noon() + 60.seconds();
    assert_eq!(bed.store.due_webhooks("", later).await.unwrap(), ["whk_1"]);
    // By the same process, too.
    let second = claim_as(&bed, "me", later).await.remove(0);
    assert_eq!((second.id.as_str(), second.attempts), (first.id.as_str(), 2));
    for next in [NextStep::Delivered, NextStep::Retry(later), NextStep::Failed, NextStep::Gone] {
        assert!(!record(&bed, &first, later, next).await, "{next:?}");
    }
    let log = deliveries(&bed).await.remove(0);
    assert_eq!((log.state, log.last_status, log.attempts), (DeliveryState::Waiting, None, 2));
    assert_eq!(bed.ask("SELECT COUNT(*) FROM attempts").await, 0);
    assert_eq!(
        bed.ask("SELECT COUNT(*) FROM webhooks WHERE failing_since IS NULL AND switched_off_at IS NULL").await,
        1
    );
    let mut foreign = second.clone();
    foreign.attempts = 1;
    assert!(!record(&bed, &foreign, later, NextStep::Delivered).await);
    assert!(record(&bed, &second, later, NextStep::Delivered).await);
    assert!(!record(&bed, &second, later, NextStep::Delivered).await, "once");
    // A result that comes late, but before another claim, counts.
    deliver(&bed, 1).await;
    let late = claim_at(&bed, later).await.remove(0);
    assert!(record(&bed, &late, later + 10.minutes(), NextStep::Delivered).await);
}

async fn the_oldest_due_is_claimed_first_with_its_event(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let account = label("acme");
    for (second, id) in ["evt_a", "evt_b", "evt_c"].into_iter().enumerate() {
        let body = format!("{{\"id\":\"{id}\"}}");
        let mut new = event(id, &account, "contact", "created");
        new.body = &body;
        let now = noon() + i64::try_from(second).unwrap().seconds();
        super::bed::post_at(&bed, now, &[new]).await;
        bed.store.fan_out(now, claviger::store::FanOutLimits::default()).await.unwrap();
    }
    let now = noon() + 1.second();
    let claimed = bed.store.claim_deliveries(&["whk_1"], "me", now, (1, 100)).await.unwrap().deliveries;
    assert_eq!(claimed[0].body, "{\"id\":\"evt_a\"}");
    assert_eq!((claimed[0].event_type.as_str(), claimed[0].event_id.as_str()), ("contact.created", "evt_a"));
    let more = claim_at(&bed, now).await;
    let events: Vec<_> = more.iter().map(|delivery| delivery.event_id.as_str()).collect();
    assert_eq!(events, ["evt_b"], "the third is not due");
    assert_eq!(
        bed.store.claim_deliveries(&["whk_1"], "me", now + 1.second(), (2, 100)).await.unwrap().deliveries.len(),
        0
    );
    assert_eq!(claim_at(&bed, now + 1.second()).await.len(), 1);
}

async fn webhooks_that_are_due_are_found_in_turn(bed: TestDatabase) {
    ground(&bed).await;
    for number in 0..300 {
        add(&bed, &webhook(&format!("whk_{number:03}"), "key")).await;
    }
    post(&bed, &[event("evt_1", &label("acme"), "contact", "created")]).await;
    assert_eq!(fan_out(&bed).await.waiting, 300);
    let first = bed.store.due_webhooks("", noon()).await.unwrap();
    let ids: Vec<String> = (0..300).map(|number| format!("whk_{number:03}")).collect();
    assert_eq!(first, ids[..256]);
    let second = bed.store.due_webhooks("whk_255", noon()).await.unwrap();
    assert_eq!(second, [&ids[256..], &ids[..212]].concat());
    assert!(bed.store.due_webhooks("", noon() - 1.millisecond()).await.unwrap().is_empty());
    // With four under way, a webhook is not listed.
    bed.execute("DELETE FROM deliveries WHERE webhook <> 'whk_000' AND webhook <> 'whk_007'").await;
    for count in 0..5 {
        let now = noon() + i64::from(count).seconds();
        deliver_at(&bed, now, 1).await;
    }
    bed.execute("DELETE FROM deliveries WHERE webhook <> 'whk_000' AND webhook <> 'whk_007'").await;
    let now = noon() + 10.seconds();
    assert_eq!(bed.store.due_webhooks("", now).await.unwrap(), ["whk_000", "whk_007"]);
    let claimed = bed.store.claim_deliveries(&["whk_000"], "me", now, (3, 100)).await.unwrap().deliveries;
    assert_eq!(claimed.len(), 3);
    assert_eq!(bed.store.due_webhooks("whk_003", now).await.unwrap(), ["whk_007", "whk_000"]);
    bed.store.claim_deliveries(&["whk_000"], "me", now, (4, 100)).await.unwrap();
    assert_eq!(bed.store.due_webhooks("", now).await.unwrap(), ["whk_007"]);
}

/// Fan-out, claims, results, edits and a deletion at the same time.
async fn claims_do_not_wait_for_new_deliveries_and_edits(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let work: Vec<_> = (0..4)
        .map(|number| {
            let store = bed.store.clone();
            tokio::spawn(async move {
                let (account, by) = (label("acme"), format!("process {number}"));
                for round in 0..15 {
                    let mut transaction = store.begin(noon()).await.unwrap();
                    let id = format!("evt_{number}_{round}");
                    transaction.insert_events(&[event(&id, &account, "contact", "created")]).await.unwrap();
                    transaction.commit().await.unwrap();
                    store.fan_out(noon(), claviger::store::FanOutLimits::default()).await.unwrap();
                    let claimed = store.claim_deliveries(&["whk_1"], &by, noon(), (MAX_IN_FLIGHT, 100)).await.unwrap();
                    for delivery in claimed.deliveries {
                        let mut transaction = store.begin(noon()).await.unwrap();
                        let attempt = super::bed::attempt(noon(), 204);
                        transaction.record_delivery_attempt(&delivery, &attempt, NextStep::Delivered).await.unwrap();
                        transaction.commit().await.unwrap();
                    }
                    let mut transaction = store.begin(noon()).await.unwrap();
                    if let Some(mut webhook) = transaction.webhook("whk_1").await.unwrap() {
                        webhook.paused = round % 5 == 0;
                        transaction.put_webhook(&webhook).await.unwrap();
                        let scope = claviger::store::SkipScope::Webhook("whk_1");
                        transaction.skip_waiting(scope, claviger::store::WebhookStop::Paused).await.unwrap();
                        if number == 3 && round == 14 {
                            transaction.delete_webhook("whk_1").await.unwrap();
                        }
                    }
                    transaction.commit().await.unwrap();
                }
            })
        })
        .collect();
    for work in work {
        work.await.unwrap();
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM deliveries").await, 0);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM attempts").await, 0);
}
