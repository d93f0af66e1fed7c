//! What is sent, to whom, and when it is sent again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claviger::control::operations::{
    ReplayWhat, disable, end_previous_secret, renew_secret, replay_delivery, replay_since, send_test_event, stop_replay,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::bed::{Bed, contact};
use crate::delivery::webhooks::receiver::Received;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_change_is_sent_signed_with_the_secret_that_was_shown,
    an_event_of_the_api_behind_is_sent_once_however_often_it_is_posted,
    a_failed_delivery_is_sent_again_with_its_id_by_the_schedule,
    a_receiver_that_asks_for_a_pause_gets_it,
    after_ten_failures_a_delivery_is_given_up,
    both_secrets_sign_for_a_day_after_a_renewal,
    a_replay_is_one_attempt_with_the_same_id_every_time,
    what_was_missed_is_replayed_oldest_first_and_can_be_stopped,
    a_test_event_reaches_a_paused_webhook_and_counts_for_nothing,
);

/// By the rules of Standard Webhooks.
fn is_signed(received: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let header = |name: &str| received.header(name).unwrap_or_else(|| panic!("{name}: {}", received.head));
    let mut signed = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).into_bytes();
    signed.extend_from_slice(&received.body);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    header("webhook-signature").split(' ').any(|signature| {
        let bytes = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        ring::hmac::verify(&key, &signed, &bytes).is_ok()
    })
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}

async fn a_change_is_sent_signed_with_the_secret_that_was_shown(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    let other = bed.webhook_for("crm", "/status/204", ("credential", "deleted")).await;
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    disable(&call, "crm", Some("leaked".into())).await.unwrap();
    // Disabled: its own webhooks are stopped. Another credential of the account has one, too.
    bed.database.execute("UPDATE credentials SET enabled = TRUE").await;
    let sent = bed.sent(&bed.worker()).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].head.starts_with("POST /status/200 HTTP/1.1"), "{}", sent[0].head);
    assert!(is_signed(&sent[0], &webhook.secret) && !is_signed(&sent[0], &other.secret));
    assert!(sent[0].header("webhook-id").unwrap().starts_with("msg_"));
    let body = body(&sent[0]);
    assert_eq!((&body["type"], &body["account"]), (&json!("credential.disabled"), &json!("acme")));
    assert_eq!(body["data"]["credential"]["disabled_reason"], "leaked");
    assert_eq!(bed.states(&webhook).await, [("delivered", None)]);
    assert!(bed.deliveries(&other).await.is_empty());
}

async fn an_event_of_the_api_behind_is_sent_once_however_often_it_is_posted(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook_for("crm", "/status/200", ("contact", "created")).await;
    let deleted = bed.webhook_for("crm", "/status/200", ("contact", "deleted")).await;
    let first = bed.post("4711").await;
    let again = bed.post("4711").await;
    assert!(!first.is_repeated && again.is_repeated && first.id == again.id);
    let sent = bed.sent(&bed.worker()).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(body(&sent[0])["data"], json!({"contact": {"id": "4711"}}));
    assert_eq!(body(&sent[0])["id"], first.id);
    assert_eq!((bed.states(&webhook).await.len(), bed.states(&deleted).await.len()), (1, 0));
    assert!(bed.sent(&bed.worker()).await.is_empty());
}

async fn a_failed_delivery_is_sent_again_with_its_id_by_the_schedule(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/500").await;
    bed.post("1").await;
    let worker = bed.worker();
    let first = bed.sent(&worker).await;
    assert_eq!((first.len(), bed.sent(&worker).await.len()), (1, 0));
    bed.pass(3);
    assert!(bed.sent(&worker).await.is_empty(), "before five seconds less a fifth");
    bed.pass(4);
    let second = bed.sent(&worker).await;
    assert_eq!(second.len(), 1);
    assert_eq!(first[0].header("webhook-id"), second[0].header("webhook-id"));
    assert_ne!(first[0].header("webhook-timestamp"), second[0].header("webhook-timestamp"));
    assert_eq!(first[0].body, second[0].body);
    let record = bed.record(&webhook).await;
    assert!(record.failing_since < record.last_failure_at);
    let delivery = bed.deliveries(&webhook).await.remove(0);
    assert_eq!((delivery.state.as_str(), delivery.attempts, delivery.last_status), ("waiting", 2, Some(500)));
}

async fn a_receiver_that_asks_for_a_pause_gets_it(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.webhook("/status/429/retry-after=600").await;
    bed.post("1").await;
    let worker = bed.worker();
    assert_eq!(bed.sent(&worker).await.len(), 1);
    bed.pass(599);
    assert!(bed.sent(&worker).await.is_empty());
    bed.pass(1);
    assert_eq!(bed.sent(&worker).await.len(), 1);
}

