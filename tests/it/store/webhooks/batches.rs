//! Several webhooks and deliveries in one transaction.

use claviger::store::{ClaimedDelivery, DeliveryState, EndedAttempt, MAX_IN_FLIGHT, NextStep, Recorded, StoreError};
use jiff::ToSpan as _;

use super::bed::{add, attempt, deliver, event, fan_out, ground, post, webhook};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    one_claim_takes_four_of_each_webhook_while_there_are_places,
    a_webhook_that_is_locked_or_unreadable_does_not_hold_up_the_others,
    outcomes_of_several_attempts_are_recorded_at_once,
    successes_and_failures_of_one_webhook_count_in_their_order,
);

async fn claim(bed: &TestDatabase, webhooks: &[&str]) -> Vec<ClaimedDelivery> {
    let claimed = bed.store.claim_deliveries(webhooks, "me", noon(), (MAX_IN_FLIGHT, 100)).await.unwrap();
    assert!(claimed.unreadable.is_empty() && !claimed.is_locked_elsewhere, "{claimed:?}");
    claimed.deliveries
}

/// With three webhooks of `key`, the last one for tasks only.
async fn ground_with_three(bed: &TestDatabase) {
    ground(bed).await;
    for id in ["whk_1", "whk_2"] {
        add(bed, &webhook(id, "key")).await;
    }
    add(bed, &claviger::store::WebhookRecord { entity: "task".into(), ..webhook("whk_3", "key") }).await;
}

async fn one_claim_takes_four_of_each_webhook_while_there_are_places(bed: TestDatabase) {
    ground_with_three(&bed).await;
    deliver(&bed, 6).await;
    post(&bed, &[event("evt_task", &label("acme"), "task", "created")]).await;
    fan_out(&bed).await;
    bed.execute("UPDATE webhooks SET paused = TRUE WHERE id = 'whk_2'").await;
    let first =
        bed.store.claim_deliveries(&["whk_3", "whk_1", "whk_2"], "me", noon(), (MAX_IN_FLIGHT, 100)).await.unwrap();
    let count = |webhook: &str, claimed: &[ClaimedDelivery]| {
        claimed.iter().filter(|one| one.webhook.id.as_str() == webhook).count()
    };
    assert_eq!(["whk_1", "whk_2", "whk_3"].map(|id| count(id, &first.deliveries)), [4, 0, 1]);
    assert_eq!(first.skipped, 7, "what waits for the paused one");
    assert!(first.deliveries.iter().all(|one| one.lease_ends_at == noon() + 60.seconds()));
    assert!(claim(&bed, &["whk_1", "whk_2", "whk_3"]).await.is_empty(), "four are under way");
    bed.execute("UPDATE deliveries SET state = 'waiting', why = NULL, done_at = NULL, claimed_until = NULL").await;
    bed.execute("UPDATE deliveries SET next_at = 0").await;
    bed.execute("UPDATE webhooks SET paused = FALSE").await;
    let few = bed.store.claim_deliveries(&["whk_1", "whk_2"], "me", noon(), (MAX_IN_FLIGHT, 6)).await.unwrap();
    assert_eq!(["whk_1", "whk_2"].map(|id| count(id, &few.deliveries)), [4, 2], "six places");
}

async fn a_webhook_that_is_locked_or_unreadable_does_not_hold_up_the_others(bed: TestDatabase) {
    ground_with_three(&bed).await;
    deliver(&bed, 1).await;
    bed.execute("UPDATE webhooks SET kind = 'other' WHERE id = 'whk_1'").await;
    let claimed = bed.store.claim_deliveries(&["whk_1", "whk_2"], "me", noon(), (MAX_IN_FLIGHT, 100)).await.unwrap();
    assert_eq!(claimed.deliveries.len(), 1);
    assert_eq!(claimed.deliveries[0].webhook.id.as_str(), "whk_2");
    let is_broken =
        |error: &StoreError| matches!(error, StoreError::Inconsistent { table: "webhooks", column: "kind", .. });
    assert!(claimed.unreadable.len() == 1 && claimed.unreadable.iter().all(is_broken), "{:?}", claimed.unreadable);
    let failed = "SELECT COUNT(*) FROM deliveries WHERE webhook = 'whk_1' AND state = 'failed' AND why = 'unreadable'";
    assert_eq!(bed.ask(failed).await, 1);
    bed.execute("UPDATE webhooks SET kind = 'console' WHERE id = 'whk_1'").await;
    deliver(&bed, 1).await;
    if bed.address().starts_with("sqlite:") {
        // SQLite has one writer.
        return;
    }
    let mut other = bed.store.begin(noon()).await.unwrap();
    other.webhook("whk_1").await.unwrap();
    let claimed = bed.store.claim_deliveries(&["whk_1", "whk_2"], "me", noon(), (MAX_IN_FLIGHT, 100)).await.unwrap();
    assert!(claimed.is_locked_elsewhere);
    assert_eq!(claimed.deliveries.iter().map(|one| one.webhook.id.as_str()).collect::<Vec<_>>(), ["whk_2"]);
    other.commit().await.unwrap();
    assert_eq!(claim(&bed, &["whk_1", "whk_2"]).await.len(), 1);
}

