//! What stops a webhook: what waits is skipped, new events are missed, and how it comes back.

use claviger::control::operations::{
    clear, delete, disable, enable, pause_webhook, play_webhook, reset, set_access, set_member_policy,
};
use claviger::store::Role;

use super::bed::Bed;
use crate::store::test_database::{TestDatabase, label, on_each, token};

on_each!(
    each_stop_skips_what_waits_and_ends_with_its_cause,
    a_deleted_key_takes_its_webhooks_along,
    what_is_due_in_hours_is_skipped_with_the_stop_itself,
    members_lose_their_webhooks_with_the_policy,
    a_member_gets_events_about_their_own_key_alone,
    a_rest_hook_of_a_key_that_an_older_program_cleared_goes_after_thirty_days,
);

/// Between a stop and its end: what waited is skipped, what happens meanwhile too; afterwards events are sent again.
async fn check(
    bed: &Bed,
    why: &'static str,
    webhook: &claviger::control::operations::CreatedWebhook,
    (stop, back): (impl AsyncFn(), impl AsyncFn()),
) {
    let worker = bed.worker();
    let before = bed.deliveries(webhook).await.len();
    // It waits for its second attempt.
    bed.post(&format!("{why}-1")).await;
    bed.sent(&worker).await;
    stop().await;
    bed.pass(60);
    assert!(bed.sent(&worker).await.is_empty(), "{why}");
    bed.pass(1);
    bed.post(&format!("{why}-2")).await;
    assert!(bed.sent(&worker).await.is_empty(), "{why}");
    let states: Vec<_> = bed.states(webhook).await.into_iter().filter(|(_, of)| *of == Some(why)).collect();
    assert_eq!(states.len(), 2, "{why}: {:?}", bed.states(webhook).await);
    assert!(states.iter().all(|(state, _)| *state == "skipped"), "{why}");
    back().await;
    bed.pass(1);
    assert!(bed.sent(&worker).await.is_empty(), "{why}: what was missed is not sent by itself");
    bed.post(&format!("{why}-3")).await;
    let sent = bed.sent(&worker).await;
    assert_eq!(sent.len(), 1, "{why}");
    assert!(bed.deliveries(webhook).await.len() >= before + 3);
    // The last one failed, too: nothing of it disturbs the next check.
    bed.database.execute("UPDATE deliveries SET state = 'failed', next_at = NULL WHERE state = 'waiting'").await;
}

async fn each_stop_skips_what_waits_and_ends_with_its_cause(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook_for("crm", "/status/500", ("contact", "*")).await;
    let id = webhook.record.id.as_str();
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    let pause = async || drop(pause_webhook(&call(), id).await.unwrap());
    let play = async || drop(play_webhook(&call(), id).await.unwrap());
    check(&bed, "paused", &webhook, (pause, play)).await;
    let off = async || drop(disable(&call(), "crm", None).await.unwrap());
    let on = async || drop(enable(&call(), "crm").await.unwrap());
    check(&bed, "credential_disabled", &webhook, (off, on)).await;
    let cleared = async || drop(clear(&call(), "crm").await.unwrap());
    let anew = async || drop(reset(&call(), "crm", Default::default()).await.unwrap());
    check(&bed, "credential_cleared", &webhook, (cleared, anew)).await;
    let acme = label("acme");
    let off = async || drop(set_access(&call(), &acme, false).await.unwrap());
    let on = async || drop(set_access(&call(), &acme, true).await.unwrap());
    check(&bed, "access_off", &webhook, (off, on)).await;
    let expire = async || {
        let end = bed.clock.now().as_millisecond();
        bed.database.execute(&format!("UPDATE credentials SET expires_at = {end} WHERE id = 'crm'")).await;
    };
    let extend = async || bed.database.execute("UPDATE credentials SET expires_at = NULL WHERE id = 'crm'").await;
    check(&bed, "credential_expired", &webhook, (expire, extend)).await;
}

async fn a_deleted_key_takes_its_webhooks_along(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let webhook = bed.webhook("/status/500").await;
    bed.post("1").await;
    let worker = bed.worker();
    assert_eq!(bed.sent(&worker).await.len(), 1);
    delete(&bed.fixture.call(&bed.database, bed.clock.now()), "crm").await.unwrap();
    bed.pass(60);
    assert!(bed.sent(&worker).await.is_empty());
    let found = bed.database.store.webhook(webhook.record.id.as_str(), bed.clock.now()).await.unwrap();
    assert_eq!(found, None);
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM deliveries").await, 0);
}

/// The own key of the member Ben.
async fn own_key(bed: &Bed) {
    bed.database.put_user("ben", Some("acme"), Role::Member).await;
    let key = token("own-ben", "acme", "secret of ben");
    bed.database.put(&claviger::store::CredentialRecord { owner: Some(label("ben")), ..key }).await;
    bed.database.execute("UPDATE accounts SET members_allowed = TRUE").await;
}

