//! What every test of webhooks needs.

use claviger::credential::Label;
use claviger::store::{
    AttemptRecord, ClaimedDelivery, DeliveryRecord, DeliveryState, FanOut, FanOutLimits, InsertedEvent, MAX_IN_FLIGHT,
    NewEvent, NextStep, Role, WebhookKind, WebhookRecord, WebhookSecretRef,
};
use jiff::Timestamp;

use crate::store::test_database::{TestDatabase, label, noon, token};

/// Of any event.
pub fn webhook(id: &str, credential: &str) -> WebhookRecord {
    WebhookRecord {
        id: label(id),
        account: label("acme"),
        credential: label(credential),
        url: format!("https://hooks.example/{id}"),
        entity: "*".into(),
        operation: "*".into(),
        kind: WebhookKind::Console,
        created_by: "user:anna".into(),
        secret: WebhookSecretRef { key_id: "k1".into(), generation: 1 },
        previous_secret: None,
        paused: false,
        failing_since: None,
        last_failure_at: None,
        last_success_at: None,
        warned_days: 0,
        switched_off: None,
        created_at: noon(),
        revision: 1,
        stop: None,
    }
}

/// Of the account acme, about nothing.
pub fn event<'e>(id: &'e str, account: &'e Label, entity: &'e str, operation: &'e str) -> NewEvent<'e> {
    NewEvent {
        id,
        account,
        entity,
        operation,
        credential: None,
        credentials: None,
        scope: None,
        source: None,
        occurred_at: noon(),
        body: "{}",
    }
}

/// The account acme with the credential `key` and the member anna's own key `own`.
pub async fn ground(bed: &TestDatabase) {
    let account = bed.account("acme").await;
    bed.put_account(&claviger::store::AccountRecord { members_allowed: true, ..account }).await;
    bed.put_user("anna", Some("acme"), Role::Member).await;
    bed.put(&token("key", "acme", "key")).await;
    let mut own = token("own", "acme", "own");
    own.owner = Some(label("anna"));
    bed.put(&own).await;
}

/// The same, with a webhook of `key`.
pub async fn ground_with_webhook(bed: &TestDatabase) {
    ground(bed).await;
    add(bed, &webhook("whk_1", "key")).await;
}

pub async fn add(bed: &TestDatabase, record: &WebhookRecord) {
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.insert_webhook(record).await.unwrap();
    transaction.commit().await.unwrap();
}

pub async fn post_at(bed: &TestDatabase, now: Timestamp, events: &[NewEvent<'_>]) -> Vec<InsertedEvent> {
    let mut transaction = bed.store.begin(now).await.unwrap();
    let inserted = transaction.insert_events(events).await.unwrap();
    transaction.commit().await.unwrap();
    inserted
}

pub async fn post(bed: &TestDatabase, events: &[NewEvent<'_>]) -> Vec<InsertedEvent> {
    post_at(bed, noon(), events).await
}

/// Posts this number of events, which get deliveries at `now`.
pub async fn deliver_at(bed: &TestDatabase, now: Timestamp, count: usize) {
    let account = label("acme");
    let start = bed.ask("SELECT COUNT(*) FROM events").await;
    let ids: Vec<String> = (0..count).map(|number| format!("evt_{:06}", start + number as i64)).collect();
    let events: Vec<_> = ids.iter().map(|id| event(id, &account, "contact", "created")).collect();
    post_at(bed, now, &events).await;
    bed.store.fan_out(now, FanOutLimits { events: 100_000, waiting: 100_000 }).await.unwrap();
}

pub async fn deliver(bed: &TestDatabase, count: usize) {
    deliver_at(bed, noon(), count).await;
}

pub async fn fan_out(bed: &TestDatabase) -> FanOut {
    bed.store.fan_out(noon(), FanOutLimits::default()).await.unwrap()
}

pub async fn claim_at(bed: &TestDatabase, now: Timestamp) -> Vec<ClaimedDelivery> {
    claim_as(bed, "me", now).await
}

pub async fn claim_as(bed: &TestDatabase, by: &str, now: Timestamp) -> Vec<ClaimedDelivery> {
    let claimed = bed.store.claim_deliveries(&["whk_1"], by, now, (MAX_IN_FLIGHT, 100)).await.unwrap();
    assert!(claimed.unreadable.is_empty(), "{:?}", claimed.unreadable);
    claimed.deliveries
}

pub fn attempt(at: Timestamp, status: u16) -> AttemptRecord {
    let error = (status >= 300).then(|| format!("status {status}"));
    AttemptRecord { at, status: Some(status), millis: 12, error, excerpt: None }
}

/// Whether the claim held.
pub async fn record(bed: &TestDatabase, claimed: &ClaimedDelivery, at: Timestamp, next: NextStep) -> bool {
    let status = if next == NextStep::Delivered { 204 } else { 500 };
    let mut transaction = bed.store.begin(at).await.unwrap();
    let held = transaction.record_delivery_attempt(claimed, &attempt(at, status), next).await.unwrap();
    transaction.commit().await.unwrap();
    held
}

/// The deliveries of `whk_1`, the oldest first.
pub async fn deliveries(bed: &TestDatabase) -> Vec<DeliveryRecord> {
    deliveries_of(bed, "whk_1").await
}

pub async fn deliveries_of(bed: &TestDatabase, webhook: &str) -> Vec<DeliveryRecord> {
    let listing = bed.store.list_deliveries(webhook, None, None, 100_000).await.unwrap();
    assert!(listing.unreadable.is_empty(), "{:?}", listing.unreadable);
    listing.records.into_iter().rev().collect()
}

pub async fn states(bed: &TestDatabase) -> Vec<DeliveryState> {
    deliveries(bed).await.iter().map(|delivery| delivery.state).collect()
}

pub async fn the_webhook(bed: &TestDatabase) -> WebhookRecord {
    bed.store.webhook("whk_1", noon()).await.unwrap().unwrap()
}