async fn outcomes_of_several_attempts_are_recorded_at_once(bed: TestDatabase) {
    ground_with_three(&bed).await;
    deliver(&bed, 4).await;
    let claimed = claim(&bed, &["whk_1", "whk_2"]).await;
    assert_eq!(claimed.len(), 8);
    let of = |webhook: &'static str| claimed.iter().filter(move |one| one.webhook.id.as_str() == webhook);
    let later = noon() + 5.minutes();
    let steps = [NextStep::Delivered, NextStep::Retry(later), NextStep::Failed, NextStep::Delivered];
    let (right, wrong) = (attempt(noon(), 204), attempt(noon(), 500));
    let mut ended: Vec<EndedAttempt<'_>> = of("whk_1")
        .zip(steps)
        .map(|(claimed, next)| EndedAttempt {
            claimed,
            attempt: if next == NextStep::Delivered { &right } else { &wrong },
            next,
        })
        .collect();
    // The lease of the last one has passed to another process.
    let lost = of("whk_1").next_back().unwrap();
    bed.execute(&format!("UPDATE deliveries SET claimed_by = 'other' WHERE id = '{}'", lost.id)).await;
    ended.extend(of("whk_2").map(|claimed| EndedAttempt { claimed, attempt: &right, next: NextStep::Delivered }));
    // The same delivery, claimed earlier.
    let mut earlier = of("whk_2").next().unwrap().clone();
    earlier.attempts = 0;
    ended.push(EndedAttempt { claimed: &earlier, attempt: &wrong, next: NextStep::Delivered });
    let other = if bed.address().starts_with("sqlite:") {
        None
    } else {
        let mut other = bed.store.begin(noon()).await.unwrap();
        other.webhook("whk_2").await.unwrap();
        Some(other)
    };
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let recorded = transaction.record_delivery_attempts(&ended).await.unwrap();
    transaction.commit().await.unwrap();
    use Recorded::{Locked, NotClaimed, Written};
    assert_eq!(recorded[..4], [Written, Written, Written, NotClaimed]);
    if let Some(other) = other {
        assert_eq!(recorded[4..], [Locked; 5]);
        other.commit().await.unwrap();
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        let recorded = transaction.record_delivery_attempts(&ended[4..]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(recorded, [Written, Written, Written, Written, NotClaimed]);
    } else {
        assert_eq!(recorded[4..], [Written, Written, Written, Written, NotClaimed]);
    }
    let expected = [
        (DeliveryState::Delivered, None, Some(204), None),
        (DeliveryState::Waiting, None, Some(500), Some(later)),
        (DeliveryState::Failed, None, Some(500), None),
        (DeliveryState::Waiting, None, None, Some(noon())),
    ];
    for (claimed, (state, why, status, next_at)) in of("whk_1").zip(expected) {
        let delivery = bed.store.delivery(&claimed.id).await.unwrap().unwrap();
        let is =
            (delivery.delivery.state, delivery.delivery.why, delivery.delivery.last_status, delivery.delivery.next_at);
        assert_eq!(is, (state, why, status, next_at));
        assert_eq!(delivery.attempts.len(), usize::from(status.is_some()));
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM attempts").await, 7);
}

async fn successes_and_failures_of_one_webhook_count_in_their_order(bed: TestDatabase) {
    ground_with_three(&bed).await;
    let [early, middle, late] = [1, 2, 3].map(|second| noon() + i64::from(second).seconds());
    for (order, failing_since) in [
        ([(early, true), (middle, true), (late, true)], None),
        ([(early, false), (middle, true), (late, true)], None),
        ([(early, true), (middle, false), (late, false)], Some(middle)),
        ([(late, false), (early, false), (middle, true)], Some(late)),
    ] {
        bed.execute("DELETE FROM deliveries").await;
        bed.execute("UPDATE webhooks SET failing_since = 1, last_success_at = NULL, last_failure_at = NULL").await;
        deliver(&bed, 3).await;
        let claimed = claim(&bed, &["whk_1"]).await;
        let attempts = order.map(|(at, is_success)| attempt(at, if is_success { 204 } else { 500 }));
        let ended: Vec<EndedAttempt<'_>> = claimed
            .iter()
            .zip(&attempts)
            .zip(order)
            .map(|((claimed, attempt), (_, is_success))| {
                let next = if is_success { NextStep::Delivered } else { NextStep::Failed };
                EndedAttempt { claimed, attempt, next }
            })
            .collect();
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        assert_eq!(transaction.record_delivery_attempts(&ended).await.unwrap(), [Recorded::Written; 3]);
        transaction.commit().await.unwrap();
        let webhook = bed.store.webhook("whk_1", noon()).await.unwrap().unwrap();
        let last = |wanted: bool| order.iter().filter(|(_, is)| *is == wanted).map(|(at, _)| *at).max();
        assert_eq!(webhook.failing_since, failing_since, "{order:?}");
        assert_eq!(webhook.last_success_at, last(true), "{order:?}");
        if let Some(failed_at) = last(false) {
            assert_eq!(webhook.last_failure_at, Some(failed_at), "{order:?}");
        }
    }
}
