//! Events about credentials that expire.

use claviger::store::{CredentialRecord, Role};
use jiff::SignedDuration;

use super::bed::Bed;
use crate::store::test_database::{TestDatabase, label, on_each, token};

on_each!(
    each_of_many_keys_with_one_end_is_reported_once_in_a_fleet,
    a_member_learns_nothing_about_the_end_of_another_key,
);

async fn expire(bed: &Bed, number: usize, days: i64) {
    let end = bed.clock.now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    for index in 0..number {
        let key = token(&format!("key-{index}"), "acme", &format!("secret {index}"));
        bed.database.put(&CredentialRecord { expires_at: Some(end), ..key }).await;
    }
}

async fn each_of_many_keys_with_one_end_is_reported_once_in_a_fleet(database: TestDatabase) {
    let bed = Bed::new(database).await;
    // More than one batch.
    expire(&bed, 230, 10).await;
    let count = async |kind: &str| {
        bed.database.ask(&format!("SELECT COUNT(*) FROM events WHERE type = 'credential.{kind}'")).await
    };
    let (one, other) = (bed.worker(), bed.worker());
    tokio::join!(one.look_after(), other.look_after());
    assert_eq!((count("expiring").await, count("expired").await), (230, 0));
    one.look_after().await;
    bed.pass(10 * 24 * 3600);
    other.look_after().await;
    one.look_after().await;
    assert_eq!((count("expiring").await, count("expired").await), (230, 230));
}

async fn a_member_learns_nothing_about_the_end_of_another_key(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.database.put_user("ben", Some("acme"), Role::Member).await;
    let own = token("own-ben", "acme", "secret of ben");
    bed.database.put(&CredentialRecord { owner: Some(label("ben")), ..own }).await;
    bed.database.execute("UPDATE accounts SET members_allowed = TRUE").await;
    let member = bed.webhook_for("own-ben", "/status/200", ("*", "*")).await;
    let all = bed.webhook_for("crm", "/status/200", ("*", "*")).await;
    expire(&bed, 1, 3).await;
    let worker = bed.worker();
    worker.look_after().await;
    worker.run_due().await;
    assert_eq!((bed.deliveries(&all).await.len(), bed.deliveries(&member).await.len()), (1, 0));
    let name = ("credential", "expiring");
    let samples = bed.database.store.event_samples(&label("acme"), Some(&label("own-ben")), &[name], 3).await.unwrap();
    assert!(samples.is_empty());
}
