//! A process whose name lookups wait for a silent name server.

use std::sync::Arc;

use claviger::control::LiveSettings;
use claviger::control::operations::{WebhookTerms, replay_delivery};
use claviger::delivery::webhooks::NameLookup;
use claviger::store::DeliveryState;
use tokio::sync::Semaphore;

use super::bed::Bed;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(a_delivery_that_waits_for_other_lookups_is_given_back_and_counts_no_attempt);

/// No lookup begins.
fn busy(bed: &Bed) -> Arc<LiveSettings> {
    let terms = bed.fixture.webhooks.as_deref().unwrap();
    let destinations = terms.destinations.clone().with_names(NameLookup::System(Arc::new(Semaphore::new(0))));
    let webhooks = Some(Arc::new(WebhookTerms { settings: terms.settings.clone(), destinations }));
    Arc::new(LiveSettings { webhooks, ..LiveSettings::default() })
}

async fn a_delivery_that_waits_for_other_lookups_is_given_back_and_counts_no_attempt(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    let worker = bed.worker();
    let idle = bed.settings.swap(busy(&bed));
    bed.post("1").await;
    for _ in 0..2 {
        assert!(bed.sent(&worker).await.is_empty());
        let delivery = bed.deliveries(&webhook).await.remove(0);
        assert_eq!((delivery.state, delivery.attempts, delivery.claimed_until), (DeliveryState::Waiting, 0, None));
        assert_eq!((delivery.last_error, delivery.next_at.is_some()), (None, true));
        assert_eq!(bed.database.ask("SELECT COUNT(*) FROM attempts").await, 0);
        let record = bed.record(&webhook).await;
        assert_eq!((record.failing_since, record.last_failure_at), (None, None));
        bed.pass(60);
    }
    bed.settings.store(idle.clone());
    assert_eq!(bed.sent(&worker).await.len(), 1);
    let delivery = bed.deliveries(&webhook).await.remove(0);
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 1));

    let call = bed.fixture.call(&bed.database, bed.clock.now());
    replay_delivery(&call, webhook.record.id.as_str(), delivery.id.as_str()).await.unwrap();
    bed.settings.store(busy(&bed));
    assert!(bed.sent(&worker).await.is_empty());
    let replay = bed.deliveries(&webhook).await.remove(0);
    assert_eq!((replay.state, replay.attempts), (DeliveryState::Waiting, 1));
    bed.settings.store(idle);
    bed.pass(60);
    assert_eq!(bed.sent(&worker).await.len(), 1);
    assert_eq!(bed.deliveries(&webhook).await.remove(0).attempts, 2);
}
