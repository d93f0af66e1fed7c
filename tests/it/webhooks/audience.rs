//! Whom an event is for is looked at before each attempt, and before its body is shown.

use claviger::control::operations::{
    Caller, PostedEvent, ReplayWhat, pause_webhook, play_webhook, post_events, replay_since, send_test_event,
    show_delivery,
};
use claviger::store::{Actor, ActorKind, Role};

use super::bed::{Bed, contact, publisher};
use crate::store::test_database::{TestDatabase, label, on_each, token};

on_each!(
    a_credential_that_lost_the_scope_is_not_sent_the_event_again,
    a_replay_sends_no_event_that_the_credential_may_not_have_any_more,
    a_member_who_was_an_implementer_is_neither_sent_nor_shown_events_about_other_credentials,
    a_paused_webhook_of_a_disabled_credential_is_sent_no_test,
    a_test_that_waits_is_not_sent_when_the_credential_is_disabled,
    events_that_may_not_be_sent_hold_up_no_other,
);

async fn post_for_scope(bed: &Bed, id: &str) {
    let event = PostedEvent { scope: Some("pay".into()), ..contact(id) };
    let (store, now) = (&bed.database.store, bed.clock.now());
    post_events(store, bed.fixture.terms(), &publisher(), &[event], now)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
}

async fn a_credential_that_lost_the_scope_is_not_sent_the_event_again(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/500").await;
    let worker = bed.worker();
    post_for_scope(&bed, "1").await;
    assert_eq!(bed.sent(&worker).await.len(), 1);
    bed.database.execute("UPDATE credentials SET scopes = 'other' WHERE id = 'crm'").await;
    bed.pass(HOUR);
    assert!(bed.sent(&worker).await.is_empty());
    assert_eq!(bed.states(&webhook).await, [("skipped", Some("not_allowed"))]);
    let attempts = bed.database.ask("SELECT MAX(attempts) FROM deliveries").await;
    assert_eq!(attempts, bed.database.ask("SELECT COUNT(*) FROM attempts").await, "nothing was tried");
    bed.database.execute("UPDATE credentials SET scopes = NULL WHERE id = 'crm'").await;
    bed.post("2").await;
    assert_eq!(bed.sent(&worker).await.len(), 1, "other events are sent");
}

async fn a_replay_sends_no_event_that_the_credential_may_not_have_any_more(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    let (id, worker) = (webhook.record.id.as_str(), bed.worker());
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    pause_webhook(&call(), id).await.unwrap();
    post_for_scope(&bed, "1").await;
    bed.sent(&worker).await;
    play_webhook(&call(), id).await.unwrap();
    bed.database.execute("UPDATE credentials SET scopes = 'other' WHERE id = 'crm'").await;
    let since = bed.clock.now() - jiff::SignedDuration::from_hours(1);
    assert_eq!(replay_since(&call(), id, ReplayWhat::Missed, since).await.unwrap(), 1);
    bed.pass(HOUR);
    assert!(bed.sent(&worker).await.is_empty());
    assert_eq!(bed.states(&webhook).await, [("skipped", Some("paused"))], "as it was before the replay");
}

async fn a_member_who_was_an_implementer_is_neither_sent_nor_shown_events_about_other_credentials(
    database: TestDatabase,
) {
    let bed = Bed::new(database).await;
    bed.database.put_user("ben", Some("acme"), Role::Implementer).await;
    let key = token("own-ben", "acme", "secret of ben");
    bed.database.put(&claviger::store::CredentialRecord { owner: Some(label("ben")), ..key }).await;
    bed.database.execute("UPDATE accounts SET members_allowed = TRUE").await;
    let webhook = bed.webhook_for("own-ben", "/status/500", ("credential", "*")).await;
    let (id, worker) = (webhook.record.id.as_str(), bed.worker());
    let shell = || bed.fixture.call(&bed.database, bed.clock.now());
    claviger::control::operations::disable(&shell(), "crm", None).await.unwrap();
    assert_eq!(bed.sent(&worker).await.len(), 1);

    let ben = |role| {
        let actor = Actor { kind: ActorKind::User, id: "ben".into(), request_id: None, address: None };
        Caller { actor, role, account: Some(label("acme")), user: Some(label("ben")) }
    };
    let delivery = bed.deliveries(&webhook).await[0].id.clone();
    let body = async |role| {
        let caller = ben(role);
        let call = claviger::control::operations::OperationContext { caller: &caller, ..shell() };
        show_delivery(&call, id, delivery.as_str()).await.unwrap().body
    };
    assert!(body(Role::Implementer).await.is_some());
    bed.database.execute("UPDATE users SET role = 'member' WHERE id = 'ben'").await;
    assert_eq!(body(Role::Member).await, None);
    bed.pass(HOUR);
    assert!(bed.sent(&worker).await.is_empty());
    bed.post("1").await;
    assert_eq!(bed.states(&webhook).await, [("skipped", Some("not_allowed"))]);
}

async fn a_paused_webhook_of_a_disabled_credential_is_sent_no_test(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    let (id, worker) = (webhook.record.id.as_str(), bed.worker());
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    pause_webhook(&call(), id).await.unwrap();
    send_test_event(&call(), id).await.expect("to a paused webhook");
    assert_eq!(bed.sent(&worker).await.len(), 1);
    claviger::control::operations::disable(&call(), "crm", None).await.unwrap();
    let refused = send_test_event(&call(), id).await.unwrap_err();
    assert!(refused.to_string().contains("its credential is disabled"), "{refused}");
}

async fn a_test_that_waits_is_not_sent_when_the_credential_is_disabled(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/200").await;
    let (id, worker) = (webhook.record.id.as_str(), bed.worker());
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    send_test_event(&call(), id).await.unwrap();
    claviger::control::operations::disable(&call(), "crm", None).await.unwrap();
    assert!(bed.sent(&worker).await.is_empty());
    assert_eq!(bed.states(&webhook).await.last(), Some(&("skipped", Some("credential_disabled"))));
}

const HOUR: u64 = 3600;

async fn events_that_may_not_be_sent_hold_up_no_other(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.webhook("/status/500").await;
    let worker = bed.worker();
    for number in 0..12 {
        post_for_scope(&bed, &number.to_string()).await;
    }
    bed.sent(&worker).await;
    bed.database.execute("UPDATE credentials SET scopes = 'other' WHERE id = 'crm'").await;
    bed.pass(HOUR);
    bed.post("allowed").await;
    assert_eq!(bed.sent(&worker).await.len(), 1);
}
