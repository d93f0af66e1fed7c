//! Why a webhook is sent nothing: as fan-out, claim and reading see it.

use claviger::store::{
    DeliveryState, FanOutLimits, MAX_IN_FLIGHT, NotDelivered, PreviousSecret, RecordSecret, SkipScope, StoreError,
    WebhookState, WebhookStop,
};
use jiff::ToSpan as _;

use super::bed::{
    add, claim_at, deliver, deliveries, event, ground, ground_with_webhook, post, states, the_webhook, webhook,
};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    the_first_stop_that_applies_is_the_stop,
    a_stopped_webhook_skips_what_is_new_and_what_waits_and_a_paused_one_sends_tests,
    a_previous_secret_is_a_secret_until_its_end,
    a_skip_leaves_attempts_and_tests_alone,
    a_skip_reaches_the_webhooks_of_its_scope,
);

/// What brings a stop about, and what ends it.
const CAUSES: [(WebhookStop, &str, &str); 8] = [
    (
        WebhookStop::SwitchedOff,
        "UPDATE webhooks SET switched_off_at = 1, switched_off_why = 'failures'",
        "UPDATE webhooks SET switched_off_at = NULL, switched_off_why = NULL",
    ),
    (WebhookStop::AccessOff, "UPDATE accounts SET switched_on = FALSE", "UPDATE accounts SET switched_on = TRUE"),
    (
        WebhookStop::CredentialDisabled,
        "UPDATE credentials SET enabled = FALSE",
        "UPDATE credentials SET enabled = TRUE",
    ),
    (WebhookStop::CredentialCleared, "UPDATE tokens SET ends_at = 1", "UPDATE tokens SET ends_at = NULL"),
    (
        WebhookStop::CredentialExpired,
        "UPDATE credentials SET expires_at = 1",
        "UPDATE credentials SET expires_at = NULL",
    ),
    (WebhookStop::OwnerDisabled, "UPDATE users SET enabled = FALSE", "UPDATE users SET enabled = TRUE"),
    (
        WebhookStop::MembersNotAllowed,
        "UPDATE accounts SET members_allowed = FALSE",
        "UPDATE accounts SET members_allowed = TRUE",
    ),
    (WebhookStop::Paused, "UPDATE webhooks SET paused = TRUE", "UPDATE webhooks SET paused = FALSE"),
];

async fn ground_of_member(bed: &TestDatabase) {
    ground(bed).await;
    add(bed, &webhook("whk_1", "own")).await;
}

async fn the_first_stop_that_applies_is_the_stop(bed: TestDatabase) {
    ground_of_member(&bed).await;
    assert!(the_webhook(&bed).await.is_effective());
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    assert_eq!(transaction.webhook("whk_1").await.unwrap(), Some(the_webhook(&bed).await));
    drop(transaction);
    for (stop, cause, _) in CAUSES.into_iter().rev() {
        bed.execute(cause).await;
        assert_eq!(the_webhook(&bed).await.stop, Some(stop));
    }
    bed.execute("UPDATE webhooks SET paused = FALSE, switched_off_at = NULL").await;
    bed.execute("UPDATE accounts SET switched_on = TRUE, granted = FALSE").await;
    assert_eq!(the_webhook(&bed).await.stop, Some(WebhookStop::AccessOff));
    // Of an owner, the policy for members is no concern.
    for (_, _, undo) in CAUSES {
        bed.execute(undo).await;
    }
    bed.execute("UPDATE accounts SET granted = TRUE, members_allowed = FALSE").await;
    assert_eq!(the_webhook(&bed).await.stop, Some(WebhookStop::MembersNotAllowed));
    bed.execute("UPDATE users SET role = 'owner'").await;
    assert_eq!(the_webhook(&bed).await.stop, None);
}

async fn a_stopped_webhook_skips_what_is_new_and_what_waits_and_a_paused_one_sends_tests(bed: TestDatabase) {
    ground_of_member(&bed).await;
    let account = label("acme");
    for (stop, cause, undo) in CAUSES {
        bed.execute("DELETE FROM deliveries; DELETE FROM events").await;
        let mut theirs = event("evt_1", &account, "contact", "created");
        let publisher = label("pub_1");
        theirs.source = Some(claviger::store::EventSource { publisher: &publisher, id: "1" });
        post(&bed, std::slice::from_ref(&theirs)).await;
        assert_eq!(super::bed::fan_out(&bed).await.waiting, 1, "{stop:?}");
        bed.execute(cause).await;
        theirs.id = "evt_2";
        theirs.source = Some(claviger::store::EventSource { publisher: &publisher, id: "2" });
        post(&bed, std::slice::from_ref(&theirs)).await;
        let outcome = bed.store.fan_out(noon() + 1.millisecond(), FanOutLimits::default()).await.unwrap();
        assert_eq!(outcome.skipped, 1, "{stop:?}");
        assert_eq!(states(&bed).await, [DeliveryState::Waiting, DeliveryState::Skipped], "{stop:?}");
        let mut transaction = bed.store.begin(noon() + 1.second()).await.unwrap();
        let test = event("evt_3", &account, "webhook", "test");
        let test = transaction.insert_test_delivery(&label("whk_1"), &test).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(bed.store.due_webhooks("", noon() + 1.second()).await.unwrap(), ["whk_1"]);
        let claimed =
            bed.store.claim_deliveries(&["whk_1"], "me", noon() + 1.second(), (MAX_IN_FLIGHT, 100)).await.unwrap();
        let log = deliveries(&bed).await;
        let skipped = if stop == WebhookStop::Paused {
            let [delivery] = claimed.deliveries.as_slice() else { panic!("{stop:?}: {claimed:?}") };
            assert!(delivery.is_test && delivery.id == test && delivery.webhook.stop == Some(stop));
            &log[..2]
        } else {
            assert!(claimed.deliveries.is_empty(), "{stop:?}: {claimed:?}");
            &log[..]
        };
        assert_eq!((log.len(), claimed.skipped), (3, skipped.len() as u64 - 1), "{stop:?}");
        for skipped in skipped {
            assert_eq!((skipped.state, skipped.why), (DeliveryState::Skipped, Some(NotDelivered::Stopped(stop))));
            assert!(skipped.done_at.is_some() && skipped.next_at.is_none() && skipped.attempts == 0);
        }
        bed.execute(undo).await;
        assert!(the_webhook(&bed).await.is_effective(), "{stop:?}");
    }
}