async fn after_ten_failures_a_delivery_is_given_up(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/redirect/169.254.169.254").await;
    bed.post("1").await;
    let worker = bed.worker();
    let mut count = 0;
    for _ in 0..12 {
        count += bed.sent(&worker).await.len();
        bed.pass(30 * 3600);
    }
    assert_eq!(count, 10);
    let delivery = bed.deliveries(&webhook).await.remove(0);
    assert_eq!((delivery.state.as_str(), delivery.last_error.as_deref()), ("failed", Some("redirect_not_followed")));
}

async fn both_secrets_sign_for_a_day_after_a_renewal(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    let id = webhook.record.id.as_str();
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    let renewed = renew_secret(&call, id, false).await.unwrap_or_else(|error| panic!("{error}")).fresh().unwrap();
    assert_ne!(*renewed.secret, *webhook.secret);
    let worker = bed.worker();
    bed.post("1").await;
    let sent = bed.sent(&worker).await;
    assert!(is_signed(&sent[0], &webhook.secret) && is_signed(&sent[0], &renewed.secret));
    bed.pass(24 * 3600);
    bed.post("2").await;
    let sent = bed.sent(&worker).await;
    assert!(!is_signed(&sent[0], &webhook.secret) && is_signed(&sent[0], &renewed.secret));
    // Stopped before its time.
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    let third = renew_secret(&call, id, false).await.unwrap_or_else(|error| panic!("{error}")).fresh().unwrap();
    end_previous_secret(&call, id).await.unwrap();
    bed.post("3").await;
    let sent = bed.sent(&worker).await;
    assert!(!is_signed(&sent[0], &renewed.secret) && is_signed(&sent[0], &third.secret));
}

async fn a_replay_is_one_attempt_with_the_same_id_every_time(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    bed.post("1").await;
    let worker = bed.worker();
    let first = bed.sent(&worker).await;
    let delivery = bed.deliveries(&webhook).await.remove(0);
    for _ in 0..2 {
        bed.pass(1);
        let call = bed.fixture.call(&bed.database, bed.clock.now());
        replay_delivery(&call, webhook.record.id.as_str(), delivery.id.as_str()).await.unwrap();
        let again = bed.sent(&worker).await;
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].header("webhook-id"), first[0].header("webhook-id"));
        assert!(is_signed(&again[0], &webhook.secret));
        assert_ne!(again[0].header("webhook-timestamp"), first[0].header("webhook-timestamp"));
    }
    let attempts = bed.database.store.delivery(delivery.id.as_str()).await.unwrap().unwrap().attempts;
    assert_eq!(attempts.len(), 3);
}

async fn what_was_missed_is_replayed_oldest_first_and_can_be_stopped(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    let id = webhook.record.id.as_str();
    let worker = bed.worker();
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    claviger::control::operations::pause_webhook(&call, id).await.unwrap();
    for number in 0..6 {
        bed.pass(1);
        bed.post_all(vec![contact(&number.to_string())]).await;
        assert!(bed.sent(&worker).await.is_empty());
    }
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    claviger::control::operations::play_webhook(&call, id).await.unwrap();
    assert!(bed.sent(&worker).await.is_empty(), "what was missed is sent on request only");
    let since = bed.clock.now().checked_sub(SignedDuration::from_secs(60)).unwrap();
    assert_eq!(replay_since(&call, id, ReplayWhat::Missed, since).await.unwrap(), 6);
    let at_once = bed.sent(&worker).await.len();
    assert!((1..=2).contains(&at_once), "{at_once}");
    assert_eq!(stop_replay(&call, id).await.unwrap(), 6 - at_once as u64);
    bed.pass(10);
    assert!(bed.sent(&worker).await.is_empty());
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    assert_eq!(replay_since(&call, id, ReplayWhat::Both, since).await.unwrap(), 6 - at_once as u64);
    bed.pass(10);
    let rest = bed.sent(&worker).await;
    assert_eq!(rest.len(), 6 - at_once);
    let sent: Vec<String> =
        bed.receiver.received().iter().map(|got| body(got)["data"]["contact"]["id"].to_string()).collect();
    let mut once = sent.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 6, "{sent:?}");
}

async fn a_test_event_reaches_a_paused_webhook_and_counts_for_nothing(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/500").await;
    let id = webhook.record.id.as_str();
    let call = bed.fixture.call(&bed.database, bed.clock.now());
    claviger::control::operations::pause_webhook(&call, id).await.unwrap();
    send_test_event(&call, id).await.unwrap();
    let sent = bed.sent(&bed.worker()).await;
    assert_eq!((sent.len(), body(&sent[0])["type"].as_str()), (1, Some("webhook.test")));
    assert_eq!(bed.states(&webhook).await, [("failed", None)]);
    assert_eq!(bed.record(&webhook).await.failing_since, None);
    bed.pass(3600);
    assert!(bed.sent(&bed.worker()).await.is_empty(), "one attempt");
}
