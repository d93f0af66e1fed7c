use claviger::store::{DeliveryState, NextStep, WebhookFilter, WebhookRecord, WebhookState};
use jiff::ToSpan as _;

use super::bed::{add, claim_at, deliver, deliver_at, ground, ground_with_webhook, record, webhook};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    webhooks_are_listed_by_filter_the_newest_first,
    a_webhook_is_in_one_state,
    deliveries_are_listed_page_by_page_and_by_state,
    the_backlog_counts_what_waits,
);

async fn ids(bed: &TestDatabase, filter: WebhookFilter) -> Vec<String> {
    let listing = bed.store.list_webhooks(&filter, None, 100, noon()).await.unwrap();
    listing.records.into_iter().map(|listed| listed.webhook.id.to_string()).collect()
}

async fn webhooks_are_listed_by_filter_the_newest_first(bed: TestDatabase) {
    ground(&bed).await;
    bed.account("other").await;
    bed.put(&token("foreign", "other", "foreign")).await;
    for (minute, (id, credential, account)) in
        (0_i64..).zip([("whk_1", "key", "acme"), ("whk_2", "own", "acme"), ("whk_3", "foreign", "other")])
    {
        let created_at = noon() - 1.hour() + minute.minutes();
        add(&bed, &WebhookRecord { account: label(account), created_at, ..webhook(id, credential) }).await;
    }
    let all = WebhookFilter::default();
    assert_eq!(ids(&bed, all.clone()).await, ["whk_3", "whk_2", "whk_1"]);
    assert_eq!(ids(&bed, WebhookFilter { account: Some(label("acme")), ..all.clone() }).await, ["whk_2", "whk_1"]);
    assert_eq!(ids(&bed, WebhookFilter { credential: Some(label("key")), ..all.clone() }).await, ["whk_1"]);
    assert_eq!(ids(&bed, WebhookFilter { owner: Some(label("anna")), ..all.clone() }).await, ["whk_2"]);
    let both = WebhookFilter { account: Some(label("other")), owner: Some(label("anna")), ..all.clone() };
    assert!(ids(&bed, both).await.is_empty());
    let first = bed.store.list_webhooks(&all, None, 2, noon()).await.unwrap();
    let cursor = first.end.unwrap().parse().unwrap();
    let second = bed.store.list_webhooks(&all, Some(&cursor), 2, noon()).await.unwrap();
    assert_eq!((second.records.len(), second.end), (1, None));
    assert_eq!(second.records[0].webhook.id, label("whk_1"));
    assert_eq!(second.records[0].last_delivery_at, None);
    deliver_at(&bed, noon() + 2.hours(), 1).await;
    let listed = bed.store.list_webhooks(&all, Some(&cursor), 2, noon()).await.unwrap().records.remove(0);
    assert_eq!(listed.last_delivery_at, Some(noon() + 2.hours()));
}

async fn a_webhook_is_in_one_state(bed: TestDatabase) {
    ground(&bed).await;
    for (id, state) in [
        ("whk_active", WebhookState::Active),
        ("whk_failing", WebhookState::Failing),
        ("whk_off", WebhookState::SwitchedOff),
        ("whk_paused", WebhookState::Paused),
        ("whk_stopped", WebhookState::Stopped),
    ] {
        let credential = if state == WebhookState::Stopped { "own" } else { "key" };
        add(&bed, &webhook(id, credential)).await;
    }
    bed.execute("UPDATE webhooks SET failing_since = 1 WHERE id <> 'whk_active'").await;
    bed.execute("UPDATE webhooks SET switched_off_at = 1, switched_off_why = 'gone' WHERE id = 'whk_off'").await;
    bed.execute("UPDATE webhooks SET paused = TRUE WHERE id = 'whk_paused'").await;
    bed.execute("UPDATE users SET enabled = FALSE").await;
    let listing = bed.store.list_webhooks(&WebhookFilter::default(), None, 100, noon()).await.unwrap();
    let backlog = bed.store.webhook_backlog(noon()).await.unwrap();
    for (state, count) in backlog.states {
        let found = ids(&bed, WebhookFilter { state: Some(state), ..WebhookFilter::default() }).await;
        assert_eq!((found.len(), count), (1, 1), "{state:?}");
        let listed = listing.records.iter().find(|listed| listed.webhook.id.as_str() == found[0]).unwrap();
        assert_eq!(listed.webhook.state(), state);
    }
    let failing = bed.store.webhooks_failing("", 10, noon()).await.unwrap().records;
    assert_eq!(
        failing.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
        ["whk_failing", "whk_paused", "whk_stopped"]
    );
    let first = bed.store.webhooks_failing("", 2, noon()).await.unwrap();
    assert_eq!(first.end.as_deref(), Some("whk_paused"));
}

async fn deliveries_are_listed_page_by_page_and_by_state(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 5).await;
    let claimed = claim_at(&bed, noon()).await;
    record(&bed, &claimed[1], noon(), NextStep::Delivered).await;
    let mut after = None;
    let mut events = Vec::new();
    for _ in 0..3 {
        let page = bed.store.list_deliveries("whk_1", None, after.as_ref(), 2).await.unwrap();
        events.extend(page.records.into_iter().map(|delivery| delivery.event_id.to_string()));
        after = page.end.map(|end| end.parse().unwrap());
    }
    assert_eq!(events, ["evt_000004", "evt_000003", "evt_000002", "evt_000001", "evt_000000"]);
    assert!(after.is_none());
    let delivered = bed.store.list_deliveries("whk_1", Some(DeliveryState::Delivered), None, 9).await.unwrap();
    assert_eq!(delivered.records.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [claimed[1].id.as_str()]);
    assert!(bed.store.list_deliveries("whk_2", None, None, 9).await.unwrap().records.is_empty());
}

async fn the_backlog_counts_what_waits(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    let empty = bed.store.webhook_backlog(noon()).await.unwrap();
    assert_eq!((empty.events, empty.oldest_event, empty.waiting, empty.oldest), (0, None, 0, None));
    deliver(&bed, 3).await;
    let claimed = claim_at(&bed, noon()).await;
    record(&bed, &claimed[0], noon(), NextStep::Delivered).await;
    for claimed in &claimed[1..] {
        record(&bed, claimed, noon(), NextStep::Retry(noon() + 5.minutes())).await;
    }
    let account = label("acme");
    super::bed::post(&bed, &[super::bed::event("evt_new", &account, "contact", "created")]).await;
    let backlog = bed.store.webhook_backlog(noon()).await.unwrap();
    assert_eq!((backlog.events, backlog.oldest_event), (1, Some(noon())));
    assert_eq!((backlog.waiting, backlog.oldest), (2, Some(noon() + 5.minutes())));
}
