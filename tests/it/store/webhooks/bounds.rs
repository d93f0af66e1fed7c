use claviger::store::{DeliveryState, FanOutLimits, NotDelivered};
use jiff::ToSpan as _;

use super::bed::{claim_at, deliver, deliveries, event, ground_with_webhook, post_at};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    the_oldest_that_wait_are_dropped_beyond_the_bound,
    attempts_under_way_are_not_dropped,
    one_call_takes_the_oldest_events_up_to_its_limit,
);

async fn the_oldest_that_wait_are_dropped_beyond_the_bound(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 2500).await;
    let account = label("acme");
    post_at(&bed, noon() + 1.second(), &[event("evt_new", &account, "contact", "created")]).await;
    let limits = FanOutLimits { waiting: 3, ..FanOutLimits::default() };
    let outcome = bed.store.fan_out(noon() + 1.second(), limits).await.unwrap();
    assert_eq!((outcome.waiting, outcome.dropped), (1, 2498));
    let log = deliveries(&bed).await;
    let (dropped, waiting) = log.split_at(2498);
    assert!(waiting.iter().all(|delivery| delivery.state == DeliveryState::Waiting) && waiting.len() == 3);
    assert_eq!(waiting[2].event_id.as_str(), "evt_new");
    for delivery in dropped {
        assert_eq!((delivery.state, delivery.why), (DeliveryState::Dropped, Some(NotDelivered::TooMany)));
        assert!(delivery.next_at.is_none() && delivery.done_at == Some(noon() + 1.second()));
    }
}

async fn attempts_under_way_are_not_dropped(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 6).await;
    let claimed = claim_at(&bed, noon()).await;
    let account = label("acme");
    post_at(&bed, noon() + 1.second(), &[event("evt_new", &account, "contact", "created")]).await;
    let limits = FanOutLimits { waiting: 1, ..FanOutLimits::default() };
    assert_eq!(bed.store.fan_out(noon() + 1.second(), limits).await.unwrap().dropped, 3);
    for delivery in deliveries(&bed).await {
        let is_claimed = claimed.iter().any(|claimed| claimed.id == delivery.id.as_str());
        assert_eq!(delivery.state == DeliveryState::Waiting, is_claimed);
    }
}

async fn one_call_takes_the_oldest_events_up_to_its_limit(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let account = label("acme");
    for (second, id) in [(2, "evt_c"), (0, "evt_a"), (1, "evt_b")] {
        let now = noon() + i64::from(second).seconds();
        post_at(&bed, now, &[event(id, &account, "contact", "created")]).await;
    }
    let limits = FanOutLimits { events: 2, ..FanOutLimits::default() };
    let later = noon() + 1.minute();
    assert_eq!(bed.store.fan_out(later, limits).await.unwrap().events, 2);
    let events = async || deliveries(&bed).await.into_iter().map(|one| one.event_id.to_string()).collect::<Vec<_>>();
    assert_eq!(events().await, ["evt_a", "evt_b"]);
    assert_eq!(bed.store.webhook_backlog(later).await.unwrap().events, 1);
    assert_eq!(bed.store.fan_out(later, limits).await.unwrap().events, 1);
    assert_eq!(events().await.len(), 3);
}