async fn a_previous_secret_is_a_secret_until_its_end(bed: TestDatabase) {
    ground(&bed).await;
    let hash = || "$2b$04$abcdefghijklmnopqrstuuO9a1iTnxPOvcPdzBgE0UNmGgeVxD7eG".parse().unwrap();
    let mut record = token("key", "acme", "key");
    record.secret = RecordSecret::Token(None);
    let ends_at = noon() + 1.hour();
    record.previous = Some(PreviousSecret::Token { digest: claviger::credential::TokenDigest::of(b"old"), ends_at });
    bed.put(&record).await;
    let mut pair = token("pair", "acme", "");
    pair.secret = RecordSecret::Password { username: "pair".into(), hash: None };
    pair.previous = Some(PreviousSecret::Password { hash: hash(), ends_at });
    bed.put(&pair).await;
    for (id, credential) in [("whk_token", "key"), ("whk_pair", "pair")] {
        add(&bed, &webhook(id, credential)).await;
        let stop = async |now| bed.store.webhook(id, now).await.unwrap().unwrap().stop;
        assert_eq!(stop(ends_at - 1.millisecond()).await, None, "{id}");
        assert_eq!(stop(ends_at).await, Some(WebhookStop::CredentialCleared), "{id}");
    }
    pair.secret = RecordSecret::Password { username: "pair".into(), hash: Some(hash()) };
    pair.previous = None;
    bed.put(&pair).await;
    assert!(bed.store.webhook("whk_pair", ends_at).await.unwrap().unwrap().is_effective());
}

async fn a_skip_leaves_attempts_and_tests_alone(bed: TestDatabase) {
    ground_with_webhook(&bed).await;
    deliver(&bed, 6).await;
    let claimed = claim_at(&bed, noon()).await;
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    let test = event("evt_test", &claimed[0].webhook.account, "webhook", "test");
    transaction.insert_test_delivery(&label("whk_1"), &test).await.unwrap();
    let skipped = transaction.skip_waiting(SkipScope::Webhook("whk_1"), WebhookStop::Paused).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(skipped, 2);
    let waiting = deliveries(&bed).await.into_iter().filter(|delivery| delivery.state == DeliveryState::Waiting);
    let (sending, tests): (Vec<_>, Vec<_>) = waiting.partition(|delivery| delivery.is_sending(noon()));
    assert_eq!((sending.len(), tests.len()), (4, 1));
    assert!(tests[0].is_test);
}

async fn a_skip_reaches_the_webhooks_of_its_scope(bed: TestDatabase) {
    ground(&bed).await;
    for (id, credential) in [("whk_1", "key"), ("whk_2", "own")] {
        add(&bed, &webhook(id, credential)).await;
    }
    let (account, publisher) = (label("acme"), label("pub_1"));
    let scopes = [
        (SkipScope::Webhook("whk_2"), 1),
        (SkipScope::Credential("key"), 1),
        (SkipScope::Credential("other"), 0),
        (SkipScope::Account("acme"), 2),
        (SkipScope::Account("other"), 0),
        (SkipScope::Owner("anna"), 1),
        (SkipScope::Owner("ben"), 0),
        (SkipScope::Members("acme"), 1),
        (SkipScope::Members("other"), 0),
    ];
    for (number, (scope, expected)) in scopes.into_iter().enumerate() {
        bed.execute("DELETE FROM deliveries").await;
        let id = format!("evt_{number}");
        let mut theirs = event(&id, &account, "contact", "created");
        theirs.source = Some(claviger::store::EventSource { publisher: &publisher, id: &id });
        post(&bed, &[theirs]).await;
        assert_eq!(super::bed::fan_out(&bed).await.waiting, 2);
        let mut transaction = bed.store.begin(noon()).await.unwrap();
        let skipped = transaction.skip_waiting(scope, WebhookStop::AccessOff).await.unwrap();
        transaction.commit().await.unwrap();
        let stored = bed.ask("SELECT COUNT(*) FROM deliveries WHERE state = 'skipped' AND why = 'access_off'").await;
        assert_eq!((skipped, stored), (expected, i64::try_from(expected).unwrap()), "{scope:?}");
    }
    assert_eq!(the_webhook(&bed).await.state(), WebhookState::Active);
    let missing = bed.store.claim_deliveries(&["whk_9"], "me", noon(), (MAX_IN_FLIGHT, 100)).await;
    assert!(matches!(missing, Ok::<_, StoreError>(claimed) if claimed.deliveries.is_empty()));
}