async fn members_lose_their_webhooks_with_the_policy(database: TestDatabase) {
    let bed = Bed::new(database).await;
    own_key(&bed).await;
    let webhook = bed.webhook_for("own-ben", "/status/500", ("contact", "*")).await;
    let acme = label("acme");
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    let off = async || drop(set_member_policy(&call(), &acme, false).await.unwrap());
    let on = async || drop(set_member_policy(&call(), &acme, true).await.unwrap());
    check(&bed, "members_not_allowed", &webhook, (off, on)).await;
    let off = async || bed.database.execute("UPDATE users SET enabled = FALSE WHERE id = 'ben'").await;
    let on = async || bed.database.execute("UPDATE users SET enabled = TRUE WHERE id = 'ben'").await;
    check(&bed, "owner_disabled", &webhook, (off, on)).await;
}

async fn a_member_gets_events_about_their_own_key_alone(database: TestDatabase) {
    let bed = Bed::new(database).await;
    own_key(&bed).await;
    let webhook = bed.webhook_for("own-ben", "/status/200", ("*", "*")).await;
    disable(&bed.fixture.call(&bed.database, bed.clock.now()), "crm", None).await.unwrap();
    bed.worker().run_due().await;
    assert!(bed.deliveries(&webhook).await.is_empty(), "about another credential");
    bed.post("1").await;
    assert_eq!(bed.sent(&bed.worker()).await.len(), 1, "of the API behind");
    bed.pass(1);
    disable(&bed.fixture.call(&bed.database, bed.clock.now()), "own-ben", None).await.unwrap();
    bed.worker().run_due().await;
    assert_eq!(bed.states(&webhook).await[0], ("skipped", Some("credential_disabled")));
}

/// A stop that ends before the next attempt was due is a stop all the same.
async fn what_is_due_in_hours_is_skipped_with_the_stop_itself(database: TestDatabase) {
    let bed = Bed::new(database).await;
    own_key(&bed).await;
    let acme = label("acme");
    let call = || bed.fixture.call(&bed.database, bed.clock.now());
    for (credential, why) in [
        ("crm", "credential_disabled"),
        ("crm", "credential_cleared"),
        ("crm", "access_off"),
        ("own-ben", "members_not_allowed"),
        ("own-ben", "owner_disabled"),
    ] {
        let webhook = bed.webhook_for(credential, "/status/429/retry-after=7200", ("contact", "*")).await;
        bed.post(&format!("{why}-1")).await;
        bed.worker().run_due().await;
        assert_eq!(bed.states(&webhook).await, [("waiting", None)], "{why}");
        match why {
            "credential_disabled" => {
                disable(&call(), "crm", None).await.unwrap();
                enable(&call(), "crm").await.unwrap();
            }
            "credential_cleared" => {
                clear(&call(), "crm").await.unwrap();
                reset(&call(), "crm", Default::default()).await.unwrap();
            }
            "access_off" => {
                set_access(&call(), &acme, false).await.unwrap();
                set_access(&call(), &acme, true).await.unwrap();
            }
            "members_not_allowed" => {
                set_member_policy(&call(), &acme, false).await.unwrap();
                set_member_policy(&call(), &acme, true).await.unwrap();
            }
            _ => {
                let ben = label("ben");
                claviger::control::operations::disable_user(&call(), &ben).await.unwrap();
                claviger::control::operations::enable_user(&call(), &ben).await.unwrap();
            }
        }
        assert_eq!(bed.states(&webhook).await, [("skipped", Some(why))], "{why}");
        assert_eq!(bed.record(&webhook).await.failing_since, None, "{why}");
        bed.database.execute("DELETE FROM webhooks").await;
    }
}

/// An older program notes no date.
async fn a_rest_hook_of_a_key_that_an_older_program_cleared_goes_after_thirty_days(database: TestDatabase) {
    const DAY: u64 = 24 * 3600;
    let bed = Bed::new(database).await;
    bed.webhook("/status/200").await;
    bed.database.execute("UPDATE webhooks SET kind = 'rest_hook'").await;
    clear(&bed.fixture.call(&bed.database, bed.clock.now()), "crm").await.unwrap();
    bed.database.execute("UPDATE credentials SET cleared_at = NULL").await;
    let worker = bed.worker();
    let count = async || bed.database.ask("SELECT COUNT(*) FROM webhooks").await;
    for (days, left) in [(0, 1), (29, 1), (1, 0)] {
        bed.pass(days * DAY);
        worker.look_after().await;
        assert_eq!(count().await, left, "{days}");
    }
}
